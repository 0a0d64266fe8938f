/** Queue plugging of 2.6.34: four requests, 3 ms, someone who waits, or a completion. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MS } from '../../src/sim/units.ts';
import { Unplug } from '../../src/block/accounting.ts';
import { makeRig } from './rig.ts';

test('the fourth request pulls the plug', () => {
  const rig = makeRig({ isManual: true, queueDepth: 31 });
  for (const page of [0, 10, 20]) rig.write(page);
  assert.equal(rig.device.log.length, 0);
  rig.write(30);
  assert.equal(rig.device.log.length, 4);
  assert.equal(rig.queue.counters.unplugs[Unplug.requests], 1);
});

test('merged bios do not count: it is requests that pull the plug', () => {
  const rig = makeRig({ isManual: true });
  for (let page = 0; page < 100; page++) rig.write(page);
  assert.equal(rig.device.log.length, 0);
});

test('after 3 ms the plug is out', () => {
  const rig = makeRig();
  rig.events.advanceTo(1000);
  rig.write(0);
  rig.events.advanceTo(1000 + 3 * MS - 1);
  assert.equal(rig.device.log.length, 0);
  rig.events.advanceTo(1000 + 3 * MS);
  assert.equal(rig.device.log[0].timeNs, 1000 + 3 * MS);
  assert.equal(rig.queue.counters.unplugs[Unplug.timer], 1);
  // Plugged anew later, it is again 3 ms from then.
  rig.events.advanceTo(5 * MS);
  rig.write(10);
  rig.queue.unplug();
  rig.events.advanceTo(6 * MS);
  rig.write(20);
  rig.drain();
  assert.equal(rig.device.log[2].timeNs, 9 * MS);
});

test('who waits pulls the plug at once', () => {
  const rig = makeRig();
  rig.write(0);
  rig.queue.unplug();
  assert.equal(rig.device.log[0].timeNs, 0);
});

test('a completion pulls the plug of an empty queue with a busy drive', () => {
  const rig = makeRig({ latencyNs: () => MS });
  rig.write(0);
  rig.queue.unplug();
  rig.write(10);
  rig.drain();
  assert.equal(rig.device.log[1].timeNs, MS);
  assert.equal(rig.queue.counters.unplugs[Unplug.completion], 1);
});

test('flash with command queueing is never plugged', () => {
  const rig = makeRig({ rotational: false, queueDepth: 32, isManual: true });
  rig.write(0);
  assert.equal(rig.device.log.length, 1);
  assert.equal(rig.queue.counters.plugs, 0);
});
