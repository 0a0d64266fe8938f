/** What is written with its columns beside it is read again: the same, each column of its kind, when it is asked for. */

import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readColumns, writeColumns } from '../../src/device/column-file.ts';

function inFile(body: (path: string) => void) {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'disktime-'));
    try {
      body(join(folder, 'columns'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

function written(path: string, value: unknown): number {
  const file = openSync(path, 'w');
  const size = writeColumns(file, value);
  closeSync(file);
  return size;
}

const read = (path: string): unknown => readColumns(openSync(path, 'r'));

test(
  'columns of every kind and length, within objects and lists',
  inFile((path) => {
    const kinds = [Uint8Array, Uint16Array, Int32Array, Float64Array];
    const value = {
      name: 'drive',
      none: null,
      columns: [0, 1, 255, 256, 70_000].flatMap((length) =>
        kinds.map((kind) => new kind(length).map((_, i) => (i * 37) % 251)),
      ),
      rows: [{ at: [1, 2.5, -3], is: true }, []],
    };
    const size = written(path, value);
    assert.equal(size, readFileSync(path).length);
    const again = read(path);
    for (let n = 0; n < 2; n++) assert.deepEqual(structuredClone(again), value);
  }),
);

test(
  'columns are made one by one as they are written, and read when they are asked for',
  inFile((path) => {
    let made = 0;
    function* rows() {
      for (let n = 0; n < 3; n++) {
        made++;
        yield { n, column: Int32Array.of(n, -n) };
      }
    }
    const value = {
      rows: { [Symbol.iterator]: rows },
      left: undefined,
      get late() {
        return Uint8Array.of(7).subarray(0);
      },
    };
    written(path, value);
    assert.equal(made, 3);
    const again = read(path) as {
      rows: { n: number; column: Int32Array }[];
      late: Uint8Array;
    };
    assert.deepEqual(Object.keys(again), ['rows', 'late']);
    again.rows[1].column[0] = 99;
    assert.deepEqual(again.rows[1].column, Int32Array.of(1, -1), 'each time anew');
    assert.deepEqual(again.late, Uint8Array.of(7));
  }),
);

test(
  'a part of a larger column goes alone',
  inFile((path) => {
    const whole = Int32Array.from({ length: 1000 }, (_, i) => i - 500);
    const size = written(path, { part: whole.subarray(100, 110) });
    assert.ok(size < 200);
    assert.deepEqual(structuredClone(read(path)), { part: whole.slice(100, 110) });
  }),
);

test(
  'something else is no such file, and a damaged one is an error',
  inFile((path) => {
    writeFileSync(path, 'short');
    assert.equal(read(path), undefined);
    writeFileSync(path, 'x'.repeat(100));
    assert.equal(read(path), undefined);
    written(path, { column: new Int32Array(100) });
    const bytes = readFileSync(path);
    // Without its first bytes columns are not where they should be.
    writeFileSync(path, bytes.subarray(200));
    assert.throws(() => read(path), /damaged|MessagePack|Data read/);
    bytes.writeDoubleLE(1e9, bytes.length - 24);
    writeFileSync(path, bytes);
    assert.throws(() => read(path), /its end has been damaged/);
  }),
);
