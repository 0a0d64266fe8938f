/** Tuning on simulated measurements of a hidden drive predicts what it does under other work. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { predict } from './hidden-drive.ts';

for (const seed of [1, 2]) {
  test(`hidden drive ${seed}: other work within 3 % of the mean`, async () => {
    const { tuned } = await predict(seed);
    assert.ok(tuned < 0.03, `${(100 * tuned).toFixed(2)} %`);
  });
}
