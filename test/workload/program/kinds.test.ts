import assert from 'node:assert/strict';
import { test } from 'node:test';
import { phasesOf, programSchema } from '../../../src/workload/program/registry.ts';
import { Scores } from '../../../src/workload/program/scores.ts';
import { RecordingCalls } from '../recording-calls.ts';

/** Runs every phase of an entry, its programs by turns, and says what they asked for. */
function run(entry: object, memoryBytes = 64 << 20) {
  const scores = new Scores();
  const context = { folder: '.', seed: 1, memoryBytes, scores };
  const calls = new RecordingCalls();
  const phases = phasesOf([programSchema.parse(entry)], context);
  for (const phase of phases) {
    let bodies = phase.map((program) => program.run(calls));
    while (bodies.length > 0) bodies = bodies.filter((body) => body.next().done !== true);
  }
  const count = (start: string) => calls.log.filter((line) => line.startsWith(start)).length;
  return { scores: scores.toJSON(), log: calls.log, count, phases };
}

test('anon writes every page of its region once a round', () => {
  const { log, count } = run({ kind: 'anon', threads: 1, size: '16k', rounds: 2 });
  assert.equal(count('touchAnon'), 8);
  assert.deepEqual(log.slice(0, 3), [
    'mapAnon 16384',
    'touchAnon 0 0 4096 write',
    'touchAnon 0 4096 4096 write',
  ]);
  assert.equal(log.at(-1), 'unmapAnon 0');
});

test('huge-pages asks for all of memory, block by block, and scores what it got', () => {
  const { scores, count } = run({ kind: 'huge-pages', order: 9 });
  assert.equal(count('tryAllocate 9'), 32);
  assert.equal(scores['huge-pages.success_percent'].mean, 100);
});

test('compile makes each object once, whoever does it, and links them at the end', () => {
  const { scores, log, count } = run({ kind: 'compile', threads: 3, objects: 7, cpu_ms: 1 });
  for (let n = 0; n < 7; n++) assert.equal(count(`write compile.0/object.${n} `), 1);
  assert.equal(count('write compile.0/image'), 1);
  assert.equal(count('mapAnon'), count('unmapAnon'));
  const image = log.findIndex((line) => line.startsWith('write compile.0/image'));
  const last = log.findLastIndex((line) => line.startsWith('write compile.0/object'));
  assert.ok(image > last);
  assert.equal(scores['compile.build_s'].n, 1);
});

test('oltp commits each transaction with an append to the log and its fsync', () => {
  const { scores, log, count, phases } = run({
    kind: 'oltp',
    database: '1m',
    transactions: 5,
    threads: [1, 2],
  });
  // The table is filled and synced first; then a checkpointer beside the clients.
  assert.deepEqual(
    phases.map((phase) => phase.length),
    [1, 2, 3],
  );
  assert.equal(count('fsync oltp/table'), 1);
  assert.equal(count('write oltp/log'), 10);
  assert.equal(count('fsync oltp/log'), 10);
  assert.equal(count('read oltp/table'), 140);
  const logWrites = log.filter((line) => line.startsWith('write oltp/log'));
  assert.equal(new Set(logWrites.slice(0, 5)).size, 5, 'appended, not overwritten');
  assert.equal(scores['oltp.transactions_per_s'].n, 2);
});

test('mmap-stream stores each page once, then again by turns with memory of its own', () => {
  const { log, count } = run({
    kind: 'mmap-stream',
    threads: 2,
    file: '64k',
    mix: '32k',
    anon: '16k',
  });
  assert.equal(count('touch mmap-stream.0'), 8 + 4);
  assert.equal(count('touchAnon'), 8);
  assert.ok(
    log.findIndex((l) => l.startsWith('touchAnon')) > log.indexOf('touch mmap-stream.0 28672 4096'),
  );
});
