/** IO priorities, as cfq, bfq and mq-deadline go by them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IoClass, ioPriority } from '../../src/block/io-priority.ts';
import { MS, SECOND } from '../../src/sim/units.ts';
import { runReaders } from './readers.ts';
import { makeRig, type Rig } from './rig.ts';

const { realTime, bestEffort, idle } = IoClass;
const [RT, BE, IDLE] = [1, 2, 3];

function withClasses(rig: Rig): Rig {
  rig.queue.setIoPriority(RT, realTime, 0);
  rig.queue.setIoPriority(BE, bestEffort, 4);
  rig.queue.setIoPriority(IDLE, idle);
  return rig;
}

/** A drive that is busy until told, and one more chosen ahead; behind them a write of each class. */
function eachClass(generation: string, elevator: string): Rig {
  const rig = withClasses(makeRig({ isManual: true }, { generation, elevator, nrRequests: 64 }));
  rig.read(1000, 0, BE);
  rig.read(2000, 0, BE);
  rig.queue.unplug();
  for (const task of [IDLE, BE, RT]) rig.read(task * 100_000, 0, task);
  return rig;
}

for (const [generation, elevator] of [
  ['2.6.34', 'cfq'],
  ['3.x', 'cfq'],
  ['mq', 'mq-deadline'],
  ['mq', 'bfq'],
]) {
  test(`${generation} ${elevator}: real time goes first, idle last`, () => {
    const rig = eachClass(generation, elevator);
    for (let done = 0; done < 5; done++) {
      // Whoever is idled for gives up after a while.
      rig.events.advanceTo(rig.events.nowNs + 30 * MS);
      rig.device.finish(0);
    }
    const order = rig.pagesIssued().map(([page]) => page);
    assert.deepEqual(order.slice(2), [RT * 100_000, BE * 100_000, IDLE * 100_000]);
  });
}

test('mq-deadline gives a lower class nothing while a higher one has anything with the drive', () => {
  const rig = withClasses(
    makeRig({ isManual: true, queueDepth: 8 }, { generation: 'mq', elevator: 'mq-deadline' }),
  );
  rig.read(1000, 0, BE);
  rig.read(2000, 0, IDLE);
  assert.equal(rig.device.log.length, 1);
  rig.device.finish(rig.device.log[0].tag);
  assert.equal(rig.device.log.length, 2);
});

test('mq-deadline: what has waited for prio_aging_expire goes before higher classes', () => {
  const tunables = { prio_aging_expire: 200 };
  const rig = withClasses(
    makeRig(
      { latencyNs: () => MS },
      { generation: 'mq', elevator: 'mq-deadline', tunables, nrRequests: 64 },
      {
        bioDone: (page) => {
          if (page < 5000) rig.read(page + 20, 0, RT);
        },
      },
    ),
  );
  rig.read(0, 0, RT);
  rig.read(10, 0, RT);
  rig.read(90_000, 0, IDLE);
  rig.drain();
  const at = rig.device.log.find(({ sector }) => sector === 90_000 * 8)?.timeNs ?? NaN;
  assert.ok(at >= 200 * MS && at <= 203 * MS, `${at / MS} ms`);
});

test('bios of different priority do not merge in blk-mq, and do in the elevators before', () => {
  const merges = (generation: string, elevator: string) => {
    const rig = makeRig({ isManual: true, queueDepth: 1 }, { generation, elevator });
    rig.queue.setIoPriority(2, bestEffort, 0);
    for (const page of [900, 1900]) rig.write(page, 0, 1);
    rig.queue.unplug();
    rig.write(100, 0, 1);
    rig.write(101, 0, 2);
    return rig.queue.counters.backMerges;
  };
  assert.equal(merges('mq', 'mq-deadline'), 0);
  assert.equal(merges('3.x', 'deadline'), 1);
});

/** Two sequential readers, one at the highest level of best effort and one at the lowest. */
function shares(generation: string, elevator: string, tunables: Record<string, number>): number {
  const { pages } = runReaders(
    [{ firstPage: 0 }, { firstPage: 10_000_000 }],
    8 * SECOND,
    { generation, elevator, tunables },
    { latencyNs: () => MS },
    ({ queue }) => {
      queue.setIoPriority(1, bestEffort, 0);
      queue.setIoPriority(2, bestEffort, 7);
    },
  );
  return pages[0] / pages[1];
}

test('cfq: slices of 180 ms at level 0 and 40 ms at level 7', () => {
  for (const generation of ['2.6.34', '3.x']) {
    const ratio = shares(generation, 'cfq', {});
    assert.ok(Math.abs(ratio / (180 / 40) - 1) < 0.1, `${generation}: ${ratio}`);
  }
});

test('bfq: weights of 80 at level 0 and 10 at level 7', () => {
  const ratio = shares('mq', 'bfq', { low_latency: 0, max_budget: 1024 });
  assert.ok(Math.abs(ratio / 8 - 1) < 0.15, `${ratio}`);
});

test('the idle class gets a turn every 200 ms of bfq, and of cfq what fits between two slices', () => {
  const served = (generation: string, elevator: string) =>
    runReaders(
      [{ firstPage: 0 }, { firstPage: 10_000_000 }],
      4 * SECOND,
      { generation, elevator, tunables: elevator === 'bfq' ? { low_latency: 0 } : {} },
      { latencyNs: () => MS },
      ({ queue }) => queue.setIoPriority(2, idle),
    ).pages[1];
  const turns = served('mq', 'bfq');
  assert.ok(turns >= 10 && turns <= 40, `${turns}`);
  // Four seconds of slices of 100 ms, in between which the reader has nothing waiting for a moment.
  assert.ok(served('2.6.34', 'cfq') <= 41);
});

test('a class or level that there is none of is a RangeError', () => {
  assert.throws(() => ioPriority(bestEffort, 8), RangeError);
  assert.throws(() => ioPriority(4 as IoClass), RangeError);
});
