/**
 * From a datasheet to a profile: what the maker states, and for the rest a stated assumption.
 *
 * Sectors a track fall from the outermost cylinder to the innermost as a power of the way inwards: 1
 * were bits and tracks equally dense everywhere; capacity over their mean is the number of tracks. A sustained rate is sectors a track x 512 x revolutions a second over
 * 1 + skew (Wong, "Discovering Hard Disk Physical Geometry through Microbenchmarking", 2019).
 */

import * as z from 'zod';
import { hddSchema, type HddProfile } from '../device/hdd/profile.ts';
import { TYPICAL_FULL } from '../device/hdd/seek.ts';
import { profileBase } from '../device/profile.ts';
import type { SsdProfile } from '../device/ssd/profile.ts';
import { checkJson, readJsonText } from '../sim/json-file.ts';
import { MIB, SECTOR_BYTES } from '../sim/units.ts';
import { flashDatasheetSchema, profileOfFlashDatasheet } from './flash-datasheet.ts';
import { SKEW, skewFor } from './skew.ts';

const positive = z.number().positive();

/** What a datasheet may say; only name, title, rpm, capacity and average seek are needed. */
export const datasheetSchema = z.strictObject({
  $schema: z.string().optional(),
  name: profileBase.name,
  title: profileBase.title,
  sources: profileBase.sources.meta({ description: 'Key of this file -> where it is from.' }),
  rpm: positive,
  capacity_bytes: positive,
  outer_MBps: positive.optional().meta({ description: 'Sustained, 10^6 bytes/s, outermost zone.' }),
  middle_MBps: positive.optional().meta({ description: 'The same at half the capacity.' }),
  inner_MBps: positive.optional().meta({ description: 'The same of the innermost zone.' }),
  surfaces: z.int().min(1).optional(),
  averageSeek_ms: positive.meta({ description: 'Reading, typical.' }),
  averageWriteSeek_ms: positive.optional(),
  trackToTrack_ms: positive.optional(),
  fullStroke_ms: positive.optional(),
  headSwitch_ms: positive.optional(),
  skew_revolutions: positive.optional().meta({ description: 'From one track to the next.' }),
  cache_mib: positive.optional(),
  queueDepth: z.int().min(1).max(256).optional(),
  link_MBps: positive.optional(),
  overhead_ms: z.number().min(0).optional().meta({ description: 'Of a read that misses.' }),
  physicalSector_bytes: z.union([z.literal(512), z.literal(4096)]).optional(),
  serpentine: z.boolean().optional().meta({ description: 'Along surfaces, not cylinders.' }),
  readAheadMax_ms: positive.optional().meta({
    description: 'Where single sectors read in order show that reading ahead ends by the clock.',
  }),
  class: z.enum(['server', 'desktop']).optional().meta({
    description: "What its maker sells it for: servers' firmware orders its queue more boldly.",
  }),
});
export type Datasheet = z.infer<typeof datasheetSchema>;

const ZONES = 16;
/** How the rate falls from the outside in: an assumption, used where no middle rate is stated. */
const BEND = 1.25;
/** Cylinders in one sweep: 115 and 315 were measured on two drives (Wong). */
const SWEEP = 200;

/** Of a miss: between what the lone reads of the Raptor and of the 500 GB disk of 2010 ask for. */
const OVERHEAD_MS = 0.5;
/**
 * What a queue counts as missed. With the typical seek curve, depth 32 needs 0 for the 180 to 240 IOPS of
 * servers' drives. The 500 GB disk of 2010 asks for 1.9, by which the ST2000DM006 of 2016 is 10 % fast at
 * depth 32; that one for 3, by which the 500 GB disk is 8 % slow.
 */
const SLACK_MS = { server: 0, desktop: 2 } as const;
/** What the longest reads of the 500 GB disk of 2010 show at 32 outstanding: 1.96 to 2.01 s in six runs. */
const AGE_LIMIT_MS = 2000;
/** Drives whose class is not stated: above this capacity, or with a faster seek, one of a server's. */
const DESKTOP = { mostBytes: 4e12, leastSeek_ms: 8.3, mostRpm: 7200 } as const;
/**
 * A single cylinder, of the average seek: of servers' drives above this capacity, which have a second, fine
 * actuator at the head, and of all others.
 */
const SINGLE = { fine: 0.03, coarse: 0.09, fineAboveBytes: 1e12 } as const;

/**
 * Dirty ranges kept, written in one sweep of the arm without a look at the angle: of several tried,
 * what brings random writes within 10 % of IOPS on the three drives measured.
 */
const WRITE_EXTENTS = 80;

/** @throws InputError naming file, line and field */
export function readDatasheet(file: string): Datasheet {
  return checkJson(readJsonText(file), datasheetSchema);
}

/**
 * The profile of a datasheet of either kind of drive: a flash drive's says `"kind": "ssd"`.
 * @throws InputError naming file, line and field
 */
export function profileFromDatasheet(file: string): HddProfile | SsdProfile {
  const text = readJsonText(file);
  const { kind } = Object(text.value) as { kind?: unknown };
  if (kind !== 'ssd') return profileOfDatasheet(checkJson(text, datasheetSchema));
  return profileOfFlashDatasheet(checkJson(text, flashDatasheetSchema));
}

/** The profile, and in its `sources` what each number comes from. */
export function profileOfDatasheet(sheet: Datasheet): HddProfile {
  const sources: Record<string, string> = {
    mechanics: 'assumption: none, as nobody states it',
    queue: 'assumption: none, as nobody states it',
  };
  /** A figure of the sheet, or the assumption in its place; noted under the profile's key. */
  const figure = <K extends keyof Datasheet>(
    key: K,
    path: string,
    assumed: NonNullable<Datasheet[K]>,
    why: string,
  ): NonNullable<Datasheet[K]> => {
    const given = sheet[key];
    const source = sheet.sources[key] ?? 'datasheet';
    sources[path] = given === undefined || given === null ? `assumption: ${why}` : source;
    return given ?? assumed;
  };
  const rev_ms = 60_000 / figure('rpm', 'mechanics.rpm', sheet.rpm, '');
  const average = figure('averageSeek_ms', 'mechanics.seek.average_ms', sheet.averageSeek_ms, '');
  const isServer =
    sheet.rpm > DESKTOP.mostRpm ||
    sheet.capacity_bytes > DESKTOP.mostBytes ||
    average < DESKTOP.leastSeek_ms;
  const kind = figure(
    'class',
    'queue.slack_ms',
    isServer ? 'server' : 'desktop',
    'a drive of a server above 7200 rpm, 4 TB or with a seek below 8.3 ms, else of a desktop',
  );
  const isFine = kind === 'server' && sheet.capacity_bytes > SINGLE.fineAboveBytes;
  const skew_ms = sheet.skew_revolutions === undefined ? Infinity : sheet.skew_revolutions * rev_ms;
  const single = figure(
    'trackToTrack_ms',
    'mechanics.seek.trackToTrack_ms',
    round(Math.min((isFine ? SINGLE.fine : SINGLE.coarse) * average, 0.7 * skew_ms), 2),
    isFine
      ? '0.03 average seeks, as the HC310 states (0.23 of 7.4 ms); no more than the skew allows'
      : '0.09 average seeks: 0.07 to 0.08 on drives that state both; no more than the skew allows',
  );
  const full = figure(
    'fullStroke_ms',
    'mechanics.seek.fullStroke_ms',
    round(TYPICAL_FULL * average, 2),
    '1.88 average seeks, the mean of seven measured curves (1.73 to 2.02)',
  );
  const head = figure(
    'headSwitch_ms',
    'mechanics.headSwitch_ms',
    single,
    'as a seek of one cylinder: the head settles anew',
  );
  const writeAverage = figure(
    'averageWriteSeek_ms',
    'mechanics.writeSettle_ms',
    average + 0.5,
    'half a millisecond more than a read',
  );
  const serpentine = figure('serpentine', 'layout.order', true, 'as drives since about 2000');
  const move = serpentine ? single : Math.max(single, head);
  // Tracks are skewed for writing in order without losing a revolution.
  const writeSettle = Math.max(0, Math.min(writeAverage - average, skew_ms - move - 0.02));
  if (writeSettle < writeAverage - average) {
    sources['mechanics.writeSettle_ms'] += '; cut to what the skew allows';
  }
  const way = { move_ms: move, writeSettle_ms: writeSettle };
  const skew = figure(
    'skew_revolutions',
    SKEW,
    round(skewFor(way, rev_ms), 3),
    'the way to the next track and settling for a write, or 0.3 ms',
  );
  const physical = figure(
    'physicalSector_bytes',
    'layout.capacity_sectors',
    sheet.capacity_bytes > 2e12 ? 4096 : 512,
    '4096 above 2 TB',
  );
  const sectorsOf = (MBps: number): number => {
    const bytes = (MBps * 1e6 * (1 + skew) * rev_ms) / 1000;
    return Math.max(1, Math.round(bytes / physical)) * (physical / SECTOR_BYTES);
  };
  const outer = figure(
    'outer_MBps',
    'layout.zones.outer',
    (sheet.inner_MBps ?? 75) * 2,
    'twice the inner rate, or 150 MB/s',
  );
  const inner = figure('inner_MBps', 'layout.zones.inner', outer * 0.48, 'the outer rate x 0.48');
  const bend = sheet.middle_MBps === undefined ? BEND : bendFor(sheet.middle_MBps, outer, inner);
  sources['layout.zones'] =
    `outer rate: ${sources['layout.zones.outer']}; inner rate: ${sources['layout.zones.inner']}; ` +
    `assumption: ${ZONES} zones, sectors a track falling with the power ${bend.toFixed(2)} of the way`;
  delete sources['layout.zones.outer'];
  delete sources['layout.zones.inner'];

  const first = sectorsOf(outer);
  const last = sectorsOf(inner);
  const capacity = Math.floor(sheet.capacity_bytes / SECTOR_BYTES);
  const surfaces = figure(
    'surfaces',
    'mechanics.surfaces',
    Math.max(1, Math.round(capacity / ((first + last) / 2) / 300_000)),
    '300 000 tracks a surface',
  );
  const unit = physical / SECTOR_BYTES;
  const perZone = Array.from({ length: ZONES }, (_, i) => {
    const share = (i / (ZONES - 1)) ** bend;
    return Math.round((first + (last - first) * share) / unit) * unit;
  });
  const perCylinder = (surfaces * perZone.reduce((a, b) => a + b)) / ZONES;
  const cylinders = Math.ceil(capacity / perCylinder / ZONES) * ZONES + ZONES;
  const zones = perZone.map((sectorsPerTrack, i) => ({
    firstCylinder: (cylinders / ZONES) * i,
    lastCylinder: (cylinders / ZONES) * (i + 1) - 1,
    sectorsPerTrack,
    trackSkew_sectors: round(skew * sectorsPerTrack, 0),
    cylinderSkew_sectors: round(skew * sectorsPerTrack, 0),
  }));
  sources['mechanics.cylinders'] = 'capacity over surfaces and mean sectors a track';
  sources['layout'] = 'capacity';
  sources['layout.serpentine_cylinders'] = 'assumption: 115 and 315 were measured on two drives';

  const overhead = figure('overhead_ms', 'overhead', OVERHEAD_MS, '0.5 ms a miss, 0.05 ms a hit');
  const hit = Math.min(0.05, overhead);
  const cache = figure('cache_mib', 'cache', 16, '16 MiB, half of it for writes');
  const cacheSectors = (cache * MIB) / SECTOR_BYTES;
  sources['cache.segments'] = 'assumption: 32 segments in the read half of the cache';
  sources['cache.readAheadMax_sectors'] =
    'assumption: a quarter of all segments where reading goes on, a segment where it is begun';
  sources['cache.adaptive'] =
    'Seagate manual ST1000NM0033, section 4.4: segments are made and removed as the workload asks';
  sources['writeCache'] =
    'assumption: half of the cache, written when idle or above a half; 80 ranges in one sweep, as ' +
    'suits the random writes of three drives';
  const readAheadMax_ms = sheet.readAheadMax_ms ?? 0;
  sources['cache.readAheadMax_ms'] =
    readAheadMax_ms === 0 ? 'assumption: no limit' : (sheet.sources.readAheadMax_ms ?? 'datasheet');
  const depth = figure('queueDepth', 'queue.depth', 32, 'NCQ');
  const slack = SLACK_MS[kind];
  sources['queue.slack_ms'] += `: ${kind}; assumption: ${slack} ms, as suits such drives`;
  sources['queue.ageLimit_ms'] =
    'assumption: two seconds, as the 500 GB disk of 2010 (longest of each run at 32 outstanding: 1.96 to 2.01 s)';
  const link = figure('link_MBps', 'link', 550, 'SATA at 6 Gbit/s after coding and framing');
  const segment = Math.floor(cacheSectors / 2 / 32);
  const pair = (ms: number) => ({ afterRead_ms: ms, afterWrite_ms: ms });
  return hddSchema.parse({
    name: sheet.name,
    kind: 'hdd',
    title: sheet.title,
    sources,
    mechanics: {
      rpm: sheet.rpm,
      surfaces,
      cylinders,
      seek: {
        form: 'datasheet',
        trackToTrack_ms: single,
        average_ms: average,
        fullStroke_ms: full,
      },
      headSwitch_ms: head,
      writeSettle_ms: round(writeSettle, 3),
    },
    layout: {
      order: serpentine ? 'surface-serpentine' : 'cylinder',
      serpentine_cylinders: serpentine ? SWEEP : 1,
      capacity_sectors: capacity,
      zones,
    },
    overhead: {
      readHit: pair(hit),
      readMiss: pair(overhead),
      writeHit: pair(hit),
      writeMiss: pair(overhead),
    },
    cache: {
      segments: 32,
      segment_sectors: segment,
      readAhead: 'segment-beyond',
      readAheadMax_sectors: 8 * segment,
      readAheadMax_ms,
      adaptive: true,
    },
    writeCache: {
      acknowledge: 'buffer',
      size_sectors: Math.floor(cacheSectors / 2),
      extents: WRITE_EXTENTS,
      window: 1,
    },
    queue: {
      depth,
      order: depth > 1 ? 'positioning' : 'fifo',
      slack_ms: slack,
      ageLimit_ms: AGE_LIMIT_MS,
    },
    link: { sector_us: round(SECTOR_BYTES / link, 4) },
  });
}

/** The power of the way inwards at which the rate at half the capacity is the given one. */
function bendFor(middle: number, outer: number, inner: number): number {
  const share = (outer - middle) / (outer - inner);
  let [low, high] = [0.3, 5];
  for (let i = 0; i < 50; i++) {
    const bend = (low + high) / 2;
    // Where half the capacity is passed, with sectors outer - (outer - inner) x^bend.
    const passed = (x: number): number =>
      outer * x - ((outer - inner) * x ** (bend + 1)) / (bend + 1);
    let [from, to] = [0, 1];
    for (let j = 0; j < 50; j++) {
      const x = (from + to) / 2;
      if (passed(x) < passed(1) / 2) from = x;
      else to = x;
    }
    if (from ** bend > share) low = bend;
    else high = bend;
  }
  return low;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
