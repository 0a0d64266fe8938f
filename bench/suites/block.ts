/**
 * The block floor: one 4 KiB bio submitted, merged or filed, dispatched and completed, over a drive
 * that takes no time. The bar is 10 heap pairs a bio with deadline at depth 128, 25 with cfq or bfq, and
 * nothing allocated. blk-mq throttles writes (wbt), but not with bfq.
 */

import type { BlockQueue } from '../../src/block/bio.ts';
import { generationNames, findGeneration } from '../../src/block/generation.ts';
import { createQueue } from '../../src/block/queue.ts';
import { createStack } from '../../src/block/stack/create-stack.ts';
import { Op } from '../../src/device/device.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { StubDevice } from '../../test/block/stub-device.ts';
import type { Case, Suite } from './suite.ts';

const BIOS = 4096;
/** Bios in flight at a time. */
const WINDOW = 100;
const TASKS = 4;
/** Where random bios go: up to 32 TiB, most beyond the sectors that fit into 31 bits. */
const PAGES = 2 ** 33;

interface Load {
  readonly name: string;
  readonly op: number;
  readonly depth: number;
  readonly isSequential: boolean;
}

const loads: readonly Load[] = [
  { name: 'sequential 4 KiB writes', op: Op.write, depth: 128, isSequential: true },
  { name: 'random 4 KiB writes', op: Op.write, depth: 128, isSequential: false },
  { name: 'random 4 KiB reads', op: Op.read, depth: 128, isSequential: false },
  { name: 'random 4 KiB reads at depth 1', op: Op.read, depth: 1, isSequential: false },
];

function bios(name: string, load: Load, make: (events: EventQueue) => BlockQueue): Case {
  const events = new EventQueue(256);
  const queue = make(events);
  let done = 0;
  queue.attach({ bioDone: () => done++, bioAdmitted() {}, congestionCleared() {} });
  const random = new RandomStream(1, 'bench:block');
  const pages = Float64Array.from({ length: BIOS }, (_, i) =>
    load.isSequential ? i : random.below(PAGES),
  );
  const { op } = load;
  return {
    name: `${name}, ${load.name}`,
    operations: BIOS,
    run() {
      for (let i = 0; i < BIOS;) {
        const task = Math.floor(i / WINDOW) % TASKS;
        queue.startPlug(task);
        for (const end = Math.min(BIOS, i + WINDOW); i < end; i++) {
          queue.sector = pages[i] * 8;
          queue.submit(op, 8, 0, task, i);
        }
        queue.finishPlug(task);
        while (events.step());
      }
    },
  };
}

function single(generation: string, elevator: string, load: Load): Case {
  return bios(`${generation} ${elevator}`, load, (events) => {
    const device = new StubDevice(events, { queueDepth: load.depth });
    return createQueue(events, device, { generation, elevator });
  });
}

function striped(load: Load): Case {
  return bios('3.x deadline, RAID-0 of four', load, (events) =>
    createStack(
      'raid0',
      Array.from({ length: 4 }, () => {
        const device = new StubDevice(events, { queueDepth: load.depth });
        return createQueue(events, device, { generation: '3.x', elevator: 'deadline' });
      }),
      64,
    ),
  );
}

export const block: Suite = {
  name: 'block',
  allocatesNothing: true,
  make: () => [
    ...generationNames().flatMap((generation) =>
      findGeneration(generation).elevators.flatMap((elevator) =>
        loads.map((load) => single(generation, elevator, load)),
      ),
    ),
    ...loads.map(striped),
  ],
};
