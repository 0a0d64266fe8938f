/** Golden values of WRITEOUT.md section 9 and of the kernels' formulas: write-back and throttling. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockGroups } from '../../src/fs/block-groups.ts';
import { Layout } from '../../src/fs/layout.ts';
import { Bandwidth } from '../../src/mm/bandwidth.ts';
import { Mapping } from '../../src/mm/mapping.ts';
import { GlobalProportion, Proportion } from '../../src/mm/proportions.ts';
import { maxPauseNs, pollInterval, positionRatio } from '../../src/mm/throttle/pauses.ts';
import { MS, SECOND } from '../../src/sim/units.ts';

test('position ratio: twice the rate at the free run, the rate at the setpoint, none at the limit', () => {
  const at = (dirty: number, bdiDirty = dirty) =>
    positionRatio({
      thresh: 20_000,
      background: 10_000,
      dirty,
      limit: 20_000,
      bdiThresh: 20_000,
      bdiDirty,
      bandwidth: 25_600,
    });
  assert.equal(at(20_000), 0);
  assert.ok(Math.abs(at(17_500) - 1) < 0.01, `${at(17_500)}`);
  assert.ok(at(15_000) > 1.9, `${at(15_000)}`);
  assert.ok(at(16_000) > at(17_000) && at(17_000) > at(19_000));
});

test('pauses: 200 ms at most, less the less a disk has in flight', () => {
  assert.equal(maxPauseNs(1_000_000, 25_600), 200 * MS);
  assert.equal(maxPauseNs(0, 25_600), 1 * MS);
  assert.equal(maxPauseNs(2010, 25_600), 11 * MS);
  assert.equal(pollInterval(0, 4096), 64);
  assert.equal(pollInterval(5000, 4096), 1);
});

test('the bandwidth estimate goes to what a disk writes', () => {
  const bandwidth = new Bandwidth();
  let written = 0;
  for (let nowNs = 0; nowNs < 60 * SECOND; nowNs += 200 * MS) {
    written += 500;
    bandwidth.updateWrite(written, 200 * MS);
    bandwidth.stamp(nowNs, written, 0);
  }
  assert.ok(Math.abs(bandwidth.write / 2500 - 1) < 0.02, `${bandwidth.write}`);
  assert.ok(Math.abs(bandwidth.average / 2500 - 1) < 0.05, `${bandwidth.average}`);
});

test('a slow disk and a fast one share the limit as they complete', () => {
  for (const global of [new GlobalProportion(12), new GlobalProportion(0, 3 * SECOND)]) {
    const slow = new Proportion();
    const fast = new Proportion();
    for (let i = 0; i < 100_000; i++) {
      (i % 10 === 0 ? slow : fast).add(global, i * MS);
    }
    const now = 100_000 * MS;
    assert.ok(Math.abs(slow.share(global, now) - 0.1) < 0.02, `${slow.share(global, now)}`);
    assert.ok(Math.abs(fast.share(global, now) - 0.9) < 0.04, `${fast.share(global, now)}`);
  }
});

test('what is tagged for a sync is what was dirty when it began', () => {
  const mapping = new Mapping();
  for (let index = 0; index < 3000; index += 3) {
    mapping.insert(index, index);
    mapping.tagDirty(index);
  }
  mapping.tagToWrite(300, 2400);
  mapping.insert(301, 301);
  mapping.tagDirty(301);
  const seen: number[] = [];
  for (let i = mapping.nextToWrite(0); i >= 0; i = mapping.nextToWrite(i + 1)) seen.push(i);
  assert.equal(seen.length, 701);
  assert.equal(seen[0], 300);
  assert.equal(seen.at(-1), 2400);
  mapping.untagDirty(300);
  assert.equal(mapping.nextToWrite(0), 303);
});

test('blocks are taken once and given back once', () => {
  const groups = new BlockGroups(100_000, () => 500);
  groups.take(0, 100);
  assert.deepEqual([groups.foundBlock, groups.foundBlocks], [500, 100]);
  groups.take(550, 10);
  assert.deepEqual([groups.foundBlock, groups.foundBlocks], [600, 10]);
  groups.release(500, 50);
  groups.takeWhole(500, 200);
  assert.deepEqual([groups.foundBlock, groups.foundBlocks], [610, 200]);
  assert.throws(() => groups.release(520, 1), /free twice/);
  assert.ok(groups.isFree(500) && !groups.isFree(499) && !groups.isFree(700));
});

test('a layout maps pages in any order, joins what continues, unmaps from the middle', () => {
  const layout = new Layout();
  layout.map(10, 110, 5);
  layout.map(0, 100, 5);
  layout.map(5, 105, 5);
  assert.equal(layout.extents, 1);
  const freed: number[][] = [];
  layout.unmap(3, 4, (block, pages) => freed.push([block, pages]));
  assert.deepEqual(freed, [[103, 4]]);
  assert.equal(layout.extents, 2);
  assert.deepEqual(
    [2, 3, 6, 7].map((page) => layout.blockOf(page)),
    [102, -1, -1, 107],
  );
  assert.equal(layout.mappedPages, 11);
  assert.equal(layout.holeFrom(3, 100), 4);
});
