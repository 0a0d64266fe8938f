/**
 * Reading and writing in order: where a drive reads ahead and has a write cache, no revolution is lost,
 * whatever a request's size and however many are outstanding.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Op } from '../../../src/device/device.ts';
import type { HddProfile } from '../../../src/device/hdd/profile.ts';
import { shippedProfiles } from '../../../src/device/profile.ts';
import { createDeviceOn, loadProfile } from '../../../src/device/registry.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { SECOND, SECTOR_BYTES } from '../../../src/sim/units.ts';
import { profileOfDatasheet } from '../../../src/tune/datasheet.ts';
import { hddSpace } from '../../../src/tune/hdd-parameters.ts';
import { parametersOf } from '../../../src/tune/space.ts';
import { runSequential } from '../../../src/workload/bare/sequential.ts';

const LEAST_SHARE = 0.9;

interface Run {
  readonly write: boolean;
  readonly sectors: number;
  readonly outstanding: number;
  /** Where on the drive, 0 (outermost) .. 1 (innermost). */
  readonly at: number;
}

/** What the medium gives there, 10^6 bytes/s: the slower of the zones that are near. */
function mediaRate({ mechanics, layout }: HddProfile, at: number): number {
  const rateOf = (zone: (typeof layout.zones)[number]): number => {
    const { sectorsPerTrack, cylinderSkew_sectors } = zone;
    const revolutions = 1 + cylinderSkew_sectors / sectorsPerTrack;
    return (sectorsPerTrack * SECTOR_BYTES) / 1e6 / ((60 / mechanics.rpm) * revolutions);
  };
  const tracks = layout.zones.map((zone) => zone.lastCylinder - zone.firstCylinder + 1);
  let sectors = layout.capacity_sectors * at;
  let i = 0;
  for (; i + 1 < tracks.length; i++) {
    sectors -= tracks[i] * mechanics.surfaces * layout.zones[i].sectorsPerTrack;
    if (sectors < 0) break;
  }
  return rateOf(layout.zones[i]);
}

/** What the host's side allows, 10^6 bytes/s: commands one after the other, and their data. */
function hostRate(profile: HddProfile, { write, sectors, outstanding }: Run): number {
  const { overhead, link } = profile;
  const { afterRead_ms, afterWrite_ms } = write ? overhead.writeHit : overhead.readHit;
  const command_ms = Math.max(afterRead_ms, afterWrite_ms) + link.command_us / 1000;
  const sector_us = write ? (link.writeSector_us ?? link.sector_us) : link.sector_us;
  const data_ms = (sectors * sector_us) / 1000;
  const depth = Math.min(outstanding, profile.queue.depth);
  const ms = depth > 1 ? Math.max(data_ms, command_ms / depth) : command_ms + data_ms;
  return (sectors * SECTOR_BYTES) / 1e3 / ms;
}

/** The same, where a host slower than the medium has what is buffered to live on for a revolution. */
function wantedRate(profile: HddProfile, run: Run): number {
  const host = hostRate(profile, run);
  const media = mediaRate(profile, run.at);
  if (host >= media) return media;
  const buffered = run.write ? profile.writeCache.size_sectors : profile.cache.readAheadMax_sectors;
  const rev_ms = 60_000 / profile.mechanics.rpm;
  return Math.min(host, (buffered * SECTOR_BYTES) / 1e3 / rev_ms);
}

const runs = fc.record({
  write: fc.boolean(),
  sectors: fc.constantFrom(8, 16, 64, 128, 256, 512, 1024, 2048),
  outstanding: fc.constantFrom(1, 4, 31),
  at: fc.constantFrom(0, 0.3, 0.62, 0.97),
});

/** Whether reading ahead ends by the clock before small reads, one at a time, get anywhere. */
function endsByTheClock({ cache, mechanics, layout }: HddProfile, run: Run): boolean {
  const sector_ms = 60_000 / mechanics.rpm / layout.zones[0].sectorsPerTrack;
  return !run.write && run.outstanding === 1 && run.sectors * sector_ms < cache.readAheadMax_ms;
}

function check(profile: HddProfile, run: Run): void {
  if (endsByTheClock(profile, run)) return;
  // Long against the first seek, and against what the cache takes.
  const mib = Math.max(64, (profile.writeCache.size_sectors / 2048) * 1.5);
  const rate = runSequential(profile, { ...run, mib });
  const wanted = wantedRate(profile, run);
  assert.ok(rate >= LEAST_SHARE * wanted, `${profile.name}: ${rate} of ${wanted} MB/s`);
}

/** Not what was imported: those drives do as their parameters say. */
const later = [...shippedProfiles().keys()]
  .map((name) => loadProfile(name))
  .filter((profile): profile is HddProfile => profile.kind === 'hdd')
  .filter((profile) => profile.mechanics.seek.form === 'datasheet');

for (const profile of later) {
  test(`${profile.name}: in order at nine tenths of the media rate or more`, () => {
    fc.assert(
      fc.property(runs, (run) => check(profile, run)),
      { numRuns: 25 },
    );
  });
}

const sheets = fc
  .record(
    {
      name: fc.constant('made-up'),
      title: fc.constant('Made up'),
      sources: fc.constant({}),
      rpm: fc.constantFrom(5400, 7200, 10_000, 15_000),
      capacity_bytes: fc.double({ min: 70e9, max: 16e12, noNaN: true }),
      outer_MBps: fc.integer({ min: 70, max: 260 }),
      averageSeek_ms: fc.double({ min: 3, max: 13, noNaN: true }),
      headSwitch_ms: fc.double({ min: 0.1, max: 2, noNaN: true }),
      cache_mib: fc.constantFrom(8, 16, 64, 256),
      link_MBps: fc.constantFrom(275, 550),
      serpentine: fc.boolean(),
      settle_ms: fc.double({ min: 0, max: 1.5, noNaN: true }),
    },
    { requiredKeys: ['name', 'title', 'sources', 'rpm', 'capacity_bytes', 'averageSeek_ms'] },
  )
  .map(({ settle_ms, ...sheet }) => ({
    ...sheet,
    ...(settle_ms !== undefined && { averageWriteSeek_ms: sheet.averageSeek_ms + settle_ms }),
  }));

test('any datasheet: in order at nine tenths of the media rate or more', () => {
  fc.assert(
    fc.property(sheets, runs, (sheet, run) => check(profileOfDatasheet(sheet), run)),
    { numRuns: 40 },
  );
});

test('whatever a fit moves, the skew is for it', () => {
  const fits = ['seek', 'settle', 'skew'];
  const point = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 7,
    maxLength: 7,
  });
  const chosen = fc.subarray(fits, { minLength: 1 });
  fc.assert(
    fc.property(sheets, runs, chosen, point, (sheet, run, fit, at) => {
      const start = profileOfDatasheet(sheet);
      const parameters = parametersOf(hddSpace, start, fit);
      check(
        hddSpace.fittedProfile(start, parameters, at.slice(0, parameters.length), 'a test'),
        run,
      );
    }),
    { numRuns: 40 },
  );
});

test('writes of several streams in turn: each row in the cache is written without a lost revolution', () => {
  const profile = loadProfile('generic-500gb-7200') as HddProfile;
  const events = new EventQueue();
  const device = createDeviceOn(events, profile, { seed: 1 });
  const sectors = 1024;
  const next = [0, 1, 2, 3].map((stream) => stream * 40_000_000);
  let left = 512;
  const write = (tag: number): void => {
    const stream = --left % next.length;
    device.submit(tag, Op.write, next[stream], sectors, 0);
    next[stream] += sectors;
  };
  let endNs = 0;
  device.attach({
    complete(tag, timeNs) {
      endNs = timeNs;
      if (left > 0) write(tag);
      else if (left-- === 0) device.submit(tag, Op.flush, 0, 0, 0);
    },
  });
  for (let tag = 0; tag < 16; tag++) write(tag);
  while (events.step());
  const rate = (512 * sectors * SECTOR_BYTES) / 1e6 / (endNs / SECOND);
  // A seek and half a revolution for every few MiB, and no more.
  assert.ok(rate > 0.7 * mediaRate(profile, 0), `${rate} MB/s`);
});
