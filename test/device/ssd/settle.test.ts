/** The state a steady drive starts in, and what settling makes of it, against what long use makes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import { SsdDrive } from '../../../src/device/ssd/drive.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { settle } from '../../../src/device/ssd/settle.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { mapFaults, smallProfile } from './small.ts';

/** Blocks are written over so often, once the drive has settled, before it counts. */
const TURNS_BEFORE = 2;
const TURNS = 4;

/** How far off what settling says may be, and what the first turn after it comes to (of noisy ones, the first two). */
const BOUND = 0.05;
const TURN_BOUND = 0.03;

const POLICIES: Partial<SsdProfile['gc']>[] = [
  { policy: 'greedy' },
  { policy: 'fifo' },
  { policy: 'random-greedy', choices: 10 },
  { policy: 'windowed', window_blocks: 60 },
];

/** Their victims differ so much that a turn's 800 tell it to some 2 % only. */
const NOISY: typeof POLICIES = [
  { policy: 'random-greedy', choices: 2 },
  { policy: 'cost-benefit' },
];

/**
 * Maps of which memory holds 2 %: translation pages, 3 to 4 blocks of each lane's 200, are written as often as
 * the host's units; by single entries, and by whole pages.
 */
const MAPS: SsdProfile['ftl']['cached_map'][] = [
  { bytes: 2 ** 17, entry_bytes: 64, segment_entries: 1 },
  { bytes: 2 ** 17, entry_bytes: 64 },
];

const cases = [...POLICIES, ...NOISY].map((gc) => ({
  gc,
  cached_map: undefined as (typeof MAPS)[number],
}));
for (const cached_map of MAPS) {
  for (const gc of POLICIES) cases.push({ gc, cached_map });
}

for (const { gc, cached_map } of cases) {
  const policy = gc.choices === undefined ? gc.policy : `${gc.policy} of ${gc.choices}`;
  const held = cached_map?.segment_entries === 1 ? 'entries' : 'pages';
  const name = cached_map === undefined ? policy : `${policy}, a map by ${held}`;
  test(`${name}: a drive settles at the write amplification it keeps`, (t) => {
    const profile = smallProfile({
      capacity_sectors: 4 * 200 * 128 * 8 * 0.87,
      array: { blocks_per_plane: 200, pages_per_block: 64 },
      ftl: { initial_fill: 'steady', cached_map },
      gc: { ...gc, start_free_blocks: 2 },
    });
    const events = new EventQueue();
    const drive = new SsdDrive(profile, events, { seed: 1 });
    const settled = settle(drive, events, 1);
    assert.ok(settled.isStable);
    if (cached_map !== undefined) assert.deepEqual(mapFaults(drive), []);
    const { counters, geometry } = drive;
    const random = new RandomStream(2, 'long use');
    const submit = (tag: number): void => {
      const unit = random.below(geometry.logicalUnits);
      drive.submit(tag, Op.write, unit * geometry.unitSectors, geometry.unitSectors, 0);
    };
    drive.attach({ complete: submit });
    for (let tag = 0; tag < 32; tag++) submit(tag);
    const amplification = (turns: number): number => {
      const { hostUnits, gcUnits } = counters;
      const until = hostUnits + gcUnits + turns * geometry.physicalUnits;
      while (counters.hostUnits + counters.gcUnits < until) events.step();
      return 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
    };
    const isNoisy = NOISY.includes(gc) || cached_map !== undefined;
    const first = amplification(isNoisy ? TURNS_BEFORE : 1);
    if (!isNoisy) amplification(TURNS_BEFORE - 1);
    const kept = amplification(TURNS);
    const stated = settled.writeAmplification;
    t.diagnostic(
      `stated ${stated.toFixed(3)}, first turn ${first.toFixed(3)}, keeps ${kept.toFixed(3)}`,
    );
    assert.ok(Math.abs(first / kept - 1) < TURN_BOUND);
    assert.ok(Math.abs(stated / kept - 1) < BOUND);
  });
}
