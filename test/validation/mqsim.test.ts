/**
 * MQSim's results on its own parameters (`../shared/validation/mqsim`, taken at commit 7ec40e3),
 * held against ours under its rules; docs/VALIDATION-MQSIM.md says which they are.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { format } from 'prettier';
import { mqsimCases } from './mqsim-case.ts';
import { mqsimDocument, mqsimResult, runnable } from './mqsim-results.ts';
import { assumedBlocks, choicesOf, heldShare } from './mqsim-start.ts';
import { needsData } from './shared.ts';

if (runnable.length === 0) test("MQSim's cases", needsData, () => {});

// Total simulated ns of 10,000 requests, from its README.
for (const [name, ns] of [
  ['unit_read4k_qd1', 88_906],
  ['unit_read8k_qd1', 102_442],
  ['unit_write4k_qd1', 763_965],
  ['unit_write8k_qd1', 777_501],
] as const) {
  test(`MQSim ${name}: ${ns} ns a request`, needsData, () => {
    const { rules, free } = mqsimResult(name);
    assert.ok(Math.abs(rules.meanUs * 1000 - ns) < 2, String(rules.meanUs));
    assert.ok(Math.abs(free.meanUs * 1000 - ns) < 2, String(free.meanUs));
  });
}

for (const name of runnable) {
  test(`MQSim ${name}, under its rules`, needsData, (t) => {
    const { iops, meanUs, rules, free, tolerance, meanTolerance } = mqsimResult(name);
    const seen =
      `MQSim ${iops.toFixed(1)} IOPS ${meanUs} us; same rules ` +
      `${rules.iops.toFixed(1)} ${rules.meanUs.toFixed(1)}; free ${free.iops.toFixed(1)}`;
    t.diagnostic(seen);
    assert.ok(Math.abs(rules.iops / iops - 1) <= (tolerance ?? Infinity), seen);
    assert.ok(Math.abs(rules.meanUs / meanUs - 1) <= (meanTolerance ?? Infinity), seen);
  });
}

test(
  'what its preconditioner assumes of the emptiest blocks is what its collection then moves',
  needsData,
  () => {
    // By plane: its pages, its collections in the run; of greedy runs that overwrite a few per cent.
    const cases = [
      { name: 'pc_1x1x2x2_randwrite8k_qd16_occ90_ideal_nocache_greedy', lanes: 4 },
      { name: 'pc_1x1x2x2_randwrite8k_qd16_occ90_ideal_nocache_greedy_op28', lanes: 4 },
    ];
    for (const { name, lanes } of cases) {
      const { ssdconfig, workload, result } = mqsimCases[name];
      const occupancy = Number(workload.Initial_Occupancy_Percentage) / 100;
      const overProvisioning = Number(ssdconfig.Overprovisioning_Ratio);
      const pages = Math.round(2048 * 256 * (1 - overProvisioning) * heldShare(occupancy));
      const valid = assumedBlocks(
        {
          occupancy,
          overProvisioning,
          blocks: 2048,
          softFree: 102,
          pagesPerBlock: 256,
          choices: choicesOf('GREEDY', 2048),
        },
        pages,
      );
      assert.equal(
        valid.reduce((sum, count) => sum + count, 0),
        pages,
      );
      const collections = Math.round(result.ftl!.Total_GC_Executions / lanes);
      const taken =
        valid.slice(0, collections).reduce((sum, count) => sum + count, 0) / collections;
      const moved = result.ftl!.Average_Page_Movement_For_GC;
      // A per cent or two of them are overwritten before they are moved.
      assert.ok(taken > moved && taken < 1.02 * moved, `${taken} assumed, ${moved} moved`);
    }
  },
);

test('docs/VALIDATION-MQSIM.md is what the models do now', needsData, async () => {
  const path = new URL('../../docs/VALIDATION-MQSIM.md', import.meta.url);
  const fresh = await format(mqsimDocument(), { parser: 'markdown' });
  assert.equal(readFileSync(path, 'utf8'), fresh, 'run npx tsx test/validation/mqsim-document.ts');
});
