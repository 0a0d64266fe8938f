/** bfq's parts by themselves: the fair order, bursts, the limit of injection, the peak rate. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Bursts } from '../../src/block/elevator/bfq/bursts.ts';
import { FairOrder } from '../../src/block/elevator/bfq/fair-order.ts';
import { Injection } from '../../src/block/elevator/bfq/injection.ts';
import { PeakRate } from '../../src/block/elevator/bfq/peak-rate.ts';
import { BfqQueue } from '../../src/block/elevator/bfq/queue.ts';
import { IoClass, ioPriority } from '../../src/block/io-priority.ts';
import { RequestTable } from '../../src/block/request.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { MS, SECOND } from '../../src/sim/units.ts';

const requests = new RequestTable();
const queueOf = (id: number): BfqQueue => new BfqQueue(id, true, requests, true);

test('each queue is served in proportion to its weight, to within two budgets of the largest', () => {
  const queue = fc.record({ level: fc.nat(7), budget: fc.integer({ min: 8, max: 4096 }) });
  fc.assert(
    fc.property(fc.array(queue, { minLength: 2, maxLength: 8 }), (specs) => {
      const order = new FairOrder(new EventQueue());
      const queues = specs.map(({ level, budget }, id) => {
        const one = queueOf(id);
        one.setPriority(ioPriority(IoClass.bestEffort, level));
        one.budget = budget;
        order.add(one, false);
        return one;
      });
      const served = specs.map(() => 0);
      const weights = queues.reduce((sum, { weight }) => sum + weight, 0);
      const largest = Math.max(...specs.map(({ budget }) => budget));
      let total = 0;
      for (let turn = 0; turn < 500; turn++) {
        const one = order.choose();
        assert.ok(one !== undefined);
        order.served(one, one.budget);
        served[one.id] += one.budget;
        total += one.budget;
        order.endTurn(one);
        one.served = 0;
        order.refile(one);
        for (const { id, weight } of queues) {
          const due = (total * weight) / weights;
          assert.ok(Math.abs(served[id] - due) <= 2 * largest, `${served[id]}, due ${due}`);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('eight queues that begin within 180 ms of each other are a large burst, seven are none', () => {
  const burst = (count: number, gapNs: number) => {
    const events = new EventQueue();
    const bursts = new Bursts(events);
    const queues = Array.from({ length: count }, (_, id) => queueOf(id));
    for (const [i, one] of queues.entries()) {
      events.advanceTo(SECOND + i * gapNs);
      bursts.began(one, 0);
    }
    return queues.filter(({ isInLargeBurst }) => isInLargeBurst).length;
  };
  assert.equal(burst(7, 10 * MS), 0);
  assert.equal(burst(8, 10 * MS), 8);
  assert.equal(burst(12, 10 * MS), 12);
  assert.equal(burst(12, 181 * MS), 0);
});

test('the limit of injection goes up while the first request takes no half as long again, else down', () => {
  const events = new EventQueue();
  const injection = new Injection(events, 8 * MS);
  const queue = queueOf(0);
  /** A first request comes in, is issued, and takes so long; with or without others before it. */
  const first = (tookNs: number, injected: number) => {
    events.advanceTo(events.nowNs + 20 * MS);
    if (injected > 0) injection.injected();
    injection.first(queue, queue, injected);
    injection.issued(7);
    events.advanceTo(events.nowNs + tookNs);
    injection.completed(7, queue, injected + 1, 8);
    return queue.injectLimit;
  };
  // The first of all only starts the clock.
  events.advanceTo(2 * SECOND);
  assert.equal(first(MS, 0), 0);
  assert.equal(first(MS, 0), 1);
  assert.equal(first(1.4 * MS, 1), 2);
  assert.equal(first(1.4 * MS, 2), 3);
  assert.equal(first(1.6 * MS, 3), 2);
});

test('the peak rate follows a sequential stream, and no slower random one', () => {
  const events = new EventQueue();
  const peak = new PeakRate(events, requests, true);
  const begin = peak.rate;
  const row = requests.take();
  const stream = (sectors: number, everyNs: number, step: number, count: number) => {
    for (let i = 0; i < count; i++) {
      events.advanceTo(events.nowNs + everyNs);
      requests.sector[row] = 1000 + i * step;
      requests.sectors[row] = sectors;
      peak.issued(row, 1);
      peak.done();
    }
  };
  stream(8, 4 * MS, 100_000, 1000);
  assert.equal(peak.rate, begin);
  // 200 MB/s for ten seconds.
  stream(1024, 2.6 * MS, 1024, 4000);
  assert.ok(Math.abs(peak.rate / (1024 / (2.6 * MS)) - 1) < 0.02, `${peak.rate}`);
});
