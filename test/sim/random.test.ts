import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RandomStream } from '../../src/sim/random.ts';

test('xoshiro128** gives the published generator its first numbers', () => {
  // State 1, 2, 3, 4: the first outputs of the authors' reference implementation.
  const stream = new RandomStream(0, '');
  stream.load([1, 2, 3, 4]);
  const first = Array.from({ length: 4 }, () => stream.nextU32());
  assert.deepEqual(first, [11520, 0, 5927040, 70819200]);
});

test('a stream depends on its seed and its name only', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), (seed, name) => {
      const one = new RandomStream(seed, name);
      const two = new RandomStream(seed, name);
      assert.equal(one.nextU32(), two.nextU32());
      assert.notDeepEqual(
        new RandomStream(seed, name).save(),
        new RandomStream(seed, `${name}x`).save(),
      );
    }),
  );
});

test('below(n) stays below n and shuffle keeps every item', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 33 }), fc.nat(), (n, seed) => {
      const value = new RandomStream(seed, 'below').below(n);
      assert.ok(Number.isInteger(value) && value >= 0 && value < n);
    }),
  );
  const items = Int32Array.from({ length: 100 }, (_, i) => i);
  new RandomStream(1, 'shuffle').shuffle(items);
  assert.notDeepEqual(
    [...items],
    [...items].sort((a, b) => a - b),
  );
  assert.deepEqual(
    [...items].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});
