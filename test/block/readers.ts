/** Tasks that read one page after another, each as soon as the last is there and it has thought. */

import type { QueueOptions } from '../../src/block/queue.ts';
import { Op } from '../../src/device/device.ts';
import type { StubOptions } from './stub-device.ts';
import { makeRig, type Rig } from './rig.ts';

export interface Reader {
  readonly firstPage: number;
  /** Pages from one read to the next; 1 by default. */
  readonly step?: number;
  /** Time from the end of a read to the next one, ns; 0 by default. */
  readonly thinkNs?: number;
  /** When it begins, ns; 0 by default. */
  readonly fromNs?: number;
}

/** Runs readers, tasks 1, 2, ..., up to a time. @returns how many pages each got, and the rig */
export function runReaders(
  readers: readonly Reader[],
  untilNs: number,
  options: Partial<QueueOptions>,
  stub: StubOptions,
  prepare?: (rig: Rig) => void,
): { pages: number[]; rig: Rig } {
  const pages = readers.map(() => 0);
  const next = readers.map(({ firstPage }) => firstPage);
  const resumed = { handler: -1 };
  const rig = makeRig(stub, options, {
    bioDone(task) {
      pages[task - 1]++;
      const { thinkNs = 0 } = readers[task - 1];
      if (rig.events.nowNs < untilNs) {
        rig.events.schedule(rig.events.nowNs + thinkNs, resumed.handler, task);
      }
    },
  });
  resumed.handler = rig.events.register((task) => {
    const page = next[task - 1];
    next[task - 1] = page + (readers[task - 1].step ?? 1);
    rig.queue.submitBio(Op.read, page * 8, 8, 0, task, task);
    rig.queue.unplug();
  });
  prepare?.(rig);
  for (const [i, { fromNs = 0 }] of readers.entries()) {
    rig.events.schedule(fromNs, resumed.handler, i + 1);
  }
  rig.events.advanceTo(untilNs);
  return { pages, rig };
}
