/** The elevators' own rules, seen in the order in which the drive gets its requests. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elevatorDefaults } from '../../src/block/elevator/registry.ts';
import { Op } from '../../src/device/device.ts';
import { InputError } from '../../src/sim/input-error.ts';
import { MS } from '../../src/sim/units.ts';
import { makeRig, type Rig } from './rig.ts';

/** A drive that is busy until told, with `pages` queued behind what it does. */
function busyRig(elevator: string, tunables: Record<string, number> = {}): Rig {
  const rig = makeRig({ isManual: true }, { elevator, tunables, nrRequests: 1000 });
  rig.write(1_000_000);
  rig.write(2_000_000); // Chosen next at once, and so out of the elevator.
  rig.queue.unplug();
  return rig;
}

function order(rig: Rig): number[] {
  while (rig.done.length < rig.queue.counters.bios) rig.device.finish(0);
  return rig.device.log.slice(2).map(({ sector }) => sector / 8);
}

test('noop: first in, first out', () => {
  const rig = busyRig('noop');
  for (const page of [50, 10, 90, 30]) rig.write(page);
  assert.deepEqual(order(rig), [50, 10, 90, 30]);
});

test('deadline: up in sectors from the oldest, then from the oldest again', () => {
  const rig = busyRig('deadline');
  for (const page of [50, 10, 90, 30]) rig.write(page);
  assert.deepEqual(order(rig), [50, 90, 10, 30]);
});

test('deadline: reads go first, and writes after being passed over twice', () => {
  const rig = busyRig('deadline', { fifo_batch: 1 });
  for (let i = 0; i < 4; i++) {
    rig.write(100 + 2 * i);
    rig.read(200 + 2 * i);
  }
  // A batch of one each: two reads, a write, two reads; then only writes are left.
  assert.deepEqual(order(rig), [200, 202, 100, 204, 206, 102, 104, 106]);
});

test('deadline: a batch of 16 is not broken by the other direction', () => {
  const rig = busyRig('deadline');
  for (let i = 0; i < 40; i++) rig.write(100 + 2 * i);
  rig.device.finish(0); // The first write of a batch is chosen before any read is there.
  rig.read(5000);
  const seen = order(rig);
  assert.equal(seen.indexOf(5000), 16);
});

test('deadline: an expired request starts the next batch', () => {
  const orderAfter = (waitNs: number) => {
    const rig = busyRig('deadline', { fifo_batch: 1 });
    for (const page of [500, 900, 700]) rig.read(page);
    rig.events.advanceTo(waitNs);
    return order(rig);
  };
  assert.deepEqual(orderAfter(500 * MS), [500, 700, 900]);
  assert.deepEqual(orderAfter(500 * MS + 1), [500, 900, 700]);
});

test('deadline: a request at the very sector of another sends that one out', () => {
  const rig = busyRig('deadline');
  rig.write(50);
  rig.write(40);
  rig.queue.submitBio(Op.write, 40 * 8, 16, 0, 1, 1);
  assert.deepEqual(order(rig), [40, 50, 40]);
});

test('deadline: defaults of the kernel', () => {
  assert.deepEqual(elevatorDefaults('deadline'), {
    read_expire: 500,
    write_expire: 5000,
    writes_starved: 2,
    front_merges: 1,
    fifo_batch: 16,
  });
});

test('names and values that do not exist are an error with the nearest that do', () => {
  const message = (options: object) => {
    try {
      makeRig({}, options);
    } catch (error) {
      assert.ok(error instanceof InputError);
      return error.message;
    }
    return '';
  };
  assert.match(message({ elevator: 'deadlin' }), /nearest: "deadline"/);
  assert.match(message({ generation: '2.6.35' }), /nearest: "2.6.34"/);
  assert.match(message({ tunables: { fifo_bach: 1 } }), /nearest: "fifo_batch"/);
  assert.match(message({ tunables: { fifo_batch: -1 } }), /fifo_batch: expected a whole number/);
  assert.match(message({ nrRequests: 3 }), /nr_requests: expected a whole number in 4/);
});
