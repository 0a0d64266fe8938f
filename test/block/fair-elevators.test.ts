/** cfq, bfq, kyber and throttling: whose turn, for how long, and when the drive is kept idle. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MS, SECOND } from '../../src/sim/units.ts';
import { Admission, BioFlag } from '../../src/block/bio.ts';
import { Op } from '../../src/device/device.ts';
import { makeRig, type Rig } from './rig.ts';

/** Two tasks that read one page after another, far apart; returns how many pages each got. */
function twoReaders(elevator: string, generation: string, thinkNs: number): [number, number] {
  const next = [0, 1_000_000];
  let rig: Rig | undefined;
  const read = (task: number) => rig?.queue.submitBio(Op.read, next[task]++ * 8, 8, 0, task, task);
  const resubmit = { handler: -1 };
  rig = makeRig(
    { latencyNs: () => MS },
    { generation, elevator },
    {
      bioDone: (task) => {
        if (rig !== undefined && rig.events.nowNs < 4 * SECOND) {
          rig.events.schedule(
            rig.events.nowNs + (task === 1 ? thinkNs : 0),
            resubmit.handler,
            task,
          );
        }
      },
    },
  );
  resubmit.handler = rig.events.register(read);
  read(0);
  read(1);
  rig.events.advanceTo(4 * SECOND);
  return [next[0], next[1] - 1_000_000];
}

for (const [elevator, generation] of [
  ['cfq', '2.6.34'],
  ['cfq', '3.x'],
  ['bfq', 'mq'],
] as const) {
  test(`${elevator} (${generation}) shares the drive evenly between two readers`, () => {
    const [a, b] = twoReaders(elevator, generation, 0);
    assert.ok(Math.abs(a - b) / (a + b) < 0.1, `${a} and ${b}`);
  });

  test(`${elevator} (${generation}) keeps the drive idle for a reader: no seek a request`, () => {
    // bfq does not idle for throughput while any weight is raised.
    const tunables = { low_latency: 0 };
    const rig = makeRig({ latencyNs: () => MS }, { generation, elevator, tunables });
    rig.read(0, 0, 1);
    rig.read(1_000_000, 0, 2);
    // Task 1 comes back at once each time, so task 2 has to wait for the end of the turn.
    rig.queue.unplug();
    rig.events.advanceTo(1 * MS);
    rig.read(1, 0, 1);
    rig.events.advanceTo(2 * MS);
    rig.read(2, 0, 1);
    rig.drain();
    const pages = rig.pagesIssued().map(([page]) => page);
    assert.deepEqual(pages, [0, 1, 2, 1_000_000]);
    // slice_idle is 8 ms.
    assert.equal(rig.device.log[3].timeNs - rig.device.log[2].timeNs, 9 * MS);
  });

  test(`${elevator} (${generation}) with slice_idle 0 goes on at once`, () => {
    const tunables = { slice_idle: 0 };
    const rig = makeRig({ latencyNs: () => MS }, { generation, elevator, tunables });
    rig.read(0, 0, 1);
    rig.read(1_000_000, 0, 2);
    rig.queue.unplug();
    rig.drain();
    assert.equal(rig.device.log[1].timeNs, MS);
  });
}

test('cfq on flash that queues commands does not idle', () => {
  const rig = makeRig({ rotational: false, queueDepth: 2, isManual: true }, { elevator: 'cfq' });
  rig.read(0, 0, 1);
  rig.read(1_000_000, 0, 2);
  rig.read(1, 0, 1);
  rig.device.finish(0);
  assert.equal(rig.events.size, 0);
});

test('cfq holds async writes back while a sync request is with the drive', () => {
  const rig = makeRig({ queueDepth: 8, isManual: true }, { elevator: 'cfq' });
  rig.read(0, 0, 1);
  rig.queue.unplug();
  rig.write(500, 0, 2);
  rig.queue.unplug();
  assert.deepEqual(rig.pagesIssued(), [[0, 1]]);
});

test('kyber gives a kind at most its depth: 128 writes with the drive', () => {
  const rig = makeRig(
    { queueDepth: 256, isManual: true },
    { generation: 'mq', elevator: 'kyber', writeBackThrottling: false },
  );
  for (let i = 0; i < 190; i++) rig.write(i * 10);
  assert.equal(rig.device.log.length, 128);
  rig.read(1);
  assert.equal(rig.device.log.length, 129);
});

test('throttling lets half its 16 buffered writes in, a quarter next to reads; reclaim all', () => {
  const admitted = (flags: number, readFirst: boolean) => {
    const rig = makeRig({ queueDepth: 32, isManual: true }, { generation: 'mq' });
    if (readFirst) rig.read(9000);
    else rig.events.advanceTo(SECOND);
    let count = 0;
    while (rig.write(count * 10, flags) === Admission.admitted) count++;
    return count;
  };
  assert.equal(admitted(0, false), 8);
  assert.equal(admitted(0, true), 4);
  assert.equal(admitted(BioFlag.reclaim, true), 16);
});

test('throttling: depth is halved when reads miss 2 ms on flash', () => {
  const rig = makeRig(
    { queueDepth: 32, rotational: false, isManual: true },
    { generation: 'mq', elevator: 'none' },
  );
  rig.read(9000);
  const first = rig.device.log[0].tag;
  for (let i = 0; i < 10; i++) rig.write(i * 10, BioFlag.reclaim);
  // The read is with the drive for longer than the window.
  rig.events.advanceTo(110 * MS);
  rig.device.finish(first);
  let count = 10;
  while (rig.write(count * 10, BioFlag.reclaim) === Admission.admitted) count++;
  assert.equal(count, 10);
});
