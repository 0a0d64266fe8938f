/** Addresses and places: every sector has its own place, in every layout and sparing scheme. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Geometry } from '../../../src/device/hdd/geometry.ts';
import { SPARING, type Sparing } from '../../../src/device/hdd/profile.ts';
import { seekTable } from '../../../src/device/hdd/seek.ts';
import { InputError } from '../../../src/sim/input-error.ts';
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
        remaps: [],
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
          remaps: [],
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

/** One zone of four cylinders of two tracks of ten sectors. */
function remapped(
  sparing: Sparing,
  spares: number,
  slips: number[],
  remaps: [number, number][],
  capacity_sectors: number,
): Geometry {
  const zone = { firstCylinder: 0, lastCylinder: 3, sectorsPerTrack: 10, spares, slips, remaps };
  const angles = { firstOffset_sectors: 0, trackSkew_sectors: 0, cylinderSkew_sectors: 0 };
  return new Geometry(
    smallProfile({
      layout: {
        order: 'cylinder',
        sparing,
        capacity_sectors,
        zones: [{ ...zone, ...angles, reserved_sectors: 0 }],
      },
    }),
  );
}

test('a remapped sector lives in its spare, and nothing else moves', () => {
  // Spares at the end of each track: sectors 8 and 9, 18 and 19, ...; one slip turns what follows.
  const geometry = remapped('track-end', 2, [], [[3, 18]], 64);
  const at = (lbn: number): number[] => {
    geometry.locate(lbn);
    return [geometry.cylinder, geometry.head, geometry.angle, geometry.run];
  };
  assert.deepEqual(at(2), [0, 0, 2, 1]);
  assert.deepEqual(at(3), [0, 1, 8, 1]);
  assert.deepEqual(at(4), [0, 0, 4, 4]);
  assert.equal(geometry.trackEnd(2), 8, 'a track ends where its data does');
  // A whole track, where whole tracks are spare.
  const tracks = remapped('tracks-at-zone-end', 1, [], [[2, 7]], 70);
  tracks.locate(24);
  assert.deepEqual([tracks.cylinder, tracks.head, tracks.angle, tracks.run], [3, 1, 4, 6]);
  tracks.locate(30);
  assert.deepEqual([tracks.cylinder, tracks.head, tracks.angle], [1, 1, 0]);
});

test('a spare that holds data, or serves two, is refused', () => {
  const make =
    (...remaps: [number, number][]) =>
    () =>
      remapped('track-end', 2, [], remaps, 64);
  assert.throws(make([3, 4]), /remaps of the zone from cylinder 0: 4 holds data, it is no spare/);
  assert.throws(make([3, 8], [4, 8]), /8 is the spare of two/);
  assert.throws(make([3, 8], [3, 9]), /3 is remapped twice/);
  assert.throws(make([3, 80]), /80 is beyond the zone/);
});

test('with sectors remapped, no two addresses share a place', () => {
  let accepted = 0;
  const property = fc.property(
    fc.constantFrom(...SPARING),
    fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { maxLength: 2 }),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 79 }), fc.integer({ min: 0, max: 79 })), {
      maxLength: 2,
    }),
    (sparing, slips, remaps) => {
      const inTracks = sparing === 'tracks-at-zone-end';
      const kept = inTracks
        ? remaps.map(([from, to]): [number, number] => [from % 8, to % 8])
        : remaps;
      const own = [...new Set(inTracks ? slips.map((slip) => slip % 8) : slips)];
      let geometry: Geometry;
      try {
        geometry = remapped(sparing, inTracks ? 3 : 4, own, kept, 30);
      } catch (error) {
        assert.ok(error instanceof InputError);
        return;
      }
      accepted += kept.length > 0 ? 1 : 0;
      const places = new Set<string>();
      for (let lbn = 0; lbn < 30;) {
        geometry.locate(lbn);
        const { cylinder, head, angle, run } = geometry;
        assert.ok(run >= 1);
        for (let i = 0; i < run && lbn < 30; i++, lbn++) {
          geometry.locate(lbn);
          const place = `${cylinder} ${head} ${(angle + i) % 10}`;
          assert.equal(`${geometry.cylinder} ${geometry.head} ${geometry.angle}`, place);
          assert.ok(!places.has(place), `${lbn} at ${place}`);
          places.add(place);
        }
      }
    },
  );
  fc.assert(property, { numRuns: 1000, seed: 7 });
  assert.ok(accepted > 100, String(accepted));
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
