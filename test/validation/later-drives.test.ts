/** Drives bought since 2003, held against what was measured on them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { HddProfile } from '../../src/device/hdd/profile.ts';
import type { AnyProfile } from '../../src/device/profile.ts';
import { loadProfile } from '../../src/device/registry.ts';
import { profileOfDatasheet, readDatasheet } from '../../src/tune/datasheet.ts';
import { readFigures } from '../../src/tune/figures-file.ts';
import { compareTargets, describeWorkload, type Target } from '../../src/tune/target.ts';
import { runRandomLoop } from '../../src/workload/bare/random-loop.ts';
import { runSequential } from '../../src/workload/bare/sequential.ts';
import { atDepth32, ENTERPRISE, readCells, readLatencies } from './later-drives.ts';
import { needsData, validationData } from './shared.ts';

function check(
  profile: AnyProfile,
  targets: readonly Target[],
  allowed: (figure: string) => number,
): void {
  const misses = compareTargets(profile, targets)
    .filter(({ figure, off }) => !(Math.abs(off) <= allowed(figure)))
    .map(
      (row) => `${describeWorkload(row.workload)} ${row.figure}: ${(100 * row.off).toFixed(1)} %`,
    );
  assert.deepEqual(misses, []);
}

const devices = fileURLToPath(new URL('../../devices/hdd/', import.meta.url));
const alone = (name: string) =>
  profileOfDatasheet(readDatasheet(`${devices}${name}.datasheet.json`));

for (const name of ['generic-500gb-7200', 'wd-raptor-wd740gd'] as const) {
  test(`${name}: random-read IOPS and depth-1 percentiles within 10 %`, needsData, () => {
    check(loadProfile(name), readCells(name), () => 0.1);
  });
  test(`${name}, from its datasheet alone: the same within 10 %`, needsData, () => {
    check(alone(name), readCells(name), () => 0.1);
  });
  test(
    `${name}, from its datasheet alone: latencies at 4 to 32 outstanding within 12 %`,
    needsData,
    () => {
      check(alone(name), readLatencies(name), () => 0.12);
    },
  );
}

for (const name of ['hgst-ultrastar-he12', 'toshiba-mg07-12tb']) {
  test(`${name}: diskinfo's strokes and single sectors within 10 %, rates within 5 %`, () => {
    check(loadProfile(name), readFigures(`${devices}${name}.figures.json`), (figure) =>
      figure.endsWith('_kBps') ? 0.05 : 0.1,
    );
  });
}

test('seagate-barracuda-st2000dm006: every public figure within 10 %', () => {
  const name = 'seagate-barracuda-st2000dm006';
  check(loadProfile(name), readFigures(`${devices}${name}.figures.json`), () => 0.1);
});

test('random reads on a part of a disk: 1.20, 1.55 and 2.0 times as many on 50, 10 and 0.07 % (Wong)', () => {
  const profile = alone('hitachi-deskstar-7k1000c');
  const iopsOn = (span: number): number =>
    runRandomLoop(profile, { write: false, outstanding: 1, seconds: 60, span }).iops;
  const whole = iopsOn(1);
  for (const [span, measured] of [
    [0.5, 1.2],
    [0.1, 1.55],
    [0.0007, 2],
  ]) {
    const off = iopsOn(span) / whole / measured - 1;
    assert.ok(Math.abs(off) < 0.2, `${span}: ${off}`);
  }
});

test('writing in order from a datasheet alone is as fast as reading, but for a tenth', () => {
  for (const name of ['hitachi-deskstar-7k1000c', 'toshiba-p300-3tb', 'wd-raptor-wd740gd']) {
    const rate = (write: boolean): number => runSequential(alone(name), { write, at: 0, mib: 256 });
    assert.ok(rate(true) > 0.9 * rate(false), name);
  }
});

for (const name of ENTERPRISE) {
  test(`${name}: 180 to 240 IOPS at depth 32, and nobody waits past the age limit`, () => {
    const { iops, longest_ms } = atDepth32(name);
    const profile = loadProfile(name) as HddProfile;
    assert.ok(iops >= 180 && iops <= 240, `${iops} IOPS`);
    assert.ok(longest_ms <= profile.queue.ageLimit_ms, `${longest_ms} ms`);
  });
}

interface GeometryRow {
  model: string;
  rpm: number | number[];
  sector_bytes: number;
  spt_od: number | number[];
  spt_id: number | number[];
  tracks: number | number[];
  surfaces: number;
  skew_deg: number | string;
  max_seek_ms: number | number[];
}

test('measured geometries: outer and inner rates within 3 %', needsData, () => {
  const text = readFileSync(`${validationData}hdd/geometry.json`, 'utf8');
  const { drives } = JSON.parse(text) as { drives: GeometryRow[] };
  const first = (value: number | string | number[]): number =>
    Array.isArray(value) ? value[0] : parseFloat(String(value));
  const misses: string[] = [];
  for (const row of drives) {
    const rpm = first(row.rpm);
    const [outer, inner] = [row.spt_od, row.spt_id].map(first);
    const skew = first(row.skew_deg) / 360;
    if (skew === 0) continue; // A stepper drive of 1989 that is read without a buffer.
    const rate = (sectors: number): number =>
      (sectors * row.sector_bytes * rpm) / 60 / (1 + skew) / 1e6;
    const profile = profileOfDatasheet({
      name: 'geometry',
      title: row.model,
      sources: {},
      rpm,
      capacity_bytes: first(row.tracks) * ((outer + inner) / 2) * row.sector_bytes,
      outer_MBps: rate(outer),
      inner_MBps: rate(inner),
      surfaces: row.surfaces,
      averageSeek_ms: first(row.max_seek_ms) / 2,
      fullStroke_ms: first(row.max_seek_ms),
      trackToTrack_ms: (skew * 60_000) / rpm / 2,
      skew_revolutions: skew,
      physicalSector_bytes: row.sector_bytes === 4096 ? 4096 : 512,
    });
    // Long against the first seek, short against a zone.
    const mib = Math.min(512, profile.layout.capacity_sectors / 2048 / 40);
    for (const [where, sectors, at] of [
      ['outer', outer, 0],
      ['inner', inner, 1],
    ] as const) {
      const off = runSequential(profile, { write: false, at, mib }) / rate(sectors) - 1;
      if (Math.abs(off) > 0.03) misses.push(`${row.model} ${where}: ${(100 * off).toFixed(1)} %`);
    }
  }
  assert.deepEqual(misses, []);
});
