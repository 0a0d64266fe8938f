/**
 * The block floor: one 4 KiB bio submitted, merged or filed, dispatched and completed, over a drive
 * that takes no time and 128 commands at once. The bar is 10 heap pairs a bio with deadline, 25
 * with cfq or bfq.
 */

import { createQueue } from '../../src/block/queue.ts';
import { Op, type Device } from '../../src/device/device.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { StubDevice } from '../../test/block/stub-device.ts';
import type { Case, Suite } from './suite.ts';

const BIOS = 4096;
/** Bios in flight at a time. */
const WINDOW = 100;
const TASKS = 4;

/** Page numbers a pattern visits. */
const patterns: Readonly<Record<string, (i: number, random: RandomStream) => number>> = {
  sequential: (i) => i,
  random: (_i, random) => random.below(1 << 28),
};

function bios(generation: string, elevator: string, pattern: string): Case {
  const events = new EventQueue(256);
  const device: Device = new StubDevice(events, { queueDepth: 128 });
  const queue = createQueue(events, device, { generation, elevator });
  let done = 0;
  queue.attach({ bioDone: () => done++, bioAdmitted() {}, congestionCleared() {} });
  const random = new RandomStream(1, 'bench:block');
  const pages = Float64Array.from({ length: BIOS }, (_, i) => patterns[pattern](i, random));
  return {
    name: `${generation} ${elevator}, ${pattern} 4 KiB writes`,
    operations: BIOS,
    run() {
      for (let i = 0; i < BIOS;) {
        const task = Math.floor(i / WINDOW) % TASKS;
        queue.startPlug(task);
        for (const end = Math.min(BIOS, i + WINDOW); i < end; i++) {
          queue.submitBio(Op.write, pages[i] * 8, 8, 0, task, i);
        }
        queue.finishPlug(task);
        while (events.step());
      }
    },
  };
}

export const block: Suite = {
  name: 'block',
  make: () =>
    [
      ['2.6.34', 'noop'],
      ['2.6.34', 'deadline'],
      ['2.6.34', 'cfq'],
      ['3.x', 'deadline'],
      ['mq', 'none'],
      ['mq', 'mq-deadline'],
      ['mq', 'kyber'],
      ['mq', 'bfq'],
    ].flatMap(([generation, elevator]) =>
      Object.keys(patterns).map((pattern) => bios(generation, elevator, pattern)),
    ),
};
