/** Merging by the rules of 2.6.34: where a merge is looked for, and what a request may grow to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BioFlag } from '../../src/block/bio.ts';
import { Op } from '../../src/device/device.ts';
import { makeRig } from './rig.ts';

test('bios in order become requests of 512 KiB, 128 pages each', () => {
  const rig = makeRig();
  for (let page = 0; page < 300; page++) rig.write(page);
  rig.drain();
  assert.deepEqual(rig.pagesIssued(), [
    [0, 128],
    [128, 128],
    [256, 44],
  ]);
  assert.equal(rig.done.length, 300);
  const { counters } = rig.queue;
  assert.equal(counters.backMerges, 297);
  assert.equal(counters.requests, 3);
  assert.equal(counters.bios, 300);
  assert.deepEqual([...counters.ios], [0, 3, 0, 0]);
  assert.deepEqual([...counters.merges], [0, 297, 0, 0]);
  assert.deepEqual([...counters.sectors], [0, 2400, 0, 0]);
});

test('segments limit a request as sectors do: a sector a bio is a page of memory each', () => {
  const rig = makeRig();
  for (let i = 0; i < 129; i++) rig.queue.submitBio(Op.write, i, 1, 0, 1, i);
  rig.drain();
  assert.deepEqual(
    rig.device.log.map(({ sectors }) => sectors),
    [128, 1],
  );
});

test('deadline merges before a request, noop only behind one or before the last', () => {
  for (const [elevator, front] of [
    ['deadline', 2],
    ['noop', 1],
  ] as const) {
    const rig = makeRig({}, { elevator });
    rig.write(100);
    rig.write(200);
    // 100 is still the last request added or merged into, so 99 is a one-hit for both.
    rig.write(99);
    rig.write(199);
    assert.equal(rig.queue.counters.frontMerges, front, elevator);
    rig.drain();
    assert.equal(rig.done.length, 4);
  }
});

test('deadline with front_merges 0 looks for none', () => {
  const rig = makeRig({}, { elevator: 'deadline', tunables: { front_merges: 0 } });
  rig.write(100);
  rig.write(200);
  rig.write(199);
  assert.equal(rig.queue.counters.frontMerges, 0);
});

test('a bio that fills a gap joins both neighbours into one request', () => {
  for (const elevator of ['deadline', 'noop']) {
    const rig = makeRig({}, { elevator });
    rig.write(10);
    rig.write(12);
    rig.write(11);
    assert.equal(rig.queue.counters.joins, 1, elevator);
    assert.equal(rig.queue.counters.inFlight, 1, elevator);
    rig.drain();
    assert.deepEqual(rig.pagesIssued(), [[10, 3]], elevator);
    assert.deepEqual(
      rig.done.map(({ cookie }) => cookie),
      [10, 11, 12],
    );
  }
});

test('a request that met its limit once is closed, even to a bio that would fit', () => {
  const rig = makeRig({}, { maxSectorsKb: 16 });
  rig.write(0);
  rig.write(1);
  rig.write(2);
  rig.queue.submitBio(Op.write, 24, 16, 0, 1, 3); // Too long by a page: closes the request.
  rig.queue.submitBio(Op.write, 24, 8, 0, 1, 4); // Would fit behind the first.
  assert.equal(rig.queue.counters.requests, 3);
});

test('reads and writes, discards and writes, and bios that ask not to do not merge', () => {
  const rig = makeRig();
  rig.write(0);
  rig.read(1);
  rig.queue.submitBio(Op.discard, 16, 8, 0, 1, 2);
  assert.equal(rig.queue.counters.requests, 3);
  const other = makeRig();
  other.write(0);
  other.write(1, BioFlag.noMerge);
  other.write(2);
  other.write(3);
  assert.equal(other.queue.counters.requests, 3);
});

test('discards merge with discards, and are not bound by segments', () => {
  const rig = makeRig({}, { maxSegments: 2 });
  for (let page = 0; page < 5; page++) {
    rig.queue.submitBio(Op.discard, page * 8, 8, 0, 1, page);
  }
  rig.drain();
  assert.deepEqual(rig.pagesIssued(), [[0, 5]]);
});

test('nothing merges into what is with the drive, nor into the one chosen to be next', () => {
  const rig = makeRig({ isManual: true });
  rig.write(0);
  rig.write(10);
  rig.write(20);
  rig.queue.unplug();
  // 0 is with the drive, 10 is chosen, 20 is in the elevator.
  rig.write(1);
  rig.write(11);
  rig.write(21);
  assert.deepEqual(rig.pagesIssued(), [[0, 1]]);
  assert.equal(rig.queue.counters.backMerges, 1);
  assert.equal(rig.queue.counters.requests, 5);
});

test('nomerges 1 tries the last request only, 2 none', () => {
  const merges = (nomerges: number) => {
    const rig = makeRig({}, { nomerges });
    rig.write(0);
    rig.write(100);
    rig.write(1);
    rig.write(101);
    return rig.queue.counters.backMerges;
  };
  assert.deepEqual([merges(0), merges(1), merges(2)], [2, 1, 0]);
});
