import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsettledNote } from '../../src/cli/unsettled.ts';

const settled = {
  writeAmplification: 20,
  writes: 1_000_000,
  windows: 7,
  isDoubling: true,
  isStable: false,
  drift: 0.01,
  driftMax: 0.03,
  error: 0.01,
  errorMax: 0.015,
};

test('a drive that still moves is given the time in which all its blocks are emptied', () => {
  const note = unsettledNote({ ...settled, drift: 0.056 }, 134_217_728);
  assert.match(note, /^its write amplification still moves: 5\.6 % .* below 3\.0 % is wanted\. /);
  // 134,217,728 / 20.
  assert.match(note, /about 6,710,886 random writes more \(1,000,000 were done\): .*--windows 10$/);
});

test('one that is not known well enough is given as many as its error asks for', () => {
  const note = unsettledNote({ ...settled, error: 0.03 }, 1000);
  assert.match(note, /^it is known to 3\.0 % only .* below 1\.5 % is wanted\. /);
  assert.match(note, /about 4,000,000 random writes more .*--windows 10$/);
  const alike = { ...settled, error: 0.03, windows: 64, isDoubling: false };
  assert.match(unsettledNote(alike, 1000), /--windows 320$/);
});

test('both are said', () => {
  const note = unsettledNote({ ...settled, drift: 0.5, error: 0.015 }, 1e9);
  assert.match(note, /still moves.*; it is known to 1\.5 % only.*about 50,000,000/);
});
