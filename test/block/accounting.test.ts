/** The counters against what the kernel's documentation says of /proc/diskstats, and the observer. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockObserver } from '../../src/block/observer.ts';
import { MS } from '../../src/sim/units.ts';
import { makeRig } from './rig.ts';

test('ticks, io_ticks and time_in_queue of two requests one after the other', () => {
  const rig = makeRig({ latencyNs: () => 10 * MS });
  rig.events.advanceTo(100 * MS);
  rig.read(0);
  rig.write(100);
  rig.write(101);
  rig.queue.unplug();
  rig.events.advanceTo(200 * MS);
  const { counters } = rig.queue;
  assert.deepEqual([...counters.ticksNs], [10 * MS, 20 * MS, 0, 0]);
  assert.equal(counters.ioTicksNs, 20 * MS);
  assert.equal(counters.timeInQueueNs, 30 * MS);
  assert.equal(counters.inFlight, 0);
  assert.deepEqual([...counters.merges], [0, 1, 0, 0]);
});

test('reading the counters in between gives the time up to then', () => {
  const rig = makeRig({ latencyNs: () => 10 * MS });
  rig.read(0);
  rig.queue.unplug();
  rig.events.advanceTo(4 * MS);
  assert.equal(rig.queue.counters.ioTicksNs, 4 * MS);
  assert.equal(rig.queue.counters.inFlight, 1);
  rig.drain();
  assert.equal(rig.queue.counters.ioTicksNs, 10 * MS);
});

test('joined requests count from the earlier start', () => {
  const rig = makeRig({ latencyNs: () => MS });
  rig.write(12);
  rig.events.advanceTo(MS);
  rig.write(10);
  rig.events.advanceTo(2 * MS);
  rig.write(11);
  rig.drain();
  assert.equal(rig.queue.counters.ticksNs[1], 4 * MS);
});

test('an observer sees each step of the life of a bio', () => {
  const steps: string[] = [];
  const step =
    (name: string) =>
    (...args: number[]): void => {
      steps.push(`${name} ${args.join(' ')}`);
    };
  const observer: BlockObserver = {
    queued: step('Q'),
    merged: step('M'),
    joined: step('J'),
    slept: step('S'),
    allocated: step('G'),
    inserted: step('I'),
    plugged: step('P'),
    unplugged: step('U'),
    issued: step('D'),
    completed: step('C'),
  };
  const rig = makeRig({ latencyNs: () => MS }, { observer });
  rig.write(1);
  rig.write(2);
  rig.drain();
  assert.deepEqual(steps, [
    'Q 0 1 8 8 0 1',
    'G 0 0 1 8 8',
    'P 0',
    'I 0 0 1 8 8',
    'Q 0 1 16 8 0 1',
    'M 0 0 1 16 8',
    'U 3000000 1',
    'D 3000000 0 0 1 8 16',
    'C 4000000 0 0 1 0',
  ]);
});
