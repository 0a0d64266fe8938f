/** The state a steady drive starts in, and what settling makes of it, against what long use makes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import { SsdDrive } from '../../../src/device/ssd/drive.ts';
import { settle } from '../../../src/device/ssd/settle.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { smallProfile } from './small.ts';

/** Blocks are written over so often, once the drive has settled, before it counts. */
const TURNS_BEFORE = 2;
const TURNS = 4;

/**
 * How far off it may be. The start (`start.ts`) is the state of first in, first out, which greedy comes
 * to with large blocks as well; d choices need part of a turn to get from there to their own.
 */
const BOUNDS = { greedy: 0.05, fifo: 0.05, 'random-greedy': 0.1 } as const;

for (const policy of ['greedy', 'fifo', 'random-greedy'] as const) {
  test(`${policy}: a drive settles at the write amplification it keeps`, (t) => {
    const profile = smallProfile({
      capacity_sectors: 4 * 200 * 128 * 8 * 0.87,
      array: { blocks_per_plane: 200, pages_per_block: 64 },
      ftl: { initial_fill: 'steady' },
      gc: { policy, choices: 10, start_free_blocks: 2 },
    });
    const events = new EventQueue();
    const drive = new SsdDrive(profile, events, { seed: 1 });
    const settled = settle(drive, events, 1);
    assert.ok(settled.isStable);
    const { counters, geometry } = drive;
    const random = new RandomStream(2, 'long use');
    const submit = (tag: number): void => {
      const unit = random.below(geometry.logicalUnits);
      drive.submit(tag, Op.write, unit * geometry.unitSectors, geometry.unitSectors, 0);
    };
    drive.attach({ complete: submit });
    for (let tag = 0; tag < 32; tag++) submit(tag);
    const turns = (count: number): void => {
      const until = counters.hostUnits + counters.gcUnits + count * geometry.physicalUnits;
      while (counters.hostUnits + counters.gcUnits < until) events.step();
    };
    turns(TURNS_BEFORE);
    const { hostUnits, gcUnits } = counters;
    turns(TURNS);
    const kept = 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
    t.diagnostic(`settled at ${settled.writeAmplification.toFixed(3)}, keeps ${kept.toFixed(3)}`);
    assert.ok(Math.abs(settled.writeAmplification / kept - 1) < BOUNDS[policy]);
  });
}
