import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileCalls, Program } from '../../../src/mm/file-calls.ts';
import { phasesOf, programSchema } from '../../../src/workload/program/registry.ts';
import { Scores } from '../../../src/workload/program/scores.ts';

/** Calls that take a second a write and note what was asked for. */
function notedCalls() {
  const written = new Map<number, number>();
  const names: string[] = [];
  let nowNs = 0;
  const calls = {
    open: (name: string) => names.push(name) - 1,
    *write(file: number, offset: number, bytes: number) {
      assert.equal(offset, written.get(file) ?? 0, 'written from beginning to end');
      written.set(file, offset + bytes);
      nowNs += 1e9;
      yield* [];
    },
    *close() {
      yield* [];
    },
    nowNs: () => nowNs,
  } as unknown as FileCalls;
  return { calls, written, names };
}

function runInTurn(program: Program, calls: FileCalls): void {
  for (const _ of program.run(calls)) assert.fail('these calls never sleep');
}

test('fs_mark: every loop makes its files anew, and scores files a second', () => {
  const scores = new Scores();
  const spec = programSchema.parse({
    kind: 'fsmark',
    threads: 2,
    files: 3,
    loops: 2,
    size: '40k',
    write: '16k',
  });
  const phases = phasesOf([spec], { folder: '.', seed: 1, memoryBytes: 1e9, scores });
  assert.deepEqual(
    phases.map((phase) => phase.length),
    [2, 2],
  );
  const { calls, written, names } = notedCalls();
  for (const phase of phases) for (const program of phase) runInTurn(program, calls);
  assert.equal(new Set(names).size, 12);
  assert.deepEqual([...written.values()], Array(12).fill(40960));
  // One after the other here, so the second thread's loop begins late: 3 files in 9 s each.
  const { n, max } = scores.toJSON()['fsmark.files_per_s'];
  assert.equal(n, 4);
  assert.ok(Math.abs(max - 6 / 9) < 1e-9);
});

test('a score keeps count, mean and extremes', () => {
  const scores = new Scores();
  for (const value of [3, 1, 5]) scores.add('x', value);
  assert.deepEqual(scores.toJSON(), { x: { n: 3, mean: 3, min: 1, max: 5 } });
});
