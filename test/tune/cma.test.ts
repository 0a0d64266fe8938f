/** The search finds minima that are known, and finds them again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomStream } from '../../src/sim/random.ts';
import { Cma, eigen } from '../../src/tune/cma.ts';

/** A narrow, tilted valley with its bottom within the box. */
function valley(x: readonly number[]): number {
  return (x[0] + x[1] - 1.1) ** 2 * 1e4 + (x[0] - x[1] - 0.1) ** 2 + (x[2] - 0.3) ** 2;
}

function minimum(seed: number): number[] {
  const cma = new Cma([0.5, 0.5, 0.5], 0.2, new RandomStream(seed, 'test'));
  for (let i = 0; i < 150; i++) cma.tell(cma.ask().map(valley));
  return cma.bestPoint;
}

test('the bottom of a narrow valley is found', () => {
  const found = minimum(1);
  [0.6, 0.5, 0.3].forEach((x, i) => assert.ok(Math.abs(found[i] - x) < 1e-3, String(found)));
});

test('one seed gives one search', () => {
  assert.deepEqual(minimum(7), minimum(7));
});

test('a minimum on the border is found', () => {
  const cma = new Cma([0.5, 0.5], 0.2, new RandomStream(1, 'test'));
  for (let i = 0; i < 100; i++) cma.tell(cma.ask().map(([a, b]) => a + (b - 0.5) ** 2));
  assert.ok(cma.bestPoint[0] < 1e-3);
});

test('eigenvectors put the matrix together again', () => {
  const matrix = [
    [4, 1, 0.5],
    [1, 3, -0.2],
    [0.5, -0.2, 2],
  ];
  const { values, vectors } = eigen(matrix);
  matrix.forEach((row, i) =>
    row.forEach((value, j) => {
      const sum = values.reduce((s, v, k) => s + v * vectors[i][k] * vectors[j][k], 0);
      assert.ok(Math.abs(sum - value) < 1e-9);
    }),
  );
});
