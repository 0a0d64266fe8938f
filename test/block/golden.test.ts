/**
 * The golden values of WRITEOUT.md section 9 that concern the block floor, in one place. What else there is
 * of them: pool.test.ts (when a sleeper wakes, the batch's 20 ms), merge.test.ts (segments, closing for good),
 * plug.test.ts (what else pulls the plug), task-plug.test.ts (order of what comes off).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../src/block/bio.ts';
import { MS } from '../../src/sim/units.ts';
import { makeRig, type Rig } from './rig.ts';

/** Writes that do not merge, until one sleeps or there were so many. */
function apart(rig: Rig, most: number, task = 1, from = 0): number {
  for (let i = 0; i < most; i++) {
    if (rig.write((from + i) * 2, 0, task) === Admission.sleeping) return i;
  }
  return most;
}

for (const generation of ['2.6.34', '3.x']) {
  test(`${generation}: a pool of 128 is congested at the 113th request, and no more below 103`, () => {
    const rig = makeRig({ isManual: true }, { generation, elevator: 'deadline' });
    apart(rig, 112);
    assert.equal(rig.queue.isCongested(false), false);
    apart(rig, 1, 1, 112);
    assert.equal(rig.queue.isCongested(false), true);
    for (let left = 113; left > 103; left--) rig.device.finish(0);
    assert.equal(rig.queue.isCongested(false), true);
    rig.device.finish(0);
    assert.equal(rig.queue.isCongested(false), false);
  });

  test(`${generation}: full at 128, a batch of 32 more, and never more than 192`, () => {
    const rig = makeRig({ isManual: true }, { generation, elevator: 'deadline' });
    // The 128th is the first of its task's batch of 32; then it sleeps.
    assert.equal(apart(rig, 1000), 127 + 32);
    assert.equal(apart(rig, 1, 2, 1000), 0);
    assert.ok(rig.queue.counters.inFlight <= 192);
  });

  test(`${generation}: a request grows to 1024 sectors, 128 pages, 128 segments`, () => {
    const rig = makeRig({ isManual: true }, { generation, elevator: 'deadline' });
    rig.write(1_000_000);
    rig.write(2_000_000);
    rig.queue.unplug();
    for (let page = 0; page < 129; page++) rig.write(page);
    for (let i = 0; i < 3; i++) rig.device.finish(0);
    assert.deepEqual(rig.pagesIssued().slice(2), [
      [0, 128],
      [128, 1],
    ]);
  });
}

test('2.6.34: the plug goes at the fourth request, or after 3 ms', () => {
  const counted = makeRig({ isManual: true, queueDepth: 8 });
  apart(counted, 3);
  assert.equal(counted.device.log.length, 0);
  apart(counted, 1, 1, 3);
  assert.equal(counted.device.log.length, 4);
  const timed = makeRig({ isManual: true });
  timed.write(0);
  timed.events.advanceTo(3 * MS - 1);
  assert.equal(timed.device.log.length, 0);
  timed.events.advanceTo(3 * MS);
  assert.equal(timed.device.log.length, 1);
});

test('3.x: a task plugs 16 requests; mq: 32', () => {
  for (const [generation, elevator, most] of [
    ['3.x', 'deadline', 16],
    ['mq', 'mq-deadline', 32],
  ] as const) {
    const rig = makeRig(
      { isManual: true, queueDepth: 256 },
      { generation, elevator, writeBackThrottling: false },
    );
    rig.queue.startPlug(1);
    apart(rig, most);
    assert.equal(rig.device.log.length, 0);
    apart(rig, 1, 1, most);
    assert.equal(rig.device.log.length, most);
  }
});
