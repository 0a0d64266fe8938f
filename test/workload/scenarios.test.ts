/** The shipped scenarios: all there, and what two of them show. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadProfile } from '../../src/device/registry.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { runScenario } from '../../src/workload/run-scenario.ts';
import {
  loadRaceScenario,
  loadScenario,
  type Scenario,
  shippedScenarios,
} from '../../src/workload/scenario.ts';

const run = (scenario: Scenario, way: string) =>
  runScenario(scenario, {
    profile: loadProfile('seagate-st32171w'),
    way: findWay(way),
    scheduler: 'deadline',
    generation: '2.6.34',
    seed: 1,
  });

test('S1 to S24 are there, by name', () => {
  const names = shippedScenarios();
  for (let i = 1; i <= 24; i++) {
    const name = `S${i}`;
    assert.ok(names.has(name), name);
    const scenario = loadRaceScenario(name) ?? loadScenario(name);
    assert.equal(scenario.name, name);
  }
});

test('a race is no load: it is run, not compared', () => {
  assert.deepEqual(loadRaceScenario('S20')?.races, ['S20']);
  assert.equal(loadRaceScenario('S14'), undefined);
  assert.throws(() => loadScenario('S19'), /S19 is a race.*run S19/);
});

test('S23: single pages in LRU order break a file up for good, the flusher leaves it whole', () => {
  const [single, flusher] = ['writepage', 'flusher'].map((way) => run(loadScenario('S23'), way));
  assert.ok(single.file_extents > 5000, `${single.file_extents} extents`);
  assert.ok(flusher.file_extents < 10, `${flusher.file_extents} extents`);
  const rate = 'read-back.mib_per_s';
  assert.ok(single.scores[rate].mean * 3 < flusher.scores[rate].mean);
});

test('S12, scaled down: in the order of dirtying high memory comes first, and lowmem waits', () => {
  const whole = loadScenario('S12');
  // 897 MiB of low memory are i386's own; 64 MiB of high memory in front of it.
  const scenario: Scenario = {
    ...whole,
    memory: 960 * 2 ** 20,
    cache: { files: [{ ...cachedFile, size: 924 * 2 ** 20 }], lru: 'in-order' },
    programs: [{ kind: 'allocate', size: 48 * 2 ** 20, order: 0, lowmem: true }],
  };
  const [around, dirtyOrder] = ['around', 'around-2002'].map((way) => run(scenario, way));
  assert.ok(
    dirtyOrder.stalled_ms > 1.5 * around.stalled_ms,
    `${dirtyOrder.stalled_ms} against ${around.stalled_ms} ms`,
  );
});

const cachedFile = { name: 'large', state: 'dirty', count: 1, dirty_every: 1 } as const;
