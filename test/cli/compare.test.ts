/** The main job: what issue and README promise of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../../src/measure/run-result.ts';
import { disktime } from './cli.ts';

const JSON_RUN = ['compare', '--json', '-s', 'S14', 'S15'];
const first = disktime(JSON_RUN);

function runs(): RunResult[] {
  assert.equal(first.code, 0, first.stderr);
  return (JSON.parse(first.stdout) as { runs: RunResult[] }).runs;
}

function find(scenario: string, device: RegExp, way: string): RunResult {
  const found = runs().find(
    (run) => run.scenario === scenario && device.test(run.device) && run.way === way,
  );
  assert.ok(found !== undefined, `${scenario} ${way}`);
  return found;
}

test('two drives x five ways x the scenarios, every page count balanced', () => {
  assert.equal(runs().length, 2 * 5 * 2);
  for (const run of runs()) {
    assert.equal(
      run.pages_dirtied,
      run.pages_cleaned + run.pages_still_dirty + run.pages_truncated,
    );
    assert.equal(run.pages_still_dirty, 0);
    assert.equal(run.pages_written, run.pages_cleaned);
    assert.ok(run.durable_ms >= run.simulated_ms);
  }
});

test('S14, random LRU order: single pages take at least 5 times as long as write-around', () => {
  const single = find('S14', /seagate/, 'writepage');
  const around = find('S14', /seagate/, 'around');
  assert.ok(
    single.simulated_ms >= 5 * around.simulated_ms,
    `${single.simulated_ms} against ${around.simulated_ms} ms`,
  );
});

test('S15, contiguous tail: the same requests, 128 times as many bios', () => {
  for (const device of [/seagate/, /samsung/]) {
    const single = find('S15', device, 'writepage');
    const range = find('S15', device, 'range');
    assert.ok(
      Math.abs(single.requests / range.requests - 1) <= 0.05,
      `${device}: ${single.requests} against ${range.requests} requests`,
    );
    assert.equal(single.bios / range.bios, 128);
  }
});

test('S15 on flash under 2.6.34, which does not plug it: single pages arrive almost unmerged', () => {
  const run = disktime(
    'compare --json -s S15 -d samsung-970pro --block-layer 2.6.34 -w writepage'.split(' '),
  );
  const [single] = (JSON.parse(run.stdout) as { runs: RunResult[] }).runs;
  assert.ok(single.requests > 0.8 * single.bios);
});

test('same seed, same bytes; another seed, others', () => {
  const again = disktime(JSON_RUN);
  assert.equal(again.stdout, first.stdout);
  const other = disktime([...JSON_RUN, '--seed', '2']);
  assert.notEqual(other.stdout, first.stdout);
});

test('the same bytes without a JIT', () => {
  const args = ['compare', '--json', '-s', 'S15', '-w', 'writepage', 'around'];
  const jitless = disktime(args, ['--jitless']);
  assert.equal(jitless.code, 0, jitless.stderr);
  assert.equal(jitless.stdout, disktime(args).stdout);
});

test('the table names every way and ends in a sentence', () => {
  const run = disktime(['compare', '-s', 'S15', '-d', 'samsung-970pro']);
  assert.equal(run.code, 0, run.stderr);
  for (const word of ['writepage', 'range', 'around', 'flusher', 'none', 'all clean ms']) {
    assert.ok(run.stdout.includes(word), word);
  }
  assert.match(run.stdout, /On samsung-970pro .*all clean after /);
});

test('several drives put together, and a tunable of their scheduler', () => {
  const drives = 'raid0:4xseagate-st32171w:64k';
  const runs14 = ['compare', '-s', 'S14', '-w', 'range', '--json', '-d', drives];
  const { stdout, code, stderr } = disktime([...runs14, '--elevator-set', 'fifo_batch=8']);
  assert.equal(code, 0, stderr);
  const { runs } = JSON.parse(stdout) as { runs: { device: string; requests: number }[] };
  assert.equal(runs[0].device, drives);
  assert.ok(runs[0].requests >= 48);
});
