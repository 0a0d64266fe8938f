/** Bad input: one line that names file, line, what was expected and the nearest name; exit code 2. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { disktime, ROOT } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'disktime-errors-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function fails(args: readonly string[], pattern: RegExp): void {
  const run = disktime(args);
  assert.equal(run.code, 2, run.stderr);
  assert.equal(run.stdout, '');
  assert.match(run.stderr, pattern);
  assert.equal(run.stderr.trim().split('\n').length, 1, run.stderr);
}

test('a drive that does not exist', () => {
  fails(
    ['compare', '-d', 'seagate-st32171'],
    /no drive is called "seagate-st32171"; nearest: "seagate-st32171w"/,
  );
});

test('an unknown way, scenario, scheduler or seed', () => {
  fails(['compare', '-w', 'arround'], /"arround".*nearest: "around"/);
  fails(['compare', '-s', 'S41'], /no scenario is called "S41"; nearest: "S1"/);
  fails(['compare', '--scheduler', 'dedline'], /"dedline"; nearest: "deadline"/);
  fails(['compare', '--seed', 'x'], /--seed: "x" is not a seed/);
});

test('a tunable that the scheduler does not have, and drives that cannot be put together', () => {
  const tune = (set: string) => ['compare', '-s', 'S14', '--elevator-set', set];
  fails(
    tune('fifo_bach=1'),
    /elevator deadline: unknown tunable "fifo_bach"; nearest: "fifo_batch"/,
  );
  fails(tune('fifo_batch'), /--elevator-set: "fifo_batch": expected NAME=VALUE/);
  fails(tune('fifo_batch=-1'), /fifo_batch: expected a whole number, got -1/);
  const on = (drives: string) => ['compare', '-s', 'S14', '-d', drives];
  fails(on('raid7:4xseagate-st32171w'), /no stack is called "raid7"; nearest: "raid0"/);
  fails(on('raid5:2xseagate-st32171w'), /raid5: expected 3 to 64 members, got 2/);
  fails(on('raid10:5xseagate-st32171w'), /raid10: expected an even number, 4 to 64 members, got 5/);
  fails(on('raid0:4xseagate-st3217'), /no drive is called "seagate-st3217"/);
  fails(on('raid0:4xseagate-st32171w:3k'), /raid0: chunk: expected a multiple of 4 KiB, got 3/);
});

test('an unknown key in a profile', () => {
  const profile = JSON.parse(
    readFileSync(join(ROOT, 'devices/hdd/seagate-st32171w.json'), 'utf8'),
  ) as Record<string, unknown>;
  const text = JSON.stringify({ ...profile, nam: 1 }, null, 2);
  const path = file('bad-key.json', text);
  const line = text.split('\n').findIndex((l) => l.includes('"nam"')) + 1;
  fails(['compare', '-d', path], new RegExp(`bad-key.json:${line}: .*"nam".*nearest: "name"`));
});

test('a misspelt key, an absurd size and points out of order', () => {
  const text = readFileSync(join(ROOT, 'devices/hdd/seagate-st32171w.json'), 'utf8');
  fails(
    ['compare', '-d', file('misspelt.json', text.replace('"rpm"', '"rmp"'))],
    /misspelt\.json:\d+: unknown key "mechanics\.rmp"; nearest: "rpm"/,
  );
  fails(
    [
      'compare',
      '-d',
      file('huge.json', text.replace(/"cylinders": \d+/, '"cylinders": 1000000000')),
    ],
    /huge\.json:\d+: mechanics\.cylinders: expected at most/,
  );
  const profile = JSON.parse(text) as { mechanics: { seek: unknown } };
  profile.mechanics.seek = {
    form: 'table',
    points: [
      [5, 1],
      [2, 3],
    ],
  };
  fails(
    ['compare', '-d', file('order.json', JSON.stringify(profile))],
    /order\.json:\d+: mechanics\.seek\.points: expected distances in ascending order/,
  );
});

test('a profile that is not JSON', () => {
  fails(['compare', '-d', file('broken.json', '{\n"kind": \n}')], /broken\.json:3: not valid JSON/);
});

test('an unknown fio option, and a size that is not a number', () => {
  fails(
    ['run', file('option.fio', '[job]\nrw=write\nsize=1m\nfsinc=4\n')],
    /option\.fio:4: .*fsinc.*nearest: "fsync"/,
  );
  fails(['run', file('size.fio', '[job]\nrw=write\nsize=big\n')], /size\.fio:3: .*size.*"big"/);
});

test('a truncated trace', () => {
  const whole = readFileSync(join(ROOT, 'bench/traces/sqlite-tar.strace.gz'));
  fails(['run', file('cut.gz', whole.subarray(0, whole.length >> 1))], /cut\.gz:\d+: .*breaks off/);
  const text = gunzipSync(whole).toString('utf8');
  const cut = text.slice(0, text.indexOf('\n', 100_000) - 20);
  fails(['run', file('cut.strace', gzipSync(cut))], /cut\.strace:\d+: /);
});

test('a file that is not there', () => {
  fails(['run', join(folder, 'nothing.fio')], /nothing\.fio: no such file/);
});
