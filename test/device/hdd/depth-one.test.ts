/**
 * One random read at a time takes, on average, the seek between two random places, half a
 * revolution, the passing of its sectors and the overhead. The seek is averaged exactly here, from
 * the profile's curve and zones, over all pairs of sectors; nothing of it is simulated.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HddProfile } from '../../../src/device/hdd/profile.ts';
import { seekTable } from '../../../src/device/hdd/seek.ts';
import { loadProfile } from '../../../src/device/registry.ts';
import { MS } from '../../../src/sim/units.ts';
import { runDirectLoop } from '../../../src/workload/bare/direct-loop.ts';

/** A request, sectors. */
const SECTORS = 8;
/** At 10^6 the sampling error is 0.03 %, here 0.08 %. */
const REQUESTS = Number(process.env.DISKTIME_DEPTH_ONE_REQUESTS ?? 100_000);

/** Cylinders `from` to `to`, each with so many sectors. */
interface Row {
  readonly from: number;
  readonly to: number;
  readonly perCylinder: number;
}

/** The cylinders in use, from the outside in, up to the drive's capacity. */
function rowsInUse({ layout, mechanics }: HddProfile): Row[] {
  let left = layout.capacity_sectors;
  const rows: Row[] = [];
  for (const { firstCylinder, lastCylinder, sectorsPerTrack } of layout.zones) {
    const perCylinder = sectorsPerTrack * mechanics.surfaces;
    const cylinders = Math.min(lastCylinder - firstCylinder + 1, Math.floor(left / perCylinder));
    if (cylinders > 0)
      rows.push({ from: firstCylinder, to: firstCylinder + cylinders - 1, perCylinder });
    left -= cylinders * perCylinder;
  }
  return rows;
}

/** Mean of arm, head and settle over all pairs of sectors, ns. */
function meanMoveNs(profile: HddProfile): number {
  const { mechanics } = profile;
  const seek = seekTable(mechanics.seek, mechanics.cylinders);
  const otherHead = 1 - 1 / mechanics.surfaces;
  // upTo[d]: the sum over distances 0 .. d-1.
  const upTo = new Float64Array(mechanics.cylinders + 1);
  seek.forEach((ns, d) => {
    const withHead = Math.max(ns, mechanics.headSwitch_ms * MS);
    const settle = d > 0 ? mechanics.readSettle_ms * MS : 0;
    upTo[d + 1] = upTo[d] + (1 - otherHead) * ns + otherHead * withHead + settle;
  });
  const rows = rowsInUse(profile);
  let sumNs = 0;
  let sectors = 0;
  for (const a of rows) {
    sectors += (a.to - a.from + 1) * a.perCylinder;
    for (let c = a.from; c <= a.to; c++) {
      for (const b of rows) {
        let ns: number;
        if (c < b.from) ns = upTo[b.to - c + 1] - upTo[b.from - c];
        else if (c > b.to) ns = upTo[c - b.from + 1] - upTo[c - b.to];
        else ns = upTo[c - b.from + 1] + upTo[b.to - c + 1] - upTo[1];
        sumNs += a.perCylinder * b.perCylinder * ns;
      }
    }
  }
  return sumNs / sectors ** 2;
}

function closedFormUs(profile: HddProfile): number {
  const { mechanics, overhead, link } = profile;
  const periodNs = 60e9 / (mechanics.rpm * (1 + mechanics.rpmError_percent / 100));
  const rows = rowsInUse(profile);
  const tracks = rows.reduce((n, r) => n + (r.to - r.from + 1) * mechanics.surfaces, 0);
  const sectors = rows.reduce((n, r) => n + (r.to - r.from + 1) * r.perCylinder, 0);
  const transferNs = (SECTORS * periodNs * tracks) / sectors;
  const mechanicsUs = (meanMoveNs(profile) + periodNs / 2 + transferNs) / 1000;
  // All that a lone read passes through: the command, the data, the end. That the link is given up and
  // taken again is hidden by the arm and the platter.
  const overheadMs =
    overhead.readMiss.afterRead_ms + overhead.dataPreparation_ms + overhead.readCompletion_ms;
  return mechanicsUs + overheadMs * 1000 + link.sector_us * SECTORS;
}

for (const name of [
  'hgst-ultrastar-7k4000',
  'seagate-cheetah-15k7-600',
  'toshiba-p300-3tb',
  'hgst-ultrastar-he12',
  'toshiba-mg07-12tb',
]) {
  test(`${name}: a random read alone takes what the closed form says, within 0.5 %`, () => {
    const profile = loadProfile(name) as HddProfile;
    const run = { write: false, outstanding: 1, requests: REQUESTS };
    const off = runDirectLoop(profile, run).mean_us / closedFormUs(profile) - 1;
    assert.ok(Math.abs(off) <= 0.005, `off by ${(100 * off).toFixed(3)} %`);
  });
}
