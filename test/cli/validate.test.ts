/** `disktime import disksim` and `disktime validate`, as a person runs them. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { disktime } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'disktime-validate-'));
const trace = join(folder, 'small.trace');
writeFileSync(
  trace,
  'R Miss 1000 4 9000.0 20000.0\nR Hit 1004 4 900.0 20000.0\nW Hit 8 8 1500 0\n',
);

test('--json has the published shape, --svg draws', () => {
  const svg = join(folder, 'plot.svg');
  const run = disktime(['validate', trace, '-d', 'seagate-st32171w', '--json', '--svg', svg]);
  assert.equal(run.code, 0, run.stderr);
  const result = JSON.parse(run.stdout) as Record<string, Record<string, number>>;
  assert.deepEqual(Object.keys(result), [
    'device',
    'requests',
    'measured',
    'simulated',
    'demerit_ms',
    'demerit_share',
  ]);
  assert.deepEqual(Object.keys(result.simulated), ['mean_ms', 'p50_ms', 'p99_ms']);
  assert.ok(Math.abs(result.measured.mean_ms - 3.8) < 1e-9);
  assert.match(readFileSync(svg, 'utf8'), /^<svg [\s\S]*<\/svg>\n$/);
});

test('the table splits by reads, writes and the buffer', () => {
  const run = disktime(['validate', trace, '-d', 'seagate-st32171w']);
  assert.equal(run.code, 0, run.stderr);
  for (const name of ['all', 'reads', 'writes', 'from the buffer', 'from the medium']) {
    assert.ok(run.stdout.includes(name), name);
  }
  assert.match(run.stdout, /demerit \d+\.\d{3} ms, \d+\.\d % of the mean/);
});

test('mistakes name file, line and column', () => {
  const bad = join(folder, 'bad.trace');
  writeFileSync(bad, 'R Hit 1 4 900 1\nX Hit 1 4 900 1\n');
  const run = disktime(['validate', bad, '-d', 'seagate-st32171w']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /bad\.trace:2: column 1: expected R or W, got "X"/);
  writeFileSync(bad, 'R Hit 99999999 4 900 1\n');
  const off = disktime(['validate', bad, '-d', 'seagate-st32171w']);
  assert.equal(off.code, 2);
  assert.match(off.stderr, /request 1: .* do not lie on seagate-st32171w, which has 4110000/);
});

test('a profile is written whole or not at all', () => {
  const file = join(folder, 'none.diskspecs');
  const output = join(folder, 'none.json');
  writeFileSync(file, 'disksim_disk D {\n  Model = source no.model\n}\n');
  const run = disktime(['import', 'disksim', file, '-o', output]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /none\.diskspecs:2: source no\.model/);
  assert.ok(!existsSync(output));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.partial')),
    [],
  );
});
