/** iostat's figures, by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IostatReading } from '../../src/block/iostat.ts';
import { MS, SECOND } from '../../src/sim/units.ts';
import { makeRig } from './rig.ts';

test('a second with one read of 10 ms and two writes in one request of 20 ms', () => {
  const rig = makeRig(
    { latencyNs: (op) => (op === 0 ? 10 : 20) * MS },
    { generation: 'mq', elevator: 'mq-deadline' },
  );
  const before = new IostatReading(rig.queue.counters, 0);
  rig.read(100);
  rig.queue.startPlug(1);
  rig.write(7);
  rig.write(8);
  rig.queue.finishPlug(1);
  rig.drain();
  rig.events.advanceTo(SECOND);
  const report = new IostatReading(rig.queue.counters, SECOND).since(before);
  assert.deepEqual(report.read, {
    perSecond: 1,
    kibPerSecond: 4,
    mergedPerSecond: 0,
    mergedPercent: 0,
    awaitMs: 10,
    requestKib: 4,
  });
  // The write waited for the read: the drive takes one command.
  assert.deepEqual(report.write, {
    perSecond: 1,
    kibPerSecond: 8,
    mergedPerSecond: 1,
    mergedPercent: 50,
    awaitMs: 30,
    requestKib: 8,
  });
  assert.equal(report.utilPercent, 3);
  assert.equal(report.queueSize, 0.04);
  assert.equal(report.awaitMs, 20);
  assert.equal(report.serviceMs, 15);
  assert.equal(report.requestSectors, 12);
  assert.equal(report.flushesPerSecond, 0);
});
