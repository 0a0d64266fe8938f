/** The installed package: its command, its exports, and no native addon at run time. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'disktime-package-'));
after(() => rmSync(folder, { recursive: true }));

// As npm would install it, with the dependencies that are here already.
execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
const [archive] = readdirSync(folder);
execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'package/node_modules'));

const command = join(folder, 'package/dist/cli/main.js');
const node = (args: readonly string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

test('the bin runs: devices, help, a run', () => {
  assert.match(node([command, 'devices']), /seagate-st32171w/);
  assert.match(node([command, '--help']), /Usage: disktime/);
  assert.match(node([command, 'compare', '-s', 'S15', '-w', 'around']), /around/);
});

test('another program may import the package', () => {
  const file = join(folder, 'program.mjs');
  writeFileSync(
    file,
    `import { createDevice, createBlockQueue, loadProfile } from './package/dist/index.js';
     const profile = loadProfile('samsung-970pro');
     console.log(createDevice(profile).name, createBlockQueue(profile).maxSectors);`,
  );
  assert.equal(node([file]), 'samsung-970pro 1024\n');
});

test('no native addon is loaded', () => {
  const file = join(folder, 'natives.mjs');
  writeFileSync(
    file,
    `process.on('exit', () => {
       const loaded = process.report.getReport().sharedObjects.filter((f) => f.endsWith('.node'));
       if (loaded.length > 0) throw new Error(loaded.join());
     });
     const { main } = await import('./package/dist/cli/main.js');
     process.exitCode = await main(['compare', '-s', 'S15', 'sqlite-tar', '-w', 'flusher', '--json']);`,
  );
  assert.match(node([file]), /"runs"/);
});
