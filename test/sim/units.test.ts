import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, nearest } from '../../src/sim/input-error.ts';
import { parseSize, parseTime } from '../../src/sim/units.ts';

test('sizes are read as fio reads them', () => {
  for (const [text, bytes] of [
    ['4096', 4096],
    ['4k', 4096],
    ['4K', 4096],
    ['4KiB', 4096],
    ['4kb', 4096],
    ['1.5m', 1572864],
    ['2g', 2147483648],
    ['1t', 1099511627776],
  ] as const) {
    assert.equal(parseSize(text, 'bs'), bytes);
  }
  for (const text of ['', 'abc', '4x', '-1', '0.3', '1e9', '4 k k']) {
    assert.throws(
      () => parseSize(text, 'bs', { file: 'a.fio', line: 3 }),
      (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, /^a\.fio:3: bs: /);
        return true;
      },
    );
  }
});

test('times are read with their units', () => {
  assert.equal(parseTime('8.5ms', 't'), 8_500_000);
  assert.equal(parseTime('100us', 't'), 100_000);
  assert.equal(parseTime('30', 't'), 30_000_000_000);
  assert.equal(parseTime('500', 't', 'us'), 500_000);
  assert.throws(() => parseTime('soon', 't'), InputError);
});

test('the nearest name is the one most alike', () => {
  assert.equal(nearest('randwrit', ['read', 'write', 'randread', 'randwrite']), 'randwrite');
  assert.equal(nearest('x', []), undefined);
});
