/**
 * A caller may own the clock and wake the drive whenever it likes: looked at late, in one leap or in
 * uneven strides, the drive tells the same completions at the same times as when it is called at
 * every event.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, mapFaults } from './small.ts';

/** Far beyond the end of any load here, ns. */
const LATE_NS = 1e12;

/** Brings a bench to `LATE_NS` in its own way. */
type Waking = (bench: Bench) => void;

/** Requests that beget requests: completions submit from within. Returns all that was told. */
function run(seed: number, wake: Waking): { told: number[]; counters: object } {
  const bench = new Bench();
  const random = new RandomStream(seed, 'punctual');
  const told: number[] = [];
  let sent = 0;
  const next = (tag: number): void => {
    if (sent++ >= 400) return;
    const sector = random.below(4096 - 32);
    const sectors = 1 + random.below(32);
    const kind = random.below(10);
    if (kind === 0) bench.submit(tag, Op.flush, 0, 0);
    else if (kind === 1) bench.submit(tag, Op.discard, sector, sectors);
    else if (kind === 2) bench.submit(tag, Op.write, sector, sectors, DeviceFlag.fua);
    else bench.submit(tag, kind < 7 ? Op.write : Op.read, sector, sectors);
  };
  bench.onComplete = (tag) => {
    told.push(tag, bench.doneNs[tag], bench.statuses[tag]);
    assert.equal(bench.events.nowNs, bench.doneNs[tag], 'told at its own time');
    next(tag);
  };
  for (let tag = 0; tag < 1 + (seed % 32); tag++) next(tag);
  wake(bench);
  assert.equal(bench.drive.nextEventNs(), Infinity);
  assert.equal(bench.events.nowNs, LATE_NS);
  assert.equal(told.length, 3 * 400);
  assert.deepEqual(mapFaults(bench.drive), []);
  return { told, counters: { ...bench.drive.counters } };
}

const punctual: Waking = ({ drive }) => {
  while (drive.nextEventNs() !== Infinity) drive.advanceTo(drive.nextEventNs());
  drive.advanceTo(LATE_NS);
};

const inOneLeap: Waking = ({ drive }) => drive.advanceTo(LATE_NS);

const inStrides =
  (seed: number): Waking =>
  ({ drive, events }) => {
    const random = new RandomStream(seed, 'strides');
    while (drive.nextEventNs() !== Infinity) {
      drive.advanceTo(events.nowNs + random.below(3_000_000));
    }
    drive.advanceTo(LATE_NS);
  };

test('a late advanceTo tells what a punctual one tells', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const expected = run(seed, punctual);
      assert.deepEqual(run(seed, inOneLeap), expected);
      assert.deepEqual(run(seed, inStrides(seed)), expected);
    }),
    { numRuns: 30 },
  );
});
