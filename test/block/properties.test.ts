/** What holds for any bios, any elevator and any depth. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BioFlag } from '../../src/block/bio.ts';
import type { Queue } from '../../src/block/queue.ts';
import { generationNames, findGeneration } from '../../src/block/generation.ts';
import { Op } from '../../src/device/device.ts';
import { US } from '../../src/sim/units.ts';
import { makeRig, type Rig } from './rig.ts';

interface RandomBio {
  op: number;
  page: number;
  pages: number;
  flags: number;
  task: number;
  /** Time to the next bio, us. */
  gapUs: number;
  unplug: boolean;
}

const bio: fc.Arbitrary<RandomBio> = fc.record({
  op: fc.constantFrom(Op.read, Op.write, Op.write, Op.write, Op.discard),
  page: fc.integer({ min: 0, max: 400 }),
  pages: fc.constantFrom(1, 1, 1, 2, 16, 128),
  flags: fc.constantFrom(
    0,
    0,
    0,
    0,
    0,
    BioFlag.sync,
    BioFlag.noMerge,
    BioFlag.barrier,
    BioFlag.fua,
  ),
  task: fc.integer({ min: 0, max: 5 }),
  gapUs: fc.constantFrom(0, 0, 0, 0, 50, 4000),
  unplug: fc.boolean(),
});

const machine = fc.record({
  generation: fc.constantFrom(...generationNames()),
  elevatorIndex: fc.nat(20),
  queueDepth: fc.constantFrom(1, 2, 31),
  nrRequests: fc.constantFrom(4, 16, 128),
  rotational: fc.boolean(),
  volatileCache: fc.boolean(),
  supportsFua: fc.boolean(),
});

function latencyNs(op: number, sector: number, sectors: number): number {
  return op === Op.flush ? 700 * US : 20 * US + ((sector * 7919) % 1000) * US + sectors * 200;
}

function rigOf(m: typeof machine extends fc.Arbitrary<infer T> ? T : never): Rig {
  const { elevators } = findGeneration(m.generation);
  return makeRig(
    {
      queueDepth: m.queueDepth,
      rotational: m.rotational,
      volatileCache: m.volatileCache,
      supportsFua: m.supportsFua,
      latencyNs,
    },
    {
      generation: m.generation,
      elevator: elevators[m.elevatorIndex % elevators.length],
      nrRequests: m.nrRequests,
    },
  );
}

function submit(queue: Queue, b: RandomBio, cookie: number): void {
  queue.submitBio(b.op, b.page * 8, b.pages * 8, b.flags, b.task, cookie);
  if (b.unplug) queue.unplug();
}

test('each bio is done once, sectors in are sectors out, and no request is beyond the limits', () => {
  fc.assert(
    fc.property(machine, fc.array(bio, { minLength: 1, maxLength: 300 }), (m, bios) => {
      const rig = rigOf(m);
      let atNs = 0;
      bios.forEach((b, cookie) => {
        rig.events.advanceTo(atNs);
        submit(rig.queue, b, cookie);
        atNs += b.gapUs * US;
      });
      rig.drain();
      const cookies = rig.done.map(({ cookie }) => cookie).sort((a, b) => a - b);
      assert.deepEqual(
        cookies,
        bios.map((_, i) => i),
      );
      assert.equal(rig.queue.outstandingBios, 0);
      const { counters } = rig.queue;
      const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
      const sectorsIn = sum(bios.map((b) => b.pages * 8));
      assert.equal(sum(counters.sectors), sectorsIn);
      const data = rig.device.log.filter(({ op }) => op !== Op.flush);
      assert.equal(sum(data.map(({ sectors }) => sectors)), sectorsIn);
      for (const { sectors } of data) assert.ok(sectors <= 1024);
      assert.equal(counters.inFlight, 0);
      assert.equal(sum(counters.ios), data.length);
      assert.equal(counters.requests, sum(counters.ios) + counters.joins);
      assert.equal(counters.bios, counters.requests + sum(counters.merges));
      // A page is moved as often, each way, as bios asked for it.
      const moves = new Map<string, number>();
      const count = (op: number, page: number, by: number) =>
        moves.set(`${op} ${page}`, (moves.get(`${op} ${page}`) ?? 0) + by);
      for (const b of bios) for (let i = 0; i < b.pages; i++) count(b.op, b.page + i, 1);
      for (const c of data)
        for (let i = 0; i < c.sectors / 8; i++) count(c.op, c.sector / 8 + i, -1);
      for (const [key, left] of moves) assert.equal(left, 0, key);
    }),
    { numRuns: 150 },
  );
});

test('nothing passes a barrier', () => {
  fc.assert(
    fc.property(machine, fc.array(bio, { minLength: 1, maxLength: 60 }), (m, bios) => {
      const rig = rigOf({ ...m, nrRequests: 128 });
      bios.forEach((b, cookie) => submit(rig.queue, b, cookie));
      rig.drain();
      const doneAt = new Map(rig.done.map(({ cookie, timeNs }) => [cookie, timeNs]));
      bios.forEach((barrier, at) => {
        if (barrier.flags !== BioFlag.barrier) return;
        const timeNs = doneAt.get(at) ?? NaN;
        bios.forEach((_, i) => {
          const otherNs = doneAt.get(i) ?? NaN;
          if (i < at) assert.ok(otherNs <= timeNs);
          if (i > at) assert.ok(otherNs >= timeNs);
        });
      });
    }),
    { numRuns: 100 },
  );
});

test('with one bio at a time no elevator changes order or time, to the nanosecond', () => {
  fc.assert(
    fc.property(machine, fc.array(bio, { minLength: 1, maxLength: 60 }), (m, bios) => {
      const { elevators } = findGeneration(m.generation);
      const runs = elevators.map((_, elevatorIndex) => {
        const rig = rigOf({ ...m, elevatorIndex });
        bios.forEach((b, cookie) => {
          submit(rig.queue, b, cookie);
          rig.drain();
        });
        return { done: rig.done, log: rig.device.log };
      });
      for (const run of runs) assert.deepEqual(run, runs[0]);
    }),
    { numRuns: 60 },
  );
});
