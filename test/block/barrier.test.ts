/** Barriers of 2.6.34, and what flush, preflush and FUA become. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BioFlag } from '../../src/block/bio.ts';
import { DeviceFlag, Op, Status } from '../../src/device/device.ts';
import { MS } from '../../src/sim/units.ts';
import { makeRig } from './rig.ts';
import type { StubOptions } from './stub-device.ts';

const { read, write, flush } = Op;

function commandsOf(stub: StubOptions, op: number, sectors: number, flags: number) {
  const rig = makeRig({ latencyNs: () => MS, queueDepth: 4, ...stub });
  rig.queue.submitBio(op, 800, sectors, flags, 1, 7);
  rig.drain();
  assert.deepEqual(
    rig.done.map(({ cookie, status }) => [cookie, status]),
    [[7, Status.ok]],
  );
  return rig.device.log.map((c) => (c.flags === DeviceFlag.fua ? [c.op, 'fua'] : [c.op]));
}

test('what a barrier asks of the drive depends on its cache', () => {
  const { barrier, fua, preflush } = BioFlag;
  const cached = { volatileCache: true };
  const cachedFua = { volatileCache: true, supportsFua: true };
  assert.deepEqual(commandsOf({}, write, 8, barrier), [[write]]);
  assert.deepEqual(commandsOf(cached, write, 8, barrier), [[flush], [write], [flush]]);
  assert.deepEqual(commandsOf(cachedFua, write, 8, barrier), [[flush], [write, 'fua']]);
  assert.deepEqual(commandsOf({}, flush, 0, 0), []);
  assert.deepEqual(commandsOf(cached, flush, 0, 0), [[flush]]);
  assert.deepEqual(commandsOf(cached, write, 0, barrier), [[flush]]);
  assert.deepEqual(commandsOf({}, write, 8, fua | preflush), [[write]]);
  assert.deepEqual(commandsOf(cached, write, 8, preflush), [[flush], [write]]);
  assert.deepEqual(commandsOf(cached, write, 8, fua), [[write], [flush]]);
  assert.deepEqual(commandsOf(cachedFua, write, 8, fua), [[write, 'fua']]);
});

test('nothing before a barrier is left when it starts, nothing behind it starts before its end', () => {
  const rig = makeRig({ latencyNs: () => MS, queueDepth: 8, volatileCache: true });
  for (const page of [90, 50, 70]) rig.write(page);
  rig.write(500, BioFlag.barrier);
  for (const page of [10, 60, 20]) rig.write(page);
  rig.read(5);
  rig.drain();
  assert.deepEqual(
    rig.device.log.map(({ timeNs, op, sector }) => [
      timeNs / MS,
      op,
      op === flush ? 0 : sector / 8,
    ]),
    [
      [0, write, 90],
      [0, write, 50],
      [0, write, 70],
      [1, flush, 0],
      [2, write, 500],
      [3, flush, 0],
      [4, read, 5],
      [4, write, 10],
      [4, write, 20],
      [4, write, 60],
    ],
  );
  assert.deepEqual([...rig.queue.counters.ios], [1, 7, 0, 0]);
});

test('requests behind a barrier still merge while it drains', () => {
  const rig = makeRig({ isManual: true, volatileCache: true });
  rig.write(0);
  rig.write(500, BioFlag.barrier);
  for (let page = 10; page < 20; page++) rig.write(page);
  while (rig.done.length < 12) rig.device.finish(0);
  assert.deepEqual(
    rig.device.log
      .filter(({ op }) => op === write)
      .map(({ sector, sectors }) => [sector / 8, sectors / 8]),
    [
      [0, 1],
      [500, 1],
      [10, 10],
    ],
  );
});

test('a flush over a drive without a cache ends when what was before it has ended', () => {
  const rig = makeRig({ latencyNs: () => MS });
  rig.write(0);
  rig.queue.submitBio(flush, 0, 0, 0, 1, -1);
  rig.drain();
  assert.deepEqual(
    rig.done.map(({ cookie, timeNs }) => [cookie, timeNs]),
    [
      [0, MS],
      [-1, MS],
    ],
  );
});

test('noop sorts one way what a barrier drains', () => {
  const rig = makeRig({ isManual: true }, { elevator: 'noop' });
  rig.write(50);
  rig.queue.unplug();
  for (const page of [40, 90, 10, 70, 30]) rig.write(page);
  rig.write(500, BioFlag.barrier);
  while (rig.done.length < 7) rig.device.finish(0);
  // 40 was chosen when the fourth request behind it pulled the plug; the arm is seen there.
  assert.deepEqual(
    rig.device.log.map(({ sector }) => sector / 8),
    [50, 40, 70, 90, 10, 30, 500],
  );
});

test('a failed flush fails the barrier', () => {
  const rig = makeRig({ isManual: true, volatileCache: true });
  rig.write(0, BioFlag.barrier);
  rig.device.finish(0, Status.mediumError);
  assert.deepEqual(
    rig.done.map(({ status }) => status),
    [Status.mediumError],
  );
  assert.equal(rig.device.log.length, 1);
});

test('a bio off the device ends at once with its status, one for a discard it lacks with ok', () => {
  const rig = makeRig({ capacitySectors: 80, supportsDiscard: false });
  rig.queue.submitBio(write, 80, 8, 0, 1, 1);
  rig.queue.submitBio(Op.discard, 0, 8, 0, 1, 2);
  assert.equal(rig.done.length, 0);
  rig.drain();
  assert.deepEqual(
    rig.done.map(({ cookie, status }) => [cookie, status]),
    [
      [1, Status.outOfRange],
      [2, Status.ok],
    ],
  );
  assert.equal(rig.device.log.length, 0);
});
