/**
 * MQSim's results on its own parameters (`../shared/validation/mqsim`, taken at commit 7ec40e3),
 * held against ours under its rules; docs/VALIDATION-MQSIM.md says which they are.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { format } from 'prettier';
import { mqsimDocument, mqsimResult, runnable } from './mqsim-results.ts';
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
    const { iops, meanUs, rules, free, tolerance } = mqsimResult(name);
    const seen =
      `MQSim ${iops.toFixed(1)} IOPS ${meanUs} us; same rules ` +
      `${rules.iops.toFixed(1)} ${rules.meanUs.toFixed(1)}; free ${free.iops.toFixed(1)}`;
    t.diagnostic(seen);
    if (tolerance === undefined) return;
    assert.ok(Math.abs(rules.iops / iops - 1) <= tolerance, seen);
    assert.ok(Math.abs(rules.meanUs / meanUs - 1) <= tolerance, seen);
  });
}

test('docs/VALIDATION-MQSIM.md is what the models do now', needsData, async () => {
  const path = new URL('../../docs/VALIDATION-MQSIM.md', import.meta.url);
  const fresh = await format(mqsimDocument(), { parser: 'markdown' });
  assert.equal(readFileSync(path, 'utf8'), fresh, 'run npx tsx test/validation/mqsim-document.ts');
});
