/** Every program shown in the documents is run as it stands there. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
