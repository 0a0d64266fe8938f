/** `--snapshot FILE`: each command that runs something on a drive starts from what was kept, or says why not. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RunResult } from '../../src/measure/run-result.ts';
import { writeSnapshot } from '../../src/device/snapshot-file.ts';
import { SsdDrive } from '../../src/device/ssd/drive.ts';
import { settle } from '../../src/device/ssd/settle.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { smallProfile } from '../device/ssd/small.ts';
import { disktime, type CliRun } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'disktime-snapshot-'));
after(() => rmSync(folder, { recursive: true }));

/** 256 MiB, so that the scenarios' files fit; little to spare, so that a steady one has to collect. */
const profile = smallProfile({
  capacity_sectors: 2 * 1024 * 256,
  array: { blocks_per_plane: 288, pages_per_block: 32 },
  ftl: { initial_fill: 'steady' },
});
const device = join(folder, 'small.json');
writeFileSync(device, JSON.stringify({ ...profile, ftl: { ...profile.ftl, initial_fill: 1 } }));

const snapshot = join(folder, 'steady.snap');
{
  const events = new EventQueue();
  const drive = new SsdDrive(profile, events, {});
  settle(drive, events, 1);
  writeSnapshot(snapshot, { profile, snapshot: drive.snapshot() });
}

const trace = join(folder, 'small.trace');
writeFileSync(
  trace,
  Array.from({ length: 400 }, (_, i) => `W Miss ${((i * 7919) % 8192) * 8} 8 500.0 0.0\n`).join(''),
);

function runsOf(run: CliRun): RunResult[] {
  assert.equal(run.code, 0, run.stderr);
  return (JSON.parse(run.stdout) as { runs: RunResult[] }).runs;
}

const COMPARE = ['compare', '--json', '-s', 'S14', '-w', 'writepage', 'around', 'writepage'];

test('compare: every run starts from its own copy, the same as run does', () => {
  const first = disktime([...COMPARE, '--snapshot', snapshot]);
  const [one, around, again] = runsOf(first);
  assert.equal(one.device, 'small');
  assert.deepEqual(again, one);
  const [alone] = runsOf(
    disktime(['run', 'S14', '--json', '-w', 'around', '--snapshot', snapshot]),
  );
  assert.deepEqual(around, alone);
  const second = disktime([...COMPARE, '--snapshot', snapshot, '-d', device]);
  assert.equal(second.stdout, first.stdout);
  const [unkept] = runsOf(disktime([...COMPARE, '-d', device]));
  assert.notEqual(unkept.durable_ms, one.durable_ms);
});

test('validate: the trace meets the drive that was kept', () => {
  const args = ['validate', trace, '--json'];
  const first = disktime([...args, '--snapshot', snapshot]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(disktime([...args, '--snapshot', snapshot, '-d', device]).stdout, first.stdout);
  const unkept = disktime([...args, '-d', device]);
  assert.equal(unkept.code, 0, unkept.stderr);
  assert.notEqual(unkept.stdout, first.stdout);
});

test('another drive is refused, with the file, what was expected and what it is', () => {
  for (const args of [['compare', '-s', 'S15'], ['run', 'S15'], ['thread'], ['validate', trace]]) {
    const run = disktime([...args, '-d', 'samsung-970pro', '--snapshot', snapshot]);
    assert.equal(run.code, 2, args[0]);
    assert.equal(run.stdout, '');
    assert.match(
      run.stderr,
      /steady\.snap: expected a snapshot of samsung-970pro.*got one of small/,
    );
  }
});

test('a profile that has changed since is refused', () => {
  const changed = join(folder, 'changed.json');
  writeFileSync(changed, JSON.stringify({ ...profile, queue_depth: 8 }));
  const run = disktime(['compare', '-s', 'S15', '-d', changed, '--snapshot', snapshot]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /steady\.snap: .*as its profile is now, got one of another profile/);
});

test('several drives put together, a folder of drives, and a race have no one drive to start from', () => {
  const stack = `raid0:2x${device}:64k`;
  for (const command of [['compare'], ['run', 'S15'], ['thread']]) {
    const run = disktime([...command, '-d', stack, '--snapshot', snapshot]);
    assert.equal(run.code, 2, command[0]);
    assert.match(run.stderr, /steady\.snap: a snapshot is of one drive, got --device raid0/);
  }
  const out = join(folder, 'all.md');
  const all = disktime(['validate', '--all', folder, '--markdown', out, '--snapshot', snapshot]);
  assert.equal(all.code, 2);
  assert.match(all.stderr, /--snapshot is of one drive, and --all takes each/);
  const race = disktime(['run', 'S19', '--snapshot', snapshot]);
  assert.equal(race.code, 2);
  assert.match(race.stderr, /--snapshot: S19 is a race/);
});

test('commands whose drives are given by what they reproduce do not take one', () => {
  const run = disktime(['published', '--snapshot', snapshot]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /unknown option '--snapshot'/);
});
