import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Alarm, EventQueue } from '../../src/sim/events.ts';

test('events fire by time, and first in first out at the same nanosecond', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
      const queue = new EventQueue(2);
      const fired: number[] = [];
      const handler = queue.register((arg) => fired.push(arg));
      times.forEach((time, i) => queue.schedule(time, handler, i));
      while (queue.step()) assert.equal(queue.nowNs, times[fired[fired.length - 1]]);
      const expected = times.map((_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
      assert.deepEqual(fired, expected);
    }),
  );
});

test('order holds when events are scheduled from within events', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 100 }), (delays) => {
      const queue = new EventQueue();
      const fired: [number, number][] = [];
      let next = 0;
      const handler = queue.register((arg) => {
        fired.push([queue.nowNs, arg]);
        for (let i = 0; i < 2 && next < delays.length; i++, next++) {
          queue.schedule(queue.nowNs + delays[next], handler, next);
        }
      });
      queue.schedule(0, handler, -1);
      queue.advanceTo(1000);
      assert.equal(fired.length, delays.length + 1);
      for (let i = 1; i < fired.length; i++) {
        const [before, after] = [fired[i - 1], fired[i]];
        assert.ok(before[0] < after[0] || (before[0] === after[0] && before[1] < after[1]));
      }
    }),
  );
});

test('advanceTo moves time even when nothing is due, and the past cannot be scheduled', () => {
  const queue = new EventQueue();
  queue.advanceTo(50);
  assert.equal(queue.nowNs, 50);
  assert.equal(queue.nextEventNs(), Infinity);
  const handler = queue.register(() => {});
  assert.throws(() => queue.schedule(49, handler, 0), RangeError);
  assert.throws(() => queue.schedule(NaN, handler, 0), RangeError);
});

test('an alarm rings once, at its last setting, and not when cleared', () => {
  const queue = new EventQueue();
  const rung: number[] = [];
  const alarm = new Alarm(queue, () => rung.push(queue.nowNs));
  alarm.set(10);
  alarm.set(30);
  alarm.set(20);
  queue.advanceTo(25);
  assert.deepEqual(rung, [20]);
  alarm.set(40);
  alarm.clear();
  queue.advanceTo(100);
  assert.deepEqual(rung, [20]);
});

test('registers: post and arm do what schedule and set do, with the time in atNs', () => {
  const queue = new EventQueue();
  const fired: [number, number][] = [];
  const handler = queue.register((arg) => fired.push([queue.nowNs, arg]));
  const alarm = new Alarm(queue, () => fired.push([queue.nowNs, -1]));
  queue.atNs = 30.5;
  queue.post(handler, 1);
  queue.post(handler, 2);
  queue.schedule(7, handler, 3);
  alarm.atNs = 20;
  alarm.arm();
  queue.advanceTo(40);
  assert.deepEqual(fired, [
    [7, 3],
    [20, -1],
    [30.5, 1],
    [30.5, 2],
  ]);
  queue.atNs = 39;
  assert.throws(() => queue.post(handler, 0), RangeError);
});
