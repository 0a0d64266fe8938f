/** Task plugs and shared flushes: 3.x and mq. Golden values of WRITEOUT.md 9. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../src/device/device.ts';
import { makeRig } from './rig.ts';

test('a task plug of 3.x lets go before its 17th request, one of mq before its 33rd', () => {
  for (const [generation, most] of [
    ['3.x', 16],
    ['mq', 32],
  ] as const) {
    const rig = makeRig(
      { isManual: true, queueDepth: 256 },
      { generation, writeBackThrottling: false },
    );
    rig.queue.startPlug(1);
    for (let i = 0; i < most; i++) rig.write(i * 10);
    assert.equal(rig.device.log.length, 0, generation);
    rig.write(5000);
    assert.ok(rig.device.log.length > 0, generation);
    assert.equal(rig.queue.counters.unplugs[0], 1, generation);
  }
});

test('3.x sorts what it lets go, mq does not', () => {
  for (const [generation, elevator, expected] of [
    ['3.x', 'noop', [10, 20, 30]],
    ['mq', 'none', [30, 10, 20]],
  ] as const) {
    const rig = makeRig({ isManual: true, queueDepth: 8 }, { generation, elevator });
    rig.queue.startPlug(1);
    for (const page of [30, 10, 20]) rig.write(page);
    rig.queue.finishPlug(1);
    assert.deepEqual(
      rig.pagesIssued().map(([page]) => page),
      expected,
    );
  }
});

test('plugs nest: only the outermost closing lets go', () => {
  const rig = makeRig({}, { generation: '3.x' });
  rig.queue.startPlug(1);
  rig.queue.startPlug(1);
  rig.write(1);
  rig.queue.finishPlug(1);
  assert.equal(rig.device.log.length, 0);
  rig.queue.finishPlug(1);
  assert.equal(rig.device.log.length, 1);
});

test('one flush serves all that ask while another is under way', () => {
  const rig = makeRig(
    { isManual: true, queueDepth: 8, volatileCache: true },
    { generation: 'mq', elevator: 'none' },
  );
  for (let i = 0; i < 4; i++) rig.queue.submitBio(Op.flush, 0, 0, 0, i, i);
  assert.equal(rig.device.counters.flushes, 1);
  rig.device.finish(rig.device.log[0].tag);
  assert.deepEqual(
    rig.done.map(({ cookie }) => cookie),
    [0],
  );
  assert.equal(rig.device.counters.flushes, 2);
  rig.device.finish(rig.device.log[1].tag);
  assert.equal(rig.done.length, 4);
  assert.equal(rig.queue.counters.ios[3], 2);
});
