/** `disktime precondition`, and runs that start from what it kept. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack } from '../../src/device/msgpack.ts';
import { readSnapshot, writeSnapshot } from '../../src/device/snapshot-file.ts';
import { SsdDrive } from '../../src/device/ssd/drive.ts';
import { settle } from '../../src/device/ssd/settle.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { main } from '../../src/cli/main.ts';
import { InputError } from '../../src/sim/input-error.ts';
import { mapFaults, smallProfile } from '../device/ssd/small.ts';

function inFolder(body: (folder: string) => void | Promise<void>) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'disktime-'));
    try {
      await body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test(
  'a steady drive comes back from its file as it went in',
  inFolder((folder) => {
    const profile = smallProfile({
      capacity_sectors: 4096 * 16,
      array: { blocks_per_plane: 160 },
      ftl: { initial_fill: 'steady' },
    });
    const events = new EventQueue();
    const drive = new SsdDrive(profile, events, {});
    const settled = settle(drive, events, 1);
    assert.ok(settled.isStable);
    assert.ok(settled.writeAmplification > 1.5 && settled.writeAmplification < 4);
    const path = join(folder, 'steady.snap');
    writeSnapshot(path, { profile, snapshot: drive.view() });
    const copy = join(folder, 'copy.snap');
    writeSnapshot(copy, { profile, snapshot: drive.snapshot() });
    assert.deepEqual(readFileSync(copy), readFileSync(path));
    const saved = readSnapshot(path);
    assert.deepEqual(saved.profile, profile);
    // Several runs start from one file.
    for (let run = 0; run < 2; run++) {
      const again = new SsdDrive(saved.profile, new EventQueue(), {});
      again.restore(saved.snapshot);
      assert.deepEqual(mapFaults(again), []);
      const { logicalUnits } = drive.geometry;
      for (let unit = 0; unit < logicalUnits; unit++) {
        assert.equal(again.ftl.lookup(unit), drive.ftl.lookup(unit));
      }
    }
  }),
);

test(
  'what is no snapshot is named with its file',
  inFolder((folder) => {
    const path = join(folder, 'x.snap');
    writeFileSync(path, 'hello');
    assert.throws(() => readSnapshot(path), InputError);
    assert.throws(() => readSnapshot(join(folder, 'missing')), InputError);
  }),
);

test(
  'a snapshot of another version is refused, with its file, its version and what to do',
  inFolder((folder) => {
    const path = join(folder, 'old.snap');
    const profile = smallProfile();
    const drive = new SsdDrive(profile, new EventQueue(), {});
    const snapshot = drive.snapshot();
    // Format 2 kept where every unit is, not its birth.
    writeFileSync(path, pack({ format: 'disktime snapshot 2', profile, snapshot }));
    assert.throws(
      () => readSnapshot(path),
      /old\.snap: expected a "disktime snapshot 5".*got a "disktime snapshot 2": make it again/,
    );
  }),
);

test(
  'the command refuses an unknown state and a drive with an arm',
  inFolder(async (folder) => {
    const out = join(folder, 'x.snap');
    assert.equal(await main(['precondition', 'samsung-970pro', '--state', 'old', '-o', out]), 2);
    assert.equal(await main(['precondition', 'seagate-st32171w', '-o', out]), 2);
    for (const windows of ['1', '2.5', 'many']) {
      const args = ['precondition', 'samsung-970pro', '--windows', windows, '-o', out];
      assert.equal(await main(args), 2);
    }
    assert.equal(
      await main(['precondition', 'samsung-970pro', '--state', 'used:40%', '-o', out]),
      0,
    );
  }),
);

test(
  'interrupted, it says so, fails, and leaves no file',
  inFolder(async (folder) => {
    const was = process.exitCode;
    // Between two steps of settling, as a person's Ctrl-C would come.
    process.once('newListener', (event) => {
      assert.equal(event, 'SIGINT');
      setImmediate(() => process.emit('SIGINT'));
    });
    await main(['precondition', 'samsung-970pro', '-o', join(folder, 'x.snap')]);
    assert.equal(process.exitCode, 130);
    process.exitCode = was;
    assert.deepEqual(readdirSync(folder), []);
  }),
);
