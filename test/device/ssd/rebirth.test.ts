/** All units born again: it is told how far that is, lane by lane or in order, and nothing gets lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import { SsdDrive } from '../../../src/device/ssd/drive.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { mapFaults, smallProfile } from './small.ts';

for (const allocation of ['by-address', 'next-free'] as const) {
  test(`${allocation}: it is told how far it is`, () => {
    const profile = smallProfile({
      capacity_sectors: 4 * 200 * 128 * 8 * 0.87,
      array: { blocks_per_plane: 200, pages_per_block: 64 },
      ftl: { initial_fill: 'steady', allocation },
    });
    const told: [string, number][] = [];
    const events = new EventQueue();
    const drive = new SsdDrive(profile, events, {
      spareOrigins: 0,
      onWork: (what, share) => told.push([what, share]),
    });
    const { logicalUnits, unitSectors } = drive.geometry;
    const random = new RandomStream(1, 'rebirth');
    let left = 20_000;
    const submit = (tag: number): void => {
      if (left-- > 0)
        drive.submit(tag, Op.write, random.below(logicalUnits) * unitSectors, unitSectors, 0);
    };
    drive.attach({ complete: submit });
    for (let tag = 0; tag < 32; tag++) submit(tag);
    while (events.step());
    // Some 44 pieces a time, of which every 64th is told.
    assert.ok(told.length >= 4, `${told.length} times`);
    for (const [what, share] of told) {
      assert.equal(what, 'numbering the units of the flash anew');
      assert.ok(share >= 0 && share <= 1);
    }
    assert.ok(new Set(told.map(([, share]) => share)).size > 2);
    assert.deepEqual(mapFaults(drive), []);
  });
}
