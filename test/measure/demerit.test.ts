/** The demerit figure against cases that can be worked out by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demerit, deviation, mean, percentile, sorted } from '../../src/measure/demerit.ts';

test('the demerit of a curve moved sideways is the move', () => {
  const measured = Float64Array.from([1, 2, 3, 4]);
  assert.equal(demerit(measured, measured), 0);
  assert.equal(demerit(measured, Float64Array.from([2, 3, 4, 5])), 1);
  assert.equal(demerit(measured, Float64Array.from([1, 2, 3, 6])), 1);
});

test('curves of different length are compared by quantile', () => {
  assert.equal(demerit(Float64Array.from([1, 1, 3, 3]), Float64Array.from([1, 3])), 0);
  assert.ok(Number.isNaN(demerit(new Float64Array(0), Float64Array.from([1]))));
});

test('mean, deviation, nearest-rank percentile', () => {
  const values = sorted(Float64Array.from([4, 2, 1, 3]));
  assert.deepEqual([...values], [1, 2, 3, 4]);
  assert.equal(mean(values), 2.5);
  assert.equal(deviation(values), Math.sqrt(1.25));
  assert.equal(percentile(values, 0.5), 2);
  assert.equal(percentile(values, 0.99), 4);
  assert.equal(percentile(values, 0), 1);
});
