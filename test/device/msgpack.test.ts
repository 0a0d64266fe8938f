/** What is encoded in pieces is decoded in one: the same, and each column of its kind. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packInPieces, unpack } from '../../src/device/msgpack.ts';

function packed(value: unknown): { bytes: Buffer; largest: number } {
  const pieces: Buffer[] = [];
  packInPieces(value, (piece) => pieces.push(Buffer.from(piece)));
  return {
    bytes: Buffer.concat(pieces),
    largest: Math.max(...pieces.map((piece) => piece.length)),
  };
}

test('columns of every kind and length, within objects and lists', () => {
  const kinds = [Uint8Array, Uint16Array, Int32Array, Float64Array];
  const value = {
    name: 'drive',
    none: null,
    columns: [0, 1, 255, 256, 70_000].flatMap((length) =>
      kinds.map((kind) => new kind(length).map((_, i) => (i * 37) % 251)),
    ),
    rows: [{ at: [1, 2.5, -3], is: true }, []],
  };
  assert.deepEqual(unpack(packed(value).bytes), value);
});

test('a column that is a part of a larger one goes alone, and is not copied', () => {
  const whole = Int32Array.from({ length: 1000 }, (_, i) => i - 500);
  const part = whole.subarray(100, 900);
  const { bytes, largest } = packed({ part });
  assert.deepEqual(unpack(bytes), { part: part.slice() });
  assert.equal(largest, part.byteLength);
});
