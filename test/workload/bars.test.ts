/** Bars of the scenarios that need one run a way: what a published observation says of a way out. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockGenerationOf } from '../../src/mm/kernel.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { runColumn } from '../../src/workload/published/job.ts';
import { kernelFor, loadScenario } from '../../src/workload/scenario.ts';

/** S13 with fewer files; on the block layer of its kernel. */
function collapse(wayName: string, loops: number) {
  const scenario = loadScenario('S13');
  const [program] = scenario.programs;
  const generation = blockGenerationOf(kernelFor(scenario, findWay(wayName).kernel) ?? 0);
  return runColumn(
    {
      scenario: { ...scenario, programs: [{ ...program, loops } as typeof program] },
      device: 'generic-500gb-7200',
      generation,
      scheduler: generation === 'mq' ? 'mq-deadline' : 'deadline',
      way: wayName,
      seed: 1,
    },
    () => {},
  ).reclaim;
}

test('S13: completions are of single pages where kswapd writes, and not where it does not', () => {
  const before = collapse('linux-2.6.34', 4);
  assert.ok(
    before.size_updates_single_percent > 75,
    `${before.size_updates_single_percent.toFixed(1)} % of ${before.size_updates}`,
  );
  for (const way of ['linux-3.2', 'linux-4.11']) {
    const after = collapse(way, 4);
    assert.ok(
      after.size_updates_single_percent < 5,
      `${way}: ${after.size_updates_single_percent}`,
    );
  }
});
