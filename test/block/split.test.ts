/** Bios larger than a request may be, under blk-mq. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Admission, BioFlag } from '../../src/block/bio.ts';
import { findGeneration } from '../../src/block/generation.ts';
import { Op, Status } from '../../src/device/device.ts';
import { US } from '../../src/sim/units.ts';
import { makeRig } from './rig.ts';

const MQ = { generation: 'mq', elevator: 'none' } as const;

test('a bio of three requests goes out in three and comes back once', () => {
  const rig = makeRig({ queueDepth: 8 }, { ...MQ, maxSectorsKb: 64 });
  rig.queue.submitBio(Op.write, 80, 2 * 128 + 40, BioFlag.sync, 1, 77);
  assert.equal(rig.queue.outstandingBios, 1);
  rig.drain();
  assert.deepEqual(
    rig.device.log.map(({ sector, sectors }) => [sector, sectors]),
    [
      [80, 128],
      [208, 128],
      [336, 40],
    ],
  );
  assert.deepEqual(
    rig.done.map(({ cookie, status }) => [cookie, status]),
    [[77, Status.ok]],
  );
  assert.equal(rig.queue.outstandingBios, 0);
});

test('segments bound a part as well: 128 pages by default', () => {
  const rig = makeRig({ queueDepth: 8 }, MQ);
  rig.queue.submitBio(Op.write, 0, 2048, BioFlag.sync, 1, 1);
  rig.drain();
  assert.deepEqual(
    rig.device.log.map(({ sectors }) => sectors),
    [1024, 1024],
  );
});

test('who sleeps for several parts is woken once, when all have their request', () => {
  const rig = makeRig({ queueDepth: 1, latencyNs: () => 10 * US }, { ...MQ, maxSectorsKb: 64 });
  const admission = rig.queue.submitBio(Op.read, 0, 4 * 128, 0, 1, 5);
  assert.equal(admission, Admission.sleeping);
  rig.drain();
  assert.deepEqual(rig.admitted, [5]);
  assert.equal(rig.done.length, 1);
});

test('one failed part fails the bio, once', () => {
  const rig = makeRig({ queueDepth: 8, isManual: true }, { ...MQ, maxSectorsKb: 64 });
  rig.queue.submitBio(Op.read, 0, 3 * 128, 0, 1, 5);
  const tags = rig.device.log.map(({ tag }) => tag);
  rig.device.finish(tags[1], Status.outOfRange);
  rig.device.finish(tags[0]);
  assert.equal(rig.done.length, 0);
  rig.device.finish(tags[2]);
  assert.deepEqual(
    rig.done.map(({ status }) => status),
    [Status.outOfRange],
  );
});

test('a bio beyond the end is turned away whole', () => {
  const rig = makeRig({ queueDepth: 8, capacitySectors: 1024 }, { ...MQ, maxSectorsKb: 64 });
  rig.queue.submitBio(Op.read, 900, 300, 0, 1, 5);
  rig.drain();
  assert.equal(rig.device.log.length, 0);
  assert.deepEqual(
    rig.done.map(({ status }) => status),
    [Status.outOfRange],
  );
});

test('of any sizes and elevators: each bio done once, all sectors moved, no request too large', () => {
  const bios = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(bios, fc.nat(3), fc.constantFrom(1, 4), (pages, elevatorIndex, queueDepth) => {
      const elevator = findGeneration('mq').elevators[elevatorIndex];
      const rig = makeRig(
        { queueDepth, latencyNs: (_op, sector) => (20 + (sector % 31)) * US },
        { generation: 'mq', elevator, maxSectorsKb: 64 },
      );
      pages.forEach((n, cookie) => {
        const op = cookie % 3 === 0 ? Op.read : Op.write;
        rig.queue.submitBio(op, cookie * 1000 * 8, n * 8, 0, cookie % 4, cookie);
      });
      rig.drain();
      assert.deepEqual(
        rig.done.map(({ cookie }) => cookie).sort((a, b) => a - b),
        pages.map((_, i) => i),
      );
      const moved = rig.device.log.reduce((sum, { sectors }) => sum + sectors, 0);
      assert.equal(moved, 8 * pages.reduce((a, b) => a + b, 0));
      assert.ok(rig.device.log.every(({ sectors }) => sectors <= 128));
      assert.equal(rig.queue.outstandingBios, 0);
    }),
    { numRuns: 60 },
  );
});
