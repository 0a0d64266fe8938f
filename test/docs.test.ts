/** Every program shown in the documents is run as it stands there. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { disktime } from './cli/cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

test('the program in docs/EMBEDDING.md runs and prints what it measured', () => {
  const text = readFileSync(join(ROOT, 'docs/EMBEDDING.md'), 'utf8');
  const program = /```ts\n([\s\S]*?)```/.exec(text)?.[1];
  assert.ok(program !== undefined);
  assert.ok(program.split('\n').length <= 50, 'about 40 lines');
  const folder = mkdtempSync(join(ROOT, 'node_modules/.embedding-'));
  try {
    const file = join(folder, 'program.ts');
    writeFileSync(file, program.replace("'disktime'", "'../../src/index.ts'"));
    const run = spawnSync(process.execPath, ['--import', 'tsx', file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(run.stderr, '');
    assert.match(run.stdout, /^\d+ reads, mean \d+\.\d{3} ms\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the table in README.md is what the command prints', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const shown = /<!-- table -->\n+```\n([\s\S]*?)```/.exec(readme)?.[1];
  const run = disktime(['compare', '-s', 'S14', '-d', 'seagate-st32171w']);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(shown?.trim(), run.stdout.trim());
});

test('the commands in README.md work', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const commands = [...readme.matchAll(/^npm run -s disktime -- (.*)$/gm)].map((match) => match[1]);
  assert.ok(commands.length >= 3);
  for (const command of commands) {
    const run = disktime(command.split(' '));
    assert.equal(run.code, 0, `${command}: ${run.stderr}`);
    assert.notEqual(run.stdout, '');
  }
});

test('the job file in README.md is docs/example.fio', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const shown = /```ini\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.equal(shown, readFileSync(join(ROOT, 'docs/example.fio'), 'utf8'));
});
