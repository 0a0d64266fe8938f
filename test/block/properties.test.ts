/** What holds for any bios, any elevator and any depth. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { StatGroup } from '../../src/block/accounting.ts';
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
  /** Opens the task's plug (1) or closes it (-1) before. */
  plug: number;
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
  plug: fc.constantFrom(0, 0, 0, 1, -1, -1),
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
  if (b.plug > 0) queue.startPlug(b.task);
  if (b.plug < 0) queue.finishPlug(b.task);
  queue.submitBio(b.op, b.page * 8, b.pages * 8, b.flags, b.task, cookie);
  if (b.unplug) queue.unplug();
}

/** Lets time pass until all is done. A sleeper that is woken plugs again: its task would go on. */
function settle(rig: Rig): void {
  rig.drain();
  for (let round = 0; round < 1000 && rig.queue.outstandingBios > 0; round++) {
    rig.queue.unplug();
    rig.drain();
  }
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
      settle(rig);
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
      const limit = findGeneration(m.generation).maxSectorsKb * 2;
      for (const { sectors } of data) assert.ok(sectors <= limit);
      assert.equal(counters.inFlight, 0);
      const ios = sum(counters.ios) - counters.ios[StatGroup.flush];
      assert.equal(ios, data.length);
      assert.equal(counters.requests, ios + counters.joins);
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

test('nothing passes a barrier of 2.6.34', () => {
  const old = machine.map((m) => ({ ...m, generation: '2.6.34' }));
  fc.assert(
    fc.property(old, fc.array(bio, { minLength: 1, maxLength: 60 }), (m, bios) => {
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

test('a flush is done after a flush command that began when it was asked for, or later', () => {
  const plugging = machine.map((m) => ({
    ...m,
    generation: m.generation === '2.6.34' ? 'mq' : m.generation,
    volatileCache: true,
  }));
  fc.assert(
    fc.property(plugging, fc.array(bio, { minLength: 1, maxLength: 80 }), (m, bios) => {
      const rig = rigOf(m);
      const askedNs: number[] = [];
      let atNs = 0;
      bios.forEach((b, cookie) => {
        rig.events.advanceTo(atNs);
        askedNs.push(rig.events.nowNs);
        const op = cookie % 3 === 0 ? Op.flush : b.op;
        submit(rig.queue, { ...b, op, pages: op === Op.flush ? 0 : b.pages }, cookie);
        atNs += b.gapUs * US;
      });
      settle(rig);
      assert.equal(rig.done.length, bios.length);
      const flushesNs = rig.device.log.filter(({ op }) => op === Op.flush).map((c) => c.timeNs);
      for (const { cookie, timeNs } of rig.done) {
        if (cookie % 3 !== 0) continue;
        const covering = flushesNs.find((ns) => ns >= askedNs[cookie]) ?? Infinity;
        assert.ok(covering + latencyNs(Op.flush, 0, 0) <= timeNs);
      }
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
        // cfq and bfq idle after the last bio, so time is counted from each submission. The submitter
        // waits for each, else cfq differs as in the kernel: it pulls the plug for large requests.
        return bios.map((b, cookie) => {
          const fromNs = rig.events.nowNs;
          const fromCommand = rig.device.log.length;
          submit(rig.queue, { ...b, plug: 0, unplug: true }, cookie);
          settle(rig);
          const commands = rig.device.log.slice(fromCommand);
          return {
            latencyNs: (rig.done.at(-1)?.timeNs ?? NaN) - fromNs,
            commands: commands.map((c) => ({ ...c, timeNs: c.timeNs - fromNs })),
          };
        });
      });
      for (const run of runs) assert.deepEqual(run, runs[0]);
    }),
    { numRuns: 60 },
  );
});
