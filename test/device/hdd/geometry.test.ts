/** Addresses and places: every sector has its own place, in every layout and sparing scheme. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../../../src/device/hdd/geometry.ts';
import { SPARING } from '../../../src/device/hdd/profile.ts';
import { seekTable } from '../../../src/device/hdd/seek.ts';
import { smallProfile } from './small-drive.ts';

test('no two sectors share a place, and runs are as long as they say', () => {
  const property = fc.property(
    fc.constantFrom(...SPARING),
    fc.constantFrom(
      'cylinder' as const,
      'cylinder-serpentine' as const,
      'cylinder-serpentine-by-parity' as const,
      'surface-serpentine' as const,
    ),
    fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 3 }),
    (sparing, order, slips, reserved_sectors, sweep) => {
      const inTracks = sparing === 'tracks-at-zone-end';
      const zone = (firstCylinder: number, lastCylinder: number, sectorsPerTrack: number) => ({
        firstCylinder,
        lastCylinder,
        sectorsPerTrack,
        firstOffset_sectors: 2,
        trackSkew_sectors: 3,
        cylinderSkew_sectors: 5,
        reserved_sectors,
        spares: 3,
        slips: inTracks ? slips.map((slip) => slip % 5) : slips,
      });
      const zones = [zone(0, 4, 12), zone(6, 8, 10)];
      const profile = smallProfile({
        layout: {
          order,
          serpentine_cylinders: sweep,
          sparing,
          range_cylinders: 2,
          capacity_sectors: 80,
          zones: zones.map((z) => ({ ...z, slips: [...new Set(z.slips)] })),
        },
      });
      const geometry = new Geometry(profile);
      const places = new Set<string>();
      let run = 0;
      let previous = '';
      for (let lbn = 0; lbn < geometry.capacitySectors; lbn++) {
        geometry.locate(lbn);
        const { cylinder, head, angle, sectorsPerTrack } = geometry;
        const place = `${cylinder} ${head} ${angle}`;
        assert.ok(!places.has(place), `${lbn} at ${place}`);
        places.add(place);
        assert.ok(head >= 0 && head < 2 && angle >= 0 && angle < sectorsPerTrack);
        const spt = cylinder < 5 ? 12 : 10;
        assert.equal(sectorsPerTrack, spt);
        assert.ok(spt === 12 ? cylinder >= 0 : cylinder >= 6 && cylinder <= 8);
        if (run > 0) assert.equal(place, previous);
        else run = geometry.run;
        run--;
        previous = `${cylinder} ${head} ${(angle + 1) % sectorsPerTrack}`;
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('a slipped sector moves what follows in its region', () => {
  const zone = {
    firstCylinder: 0,
    lastCylinder: 9,
    sectorsPerTrack: 100,
    spares: 2,
    slips: [5, 6],
  };
  const profile = smallProfile({
    layout: {
      order: 'cylinder',
      sparing: 'track-end',
      capacity_sectors: 1000,
      zones: [
        {
          ...zone,
          firstOffset_sectors: 0,
          trackSkew_sectors: 0,
          cylinderSkew_sectors: 0,
          reserved_sectors: 0,
        },
      ],
    },
  });
  const geometry = new Geometry(profile);
  const at = (lbn: number): number[] => {
    geometry.locate(lbn);
    return [geometry.cylinder, geometry.head, geometry.angle, geometry.run];
  };
  assert.deepEqual(at(0), [0, 0, 0, 5]);
  assert.deepEqual(at(4), [0, 0, 4, 1]);
  assert.deepEqual(at(5), [0, 0, 7, 93]);
  assert.deepEqual(at(97), [0, 0, 99, 1]);
  // Slips turn the tracks behind them on.
  assert.deepEqual(at(98), [0, 1, 2, 98]);
});

test('seek curves: table, HPL, datasheet', () => {
  const table = seekTable(
    {
      form: 'table',
      points: [
        [1, 1],
        [3, 2],
        [4, 4],
      ],
    },
    7,
  );
  assert.deepEqual([...table], [0, 1e6, 1.5e6, 2e6, 4e6, 6e6, 8e6]);
  const hpl = seekTable(
    {
      form: 'hpl',
      threshold_cylinders: 4,
      shortConstant_ms: 1,
      shortRoot_ms: 2,
      longConstant_ms: 3,
      longPerCylinder_ms: 0.5,
      first_ms: [2.5],
    },
    6,
  );
  assert.deepEqual(
    [...hpl].map((ns) => Math.round(ns)),
    [
      0,
      2.5e6,
      Math.round((1 + 2 * Math.SQRT2) * 1e6),
      Math.round((1 + 2 * Math.sqrt(3)) * 1e6),
      5e6,
      5.5e6,
    ],
  );
  const cylinders = 50_000;
  const sheet = seekTable(
    { form: 'datasheet', trackToTrack_ms: 1, average_ms: 8.5, fullStroke_ms: 18 },
    cylinders,
  );
  let mean = 0;
  for (let d = 1; d < cylinders; d++) mean += (sheet[d] * 2 * (cylinders - d)) / cylinders ** 2;
  assert.ok(Math.abs(mean / 8.5e6 - 1) < 1e-3);
  assert.ok(Math.abs(sheet[cylinders - 1] - 18e6) < 1);
  assert.ok(Math.abs(sheet[1] - 1e6) < 1);
});
