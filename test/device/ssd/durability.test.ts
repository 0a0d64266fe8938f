/** What a power cut would lose, against what was acknowledged and what is on the flash. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, smallProfile } from './small.ts';

const POWER_CUT = { powerCut: true };

const sectorsOf = (rows: readonly (readonly [number, number])[]): number[] =>
  rows.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));

const request = fc.record({
  kind: fc.constantFrom('write', 'write', 'write', 'fua', 'flush', 'read', 'discard'),
  // A few places, so that writes meet each other in the buffer.
  sector: fc.integer({ min: 0, max: 200 }),
  sectors: fc.integer({ min: 1, max: 60 }),
  steps: fc.integer({ min: 0, max: 12 }),
});

test('only what was acknowledged, and not forced since, is at risk', () => {
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      (requests, isProtected) => {
        const profile = smallProfile({ buffer: { power_loss_protected: isProtected } });
        const bench = new Bench(profile, true, POWER_CUT);
        const { drive, events } = bench;
        const mayBe = new Set<number>();
        const check = (): void => {
          const lost = sectorsOf(drive.atRisk());
          assert.equal(new Set(lost).size, lost.length, 'rows overlap');
          for (const sector of lost) assert.ok(mayBe.has(sector), `sector ${sector}`);
          if (isProtected) assert.deepEqual(lost, []);
        };
        const free = Array.from({ length: drive.queueDepth }, (_, tag) => tag);
        const ends: (() => void)[] = [];
        bench.onComplete = (tag) => {
          ends[tag]();
          free.push(tag);
          check();
        };
        for (const { kind, sector, sectors, steps } of requests) {
          const isForced = kind !== 'write' && kind !== 'read';
          // Alone, so that nothing is acknowledged between its coming and its end.
          while (free.length < (isForced ? drive.queueDepth : 1)) events.step();
          const tag = free.pop()!;
          const row = Array.from({ length: sectors }, (_, i) => sector + i);
          const before = [...mayBe];
          const forced = kind === 'flush' ? before : row;
          ends[tag] = () => {
            if (kind === 'write') row.forEach((at) => mayBe.add(at));
            else if (kind === 'fua' || kind === 'flush') forced.forEach((at) => mayBe.delete(at));
          };
          if (kind === 'flush') bench.submit(tag, Op.flush, 0, 0);
          else if (kind === 'read') bench.submit(tag, Op.read, sector, sectors);
          else if (kind === 'discard') bench.submit(tag, Op.discard, sector, sectors);
          else bench.submit(tag, Op.write, sector, sectors, kind === 'fua' ? DeviceFlag.fua : 0);
          if (isForced) while (free.length < drive.queueDepth) events.step();
          for (let n = 0; n < steps; n++) events.step();
          check();
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('all that was acknowledged is at risk or on the flash', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const profile = smallProfile({ ftl: { initial_fill: 0 } });
      const bench = new Bench(profile, true, POWER_CUT);
      const { drive, events } = bench;
      const random = new RandomStream(seed, 'durability');
      const acknowledged: number[] = [];
      const rows: [number, number][] = [];
      bench.onComplete = (tag) => {
        for (let at = rows[tag][0]; at < rows[tag][1]; at++) acknowledged.push(at);
      };
      // Each unit is written once: it is nowhere until it is programmed.
      let unit = 0;
      for (let tag = 0; tag < 24; tag++) {
        const units = 1 + random.below(20);
        rows[tag] = [unit * 8 + random.below(8), (unit + units) * 8 - random.below(8)];
        if (rows[tag][0] >= rows[tag][1]) rows[tag] = [unit * 8, unit * 8 + 8];
        unit += units;
        bench.submit(tag, Op.write, rows[tag][0], rows[tag][1] - rows[tag][0]);
        for (let steps = random.below(8); steps > 0; steps--) events.step();
        const inBuffer = acknowledged.filter((at) => drive.ftl.lookup(Math.floor(at / 8)) < 0);
        assert.deepEqual(
          sectorsOf(drive.atRisk()),
          inBuffer.toSorted((a, b) => a - b),
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('a restored drive has at risk what its buffer holds; keeping account changes no time', () => {
  const bench = new Bench(smallProfile(), true, POWER_CUT);
  bench.submit(0, Op.write, 10, 6);
  while (bench.order.length === 0) bench.events.step();
  assert.deepEqual(bench.drive.atRisk(), [[10, 16]]);
  const again = new Bench(smallProfile(), true, POWER_CUT);
  again.drive.restore(bench.drive.snapshot());
  assert.deepEqual(again.drive.atRisk(), [[10, 16]]);
  const times = [{}, POWER_CUT].map((options) => {
    const one = new Bench(smallProfile(), true, options);
    for (let n = 0; n < 30; n++) {
      one.submit(n, n % 3 === 0 ? Op.read : Op.write, (n * 977) % 4000, 8);
    }
    one.run();
    return one.doneNs;
  });
  assert.deepEqual(times[0], times[1]);
  assert.throws(() => new Bench().drive.atRisk(), /powerCut/);
});
