/**
 * What may be fitted of a rotational drive. A seek table's knots are called
 * `mechanics.seek.points@CYLINDERS`, the skew of all zones `layout.zones.skew`.
 */

import type { HddProfile } from '../device/hdd/profile.ts';
import { hddSchema } from '../device/hdd/profile.ts';
import { seekTable } from '../device/hdd/seek.ts';
import { MS } from '../sim/units.ts';
import { keepInOrder, SKEW, skewBy, skewOf } from './skew.ts';
import { get, numbersUnder, set, valueAt, type Parameter, type ParameterSpace } from './space.ts';

/** The groups of `--fit`, in the order of the command's help. */
const GROUPS: Readonly<Record<string, (profile: HddProfile) => string[]>> = {
  overheads: (profile) => [
    ...numbersUnder(profile, 'overhead'),
    'link.sector_us',
    ...(profile.link.command_us > 0 ? ['link.command_us'] : []),
  ],
  settle: () => ['mechanics.headSwitch_ms', 'mechanics.readSettle_ms', 'mechanics.writeSettle_ms'],
  seek: (profile) =>
    profile.mechanics.seek.form === 'table'
      ? knotsOf(profile).map((d) => `mechanics.seek.points@${d}`)
      : numbersUnder(profile, 'mechanics.seek').filter((path) => !path.includes('first_ms')),
  cache: (profile) =>
    profile.cache.segments === 0
      ? []
      : ['cache.segments', 'cache.segment_sectors', 'cache.readAheadMax_sectors'],
  skew: () => [SKEW],
  window: (profile) =>
    profile.queue.depth > 1 && profile.queue.order === 'positioning'
      ? ['queue.slack_ms', 'queue.ageLimit_ms']
      : [],
};

const DEFAULT_FIT: readonly string[] = ['overheads', 'settle', 'seek', 'cache', 'window'];

const KNOTS = 6;

/** Distances at which a seek table is bent: evenly apart in their roots, as seek times are. */
function knotsOf(profile: HddProfile): number[] {
  const root = Math.sqrt(profile.mechanics.cylinders - 1);
  const at = Array.from({ length: KNOTS }, (_, i) =>
    Math.round((1 + ((root - 1) * i) / (KNOTS - 1)) ** 2),
  );
  return [...new Set(at)];
}

function rangeOf(profile: HddProfile, name: string): Parameter {
  if (name.includes('@')) {
    return { name, start: 0, low: -1.5, high: 1.5, scale: 'linear' };
  }
  if (name === SKEW) {
    const start = Math.min(0.95, Math.max(0.03, skewOf(profile)));
    return { name, start, low: 0.03, high: 0.95, scale: 'linear' };
  }
  const start = get(profile, name.split('.')) as number;
  const key = name.slice(name.lastIndexOf('.') + 1);
  const isWhole = /sectors$|cylinders$|segments$|extents$|window$|depth$/.test(key);
  if (isWhole) {
    const high = key === 'segments' ? Math.min(1024, 4 * start) : 4 * Math.max(1, start);
    return { name, start, low: Math.max(1, start / 4), high, scale: 'whole' };
  }
  // Times near 0 need room too.
  const room = Math.max(0.7 * Math.abs(start), roomOf(key));
  const mayBeNegative = /Settle|Constant/.test(key);
  const low = mayBeNegative ? start - room : Math.max(0, start - room);
  if (low > 0 && start > 4) return { name, start, low: start / 2, high: start * 2, scale: 'log' };
  return { name, start, low, high: start + room, scale: 'linear' };
}

/** How far a number may go at least, in its own unit. */
function roomOf(key: string): number {
  // Of the order of a short seek; of a sector on a slow bus; half a millisecond.
  return key === 'slack_ms' ? 4 : key.endsWith('_us') ? 30 : 0.5;
}

/** The profile with parameters at the given coordinates; the given one is left alone. */
function profileAt(
  profile: HddProfile,
  parameters: readonly Parameter[],
  point: readonly number[],
): HddProfile {
  const tuned = structuredClone(profile);
  const bends: [number, number][] = [];
  parameters.forEach((parameter, i) => {
    const value = valueAt(parameter, point[i]);
    const [path, knot] = parameter.name.split('@');
    if (path === SKEW) {
      skewBy(tuned, value);
      tuned.sources[SKEW] = 'fit';
    } else if (knot === undefined) set(tuned, path.split('.'), value);
    else bends.push([Math.sqrt(Number(knot)), value]);
  });
  const { seek } = tuned.mechanics;
  if (bends.length > 0 && seek.form === 'table') {
    const table = seekTable(seek, tuned.mechanics.cylinders);
    const distances = new Set(seek.points.map(([d]) => d));
    // Where it is bent the table needs a point.
    for (const [root] of bends) distances.add(Math.round(root ** 2));
    const ascending = [...distances].filter((d) => d < table.length).sort((a, b) => a - b);
    seek.points = ascending.map((d) => [
      d,
      Math.max(0, table[d] / MS + bendAt(bends, Math.sqrt(d))),
    ]);
  }
  keepInOrder(tuned);
  return tuned;
}

/** Straight lines between the knots, level beyond them. */
function bendAt(bends: readonly (readonly [number, number])[], x: number): number {
  let i = 0;
  while (i < bends.length && bends[i][0] < x) i++;
  if (i === 0) return bends[0][1];
  if (i === bends.length) return bends[i - 1][1];
  const [x0, y0] = bends[i - 1];
  const [x1, y1] = bends[i];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/**
 * The tuned profile as it is written: numbers rounded to what a fit can know, checked, and for each
 * fitted one what it was fitted to.
 */
function fittedProfile(
  profile: HddProfile,
  parameters: readonly Parameter[],
  point: readonly number[],
  what: string,
): HddProfile {
  const tuned = profileAt(profile, parameters, point);
  const sources: Record<string, string> = { ...tuned.sources };
  for (const { name } of parameters) {
    const [path, knot] = name.split('@');
    if (knot === undefined && path !== SKEW) {
      const keys = path.split('.');
      set(tuned, keys, Number((get(tuned, keys) as number).toPrecision(5)));
    }
    sources[path] =
      knot === undefined ? `fit: ${what}` : `fit: table bent at ${KNOTS} knots, ${what}`;
  }
  const { seek } = tuned.mechanics;
  if (seek.form === 'table') seek.points = seek.points.map(([d, ms]) => [d, Number(ms.toFixed(4))]);
  return hddSchema.parse({ ...tuned, sources });
}

export const hddSpace: ParameterSpace<HddProfile> = {
  groups: GROUPS,
  defaultFit: () => DEFAULT_FIT,
  isSmooth: false,
  evaluations: 2000,
  rangeOf,
  profileAt,
  fittedProfile,
};
