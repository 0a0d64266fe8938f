/** Stacks: where pieces go, what parity costs, and that nothing is lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BioFlag } from '../../../src/block/bio.ts';
import { createQueue } from '../../../src/block/queue.ts';
import { createStack, stackLevels } from '../../../src/block/stack/create-stack.ts';
import type { StackedQueue } from '../../../src/block/stack/stacked-queue.ts';
import { Op } from '../../../src/device/device.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { InputError } from '../../../src/sim/input-error.ts';
import { StubDevice } from '../stub-device.ts';

const CAPACITY = 1 << 16;

interface StackRig {
  events: EventQueue;
  devices: StubDevice[];
  stack: StackedQueue;
  done: number[];
  drain(): void;
  /** The commands of each member, as op letter, first KiB and KiB. */
  logs(): string[];
}

function makeStack(level: string, members = 4, chunkKib = 64): StackRig {
  const events = new EventQueue();
  const devices = Array.from(
    { length: members },
    () =>
      new StubDevice(events, {
        keepLog: true,
        capacitySectors: CAPACITY,
        queueDepth: 32,
        volatileCache: true,
        latencyNs: (_op, sector) => 1000 + (sector % 97),
      }),
  );
  const queues = devices.map((device) =>
    createQueue(events, device, { generation: '2.6.34', elevator: 'noop' }),
  );
  const stack = createStack(level, queues, chunkKib);
  const done: number[] = [];
  stack.attach({
    bioDone: (cookie) => done.push(cookie),
    bioAdmitted: () => {},
    congestionCleared: () => {},
  });
  return {
    events,
    devices,
    stack,
    done,
    drain() {
      while (events.step());
    },
    logs: () =>
      devices.map(({ log }) =>
        log.map((c) => `${'RWFD'[c.op]}${c.sector / 2}+${c.sectors / 2}`).join(' '),
      ),
  };
}

test('RAID-0 of four sends each chunk to the next member, and joins the pieces again', () => {
  const rig = makeStack('raid0');
  // 300 KiB from 32 KiB on, chunks of 64 KiB: the sixth chunk's 12 KiB are the second member's. Two
  // pieces that touch merge in the member's own queue.
  rig.stack.submitBio(Op.write, 64, 600, 0, 1, 7);
  rig.drain();
  assert.deepEqual(rig.logs(), ['W32+96', 'W0+76', 'W0+64', 'W0+64']);
  assert.deepEqual(rig.done, [7]);
  assert.equal(rig.stack.capacitySectors, 4 * CAPACITY);
});

test('linear goes on with the next member where one ends', () => {
  const rig = makeStack('linear', 2);
  rig.stack.submitBio(Op.read, CAPACITY - 8, 16, 0, 1, 1);
  rig.drain();
  assert.deepEqual(rig.logs(), [`R${CAPACITY / 2 - 4}+4`, 'R0+4']);
});

test('RAID-1 writes to all and reads where the arm is nearest', () => {
  const rig = makeStack('raid1', 2);
  rig.stack.submitBio(Op.write, 0, 8, 0, 1, 1);
  rig.stack.submitBio(Op.read, 8000, 8, 0, 1, 2);
  rig.drain();
  rig.stack.submitBio(Op.read, 16, 8, 0, 1, 3);
  rig.drain();
  rig.stack.submitBio(Op.read, 8008, 8, 0, 1, 4);
  rig.drain();
  assert.deepEqual(rig.logs(), ['W0+4 R4000+4 R4004+4', 'W0+4 R8+4']);
});

test('RAID-5 writes a small change by reading old data and parity, four commands in two rounds', () => {
  const rig = makeStack('raid5', 5);
  rig.stack.submitBio(Op.write, 0, 8, 0, 1, 1);
  rig.drain();
  assert.deepEqual(rig.logs(), ['R0+4 W0+4', '', '', '', 'R0+4 W0+4']);
  const { parityReads, parityReadSectors, parityWrites, parityWriteSectors } = rig.stack.counters;
  assert.deepEqual(
    [parityReads, parityReadSectors, parityWrites, parityWriteSectors],
    [2, 16, 1, 8],
  );
});

test('RAID-5 reads the rest of the stripe when that is less, and nothing for a whole stripe', () => {
  const most = makeStack('raid5', 4);
  most.stack.submitBio(Op.write, 0, 256, 0, 1, 1);
  most.drain();
  // Two of three data chunks: the third is read, parity written.
  assert.deepEqual(most.logs(), ['W0+64', 'W0+64', 'R0+64', 'W0+64']);
  const whole = makeStack('raid5', 4);
  whole.stack.submitBio(Op.write, 0, 384, 0, 1, 1);
  whole.drain();
  assert.deepEqual(whole.logs(), ['W0+64', 'W0+64', 'W0+64', 'W0+64']);
  assert.equal(whole.stack.counters.parityReads, 0);
});

test('RAID-5 moves parity from the last member down, data behind it (left-symmetric)', () => {
  const rig = makeStack('raid5', 4);
  rig.stack.submitBio(Op.read, 384, 128, 0, 1, 1);
  rig.drain();
  // Second stripe: parity on member 2, its first chunk on member 3.
  assert.deepEqual(rig.logs(), ['', '', '', 'R64+64']);
});

test('a flush goes to all members, and before the data that asks for it', () => {
  const rig = makeStack('raid0');
  rig.stack.submitBio(Op.write, 0, 8, BioFlag.preflush, 1, 1);
  rig.drain();
  assert.deepEqual(rig.logs(), ['F0+0 W0+4', 'F0+0', 'F0+0', 'F0+0']);
});

test('whatever the level, bios are done once and data is moved once a copy', () => {
  const bio = fc.record({
    op: fc.constantFrom(Op.read, Op.write),
    page: fc.integer({ min: 0, max: 2000 }),
    pages: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...stackLevels()),
      fc.array(bio, { minLength: 1, maxLength: 100 }),
      (level, bios) => {
        const rig = makeStack(level);
        bios.forEach(({ op, page, pages }, i) => {
          rig.stack.submitBio(op, page * 8, pages * 8, 0, 1, i);
        });
        rig.drain();
        assert.deepEqual(
          rig.done.toSorted((a, b) => a - b),
          bios.map((_, i) => i),
        );
        assert.equal(rig.stack.outstandingBios, 0);
        const sum = (op: number) =>
          bios.filter((b) => b.op === op).reduce((total, { pages }) => total + pages * 8, 0);
        const moved = (op: number) =>
          rig.devices
            .flatMap(({ log }) => log)
            .reduce((t, c) => t + (c.op === op ? c.sectors : 0), 0);
        const copies = level === 'raid1' ? 4 : level === 'raid10' ? 2 : 1;
        const { parityReadSectors, parityWriteSectors } = rig.stack.counters;
        assert.equal(moved(Op.read), sum(Op.read) + parityReadSectors);
        assert.equal(moved(Op.write), sum(Op.write) * copies + parityWriteSectors);
      },
    ),
    { numRuns: 60 },
  );
});

test('levels, members and chunks that do not fit are an error', () => {
  assert.throws(() => makeStack('raid6'), InputError);
  assert.throws(() => makeStack('raid5', 2), InputError);
  assert.throws(() => makeStack('raid10', 5), InputError);
  assert.throws(() => makeStack('raid0', 2, 3), InputError);
});
