/** Request pools: congestion, batching, and sleeping in order. Golden values of WRITEOUT.md 9. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, BioFlag } from '../../src/block/bio.ts';
import { MS } from '../../src/sim/units.ts';
import { makeRig, type Rig } from './rig.ts';

/** Submits writes that do not merge, until `count` more are admitted or one sleeps. */
function writeApart(rig: Rig, count: number, task = 1, flags = 0, from = 0): number {
  for (let i = 0; i < count; i++) {
    if (rig.write((from + i) * 2, flags, task) === Admission.sleeping) return i;
  }
  return count;
}

test('the 113th request of a class congests it; fewer than 103 clear it', () => {
  const rig = makeRig({ isManual: true });
  writeApart(rig, 112);
  assert.equal(rig.queue.isCongested(false), false);
  writeApart(rig, 1, 1, 0, 112);
  assert.equal(rig.queue.isCongested(false), true);
  assert.equal(rig.queue.isCongested(true), false);
  for (let left = 112; left >= 103; left--) {
    rig.device.finish(0);
    assert.equal(rig.queue.isCongested(false), true, `${left} left`);
  }
  assert.deepEqual(rig.cleared, []);
  rig.device.finish(0);
  assert.equal(rig.queue.isCongested(false), false);
  assert.deepEqual(rig.cleared, [false]);
});

test('the task that fills the pool goes on for 32 requests, itself included; others sleep', () => {
  const rig = makeRig({ isManual: true });
  assert.equal(writeApart(rig, 127), 127);
  // The 128th is the first of the batch.
  assert.equal(writeApart(rig, 100, 1, 0, 127), 32);
  assert.equal(writeApart(rig, 1, 2, 0, 1000), 0);
  assert.equal(rig.queue.counters.sleeps, 2);
  // The sync pool is another one.
  assert.equal(writeApart(rig, 100, 2, BioFlag.sync, 2000), 100);
});

test('a batch ends after 20 ms', () => {
  const rig = makeRig({ isManual: true });
  writeApart(rig, 128);
  rig.events.advanceTo(20 * MS - 1);
  assert.equal(writeApart(rig, 1, 1, 0, 128), 1);
  rig.events.advanceTo(20 * MS);
  assert.equal(writeApart(rig, 1, 1, 0, 129), 0);
});

test('no batch takes the pool beyond 192', () => {
  // Completions empty the pool by one time and again: each lets one sleeper in as a new batcher,
  // and each of those takes its whole batch.
  const rig = makeRig({ isManual: true });
  let page = 0;
  for (let task = 1; task <= 40; task++) {
    for (let i = 0; i < 200; i++) {
      if (rig.write(2 * page++, 0, task) === Admission.sleeping) break;
    }
    while (rig.queue.counters.inFlight > 127) rig.device.finish(0);
    assert.ok(rig.queue.counters.inFlight <= 192);
  }
});

test('sleepers are admitted first in, first out, one for each request freed', () => {
  const rig = makeRig({ isManual: true });
  writeApart(rig, 128);
  // Use up the batch, then let five other tasks come.
  for (let i = 0; i < 31; i++) rig.write(1000 + 2 * i);
  for (let task = 2; task <= 6; task++) {
    assert.equal(rig.write(5000 + 2 * task, 0, task), Admission.sleeping);
  }
  assert.equal(rig.queue.counters.inFlight, 159);
  for (let i = 0; i < 31; i++) rig.device.finish(0);
  assert.deepEqual(rig.admitted, []);
  for (let i = 0; i < 5; i++) {
    rig.device.finish(0);
    assert.equal(rig.admitted.length, i + 1);
    assert.equal(rig.queue.counters.inFlight, 128);
  }
  assert.deepEqual(rig.admitted, [5004, 5006, 5008, 5010, 5012]);
});

test('time asleep and time congested are counted', () => {
  const rig = makeRig({ latencyNs: () => MS, queueDepth: 1 });
  for (let i = 0; i < 200; i++) rig.write(2 * i, 0, i);
  rig.drain();
  const { counters } = rig.queue;
  assert.equal(rig.done.length, 200);
  assert.ok(counters.sleeps > 0 && counters.sleptNs > 0);
  // Congested from the 113th request at 0 ms until 102 are left: sleepers keep it full until
  // the last of them is in.
  assert.equal(counters.congestedNs[0], (200 - 102) * MS);
  assert.equal(counters.congestedNs[1], 0);
});
