/** The house rule: a lower floor never imports a higher one, and nothing reads a real clock. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** What each room may import from, beside itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  sim: [],
  measure: ['sim'],
  device: ['sim', 'measure'],
  block: ['sim', 'measure', 'device'],
  // The contracts of a floor come with the floor below it, so fs and mm see device's `Op`.
  fs: ['sim', 'measure', 'device', 'block'],
  mm: ['sim', 'measure', 'device', 'block', 'fs'],
  workload: ['sim', 'measure', 'device', 'block', 'fs', 'mm'],
  report: ['sim', 'measure', 'device', 'block', 'fs', 'mm', 'workload'],
  tune: ['sim', 'measure', 'device', 'block', 'fs', 'mm', 'workload', 'report'],
  serve: ['sim', 'measure', 'device', 'block', 'fs', 'mm', 'workload', 'report'],
  cli: ['sim', 'measure', 'device', 'block', 'fs', 'mm', 'workload', 'report', 'tune', 'serve'],
};

function sourceFiles(): string[] {
  return readdirSync(SRC, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

test('imports point down the list of floors', () => {
  const wrong: string[] = [];
  for (const file of sourceFiles()) {
    const [room] = relative(SRC, file).split('/');
    const allowed = ALLOWED[room];
    if (allowed === undefined) {
      assert.equal(room, 'index.ts', `${file} is in no room`);
      continue;
    }
    for (const match of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const [target] = relative(SRC, resolve(dirname(file), match[1])).split('/');
      if (target !== room && !allowed.includes(target)) {
        wrong.push(`${relative(SRC, file)} imports ${match[1]}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
