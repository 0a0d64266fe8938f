/** Which requests the disk saw: the main job's figures follow from these, and not from a formula. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockObserver } from '../../src/block/observer.ts';
import { Op } from '../../src/device/device.ts';
import { loadProfile } from '../../src/device/registry.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { runScenario } from '../../src/workload/run-scenario.ts';
import { loadScenario } from '../../src/workload/scenario.ts';

/** [sector, sectors] of every write the drive was given, in order. */
function writesOf(scenario: string, way: string): [number, number][] {
  const seen: [number, number][] = [];
  const observer: BlockObserver = {
    queued() {},
    merged() {},
    joined() {},
    slept() {},
    allocated() {},
    inserted() {},
    plugged() {},
    unplugged() {},
    completed() {},
    issued(_timeNs, _request, _tag, op, sector, sectors) {
      if (op === Op.write) seen.push([sector, sectors]);
    },
  };
  runScenario(loadScenario(scenario), {
    profile: loadProfile('seagate-st32171w'),
    way: findWay(way),
    generation: '2.6.34',
    scheduler: 'deadline',
    seed: 1,
    observer,
  });
  return seen;
}

const sorted = (writes: readonly [number, number][]) =>
  [...writes].sort(([a], [b]) => a - b).map(([sector, sectors]) => `${sector}+${sectors}`);

const PAGES = 6144;

/** Every sector of the file was written exactly once. */
function coversTheFile(writes: readonly [number, number][]): void {
  const inOrder = [...writes].sort(([a], [b]) => a - b);
  for (let i = 1; i < inOrder.length; i++) {
    assert.equal(inOrder[i][0], inOrder[i - 1][0] + inOrder[i - 1][1]);
  }
  assert.equal(
    inOrder.reduce((sum, [, sectors]) => sum + sectors, 0),
    PAGES * 8,
  );
}

test('S15: single pages are merged into the very requests that ranges make', () => {
  const single = writesOf('S15', 'writepage');
  const range = writesOf('S15', 'range');
  coversTheFile(single);
  assert.deepEqual(sorted(single), sorted(range));
  assert.ok(
    range.every(([, sectors]) => sectors === 1024),
    '512 KiB each',
  );
});

test('S14: single pages reach the disk one by one and out of order, clusters of 32 do not', () => {
  const single = writesOf('S14', 'writepage');
  const around = writesOf('S14', 'around');
  coversTheFile(single);
  coversTheFile(around);
  const small = single.filter(([, sectors]) => sectors === 8).length;
  assert.ok(small / single.length > 0.9, `${small} of ${single.length} are single pages`);
  assert.ok(single.length > PAGES * 0.8);
  assert.ok(around.length < PAGES / 20);
  let jumps = 0;
  for (let i = 1; i < single.length; i++) {
    if (single[i][0] !== single[i - 1][0] + single[i - 1][1]) jumps++;
  }
  assert.ok(jumps > PAGES * 0.8, `${jumps} jumps`);
});
