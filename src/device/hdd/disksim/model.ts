/**
 * The mechanical half of a DiskSim disk: `dm_disk` with its `dm_mech_g1` and `dm_layout_g1`, and the
 * table of seek times it names, as our `mechanics` and `layout`.
 */

import { existsSync } from 'node:fs';
import { InputError } from '../../../sim/input-error.ts';
import type * as z from 'zod';
import { SPARING, type hddSchema } from '../profile.ts';
import type { Account } from './account.ts';
import { besides, readText, type Block } from './parameters.ts';

/** A profile before its defaults are filled in. */
export type HddInput = z.input<typeof hddSchema>;

/** DiskSim's numbers 0..2 for the order of tracks. */
const ORDERS = ['cylinder', 'cylinder-serpentine', 'cylinder-serpentine-by-parity'] as const;

/**
 * A table of seek times: perhaps a heading, then `distance, ms` a line, perhaps with a deviation, which
 * DiskSim does not use either.
 * @throws InputError naming file and line
 */
export function readSeekTable(file: string): [number, number][] {
  const points: [number, number][] = [];
  readText(file)
    .split('\n')
    .forEach((text, i) => {
      if (text.trim() === '' || text.trim().startsWith('#')) return;
      if (i === 0 && /^\s*Seek distances measured:\s*\d+\s*$/i.test(text)) return;
      const match = /^\s*(\d+)\s*,\s*([^,\s]+)\s*(?:,\s*([^,\s]+)\s*)?,?\s*$/.exec(text);
      if (match === null || !(Number(match[2]) >= 0) || Number(match[1]) === 0) {
        throw new InputError('expected "distance, milliseconds"', { file, line: i + 1 });
      }
      const point: [number, number] = [Number(match[1]), Number(match[2])];
      if (points.length > 0 && point[0] <= points[points.length - 1][0]) {
        throw new InputError('expected a longer distance than the line before', {
          file,
          line: i + 1,
        });
      }
      points.push(point);
    });
  if (points.length === 0) throw new InputError('no seek times', { file, line: 1 });
  return points;
}

/**
 * DiskSim's curve through three figures (Lee & Katz, SIGMETRICS 1993): one + a root(d-1) + b (d-1), as a
 * table that is a hundredth of a millisecond off at most.
 */
function leeCurve(
  one: number,
  average: number,
  full: number,
  cylinders: number,
): [number, number][] {
  const a = (-10 * one + 15 * average - 5 * full) / (3 * Math.sqrt(cylinders));
  const b = (7 * one - 15 * average + 8 * full) / (3 * cylinders);
  const steps = 100;
  const root = Math.sqrt(Math.max(1, cylinders - 2));
  const distances = Array.from({ length: steps + 1 }, (_, i) =>
    Math.round(1 + (root * (i / steps)) ** 2),
  );
  return [...new Set(distances)].map((d) => {
    const ms = one + a * Math.sqrt(d - 1) + b * (d - 1);
    return [d, Number(Math.max(0, ms).toFixed(6))];
  });
}

function seekOf(
  mech: Block,
  cylinders: number,
  besideFile: string,
  account: Account,
): Pick<HddInput['mechanics'], 'seek'> {
  const at = 'mechanics.seek';
  const carried = (key: string, note = at): void => account.note(mech, key, 'carried', note);
  const type = mech.word('Seek type');
  carried('Seek type');
  const unused = (...keys: string[]): void => {
    for (const key of keys) {
      if (mech.entries.has(key)) {
        account.note(mech, key, 'no effect', `of no effect with seek type ${type}`);
      }
    }
  };
  if (type === 'extracted') {
    carried('Full seek curve', 'mechanics.seek.points');
    unused('Single cylinder seek time', 'Average seek time', 'Full strobe seek time');
    unused('HPL seek equation values', 'First ten seek times');
    const key = 'Full seek curve';
    const found = [mech.file, besideFile]
      .map((from) => besides(from, mech.word(key)))
      .find((file) => existsSync(file));
    if (found === undefined) return mech.fail(key, `a file, there is no ${mech.word(key)}`);
    return { seek: { form: 'table', points: readSeekTable(found) } };
  }
  unused('Full seek curve');
  if (type === 'hpl' || type === 'hplplus10') {
    const key = 'HPL seek equation values';
    const values = mech.numbers(key);
    if (values.length < 5) mech.fail(key, `6 values, found ${values.length}`);
    carried(key);
    const first_ms: number[] = [];
    if (type === 'hplplus10') {
      first_ms.push(...mech.numbers('First ten seek times').slice(0, 10));
      carried('First ten seek times', 'mechanics.seek.first_ms');
    } else {
      unused('First ten seek times');
      if (values[5] >= 0) first_ms.push(values[5]);
    }
    unused('Single cylinder seek time', 'Average seek time', 'Full strobe seek time');
    return {
      seek: {
        form: 'hpl',
        threshold_cylinders: Math.max(1, values[0]),
        shortConstant_ms: values[1],
        shortRoot_ms: values[2],
        longConstant_ms: values[3],
        longPerCylinder_ms: values[4],
        first_ms,
      },
    };
  }
  unused('HPL seek equation values', 'First ten seek times');
  if (type === 'curve' || type === 'linear') {
    const keys = ['Single cylinder seek time', 'Average seek time', 'Full strobe seek time'];
    const [trackToTrack_ms, average_ms, fullStroke_ms] = keys.map((key) => mech.number(key));
    keys.forEach((key) => carried(key));
    if (type === 'curve') {
      const points = leeCurve(trackToTrack_ms, average_ms, fullStroke_ms, cylinders);
      return { seek: { form: 'table', points } };
    }
    // Straight lines from one cylinder to a third of them, and from there to all.
    const far = Math.max(3, cylinders - 1);
    const third = Math.max(2, Math.round(cylinders / 3));
    const points: [number, number][] = [
      [1, trackToTrack_ms],
      [third, average_ms],
      [far, fullStroke_ms],
    ];
    return { seek: { form: 'table', points } };
  }
  if (type === 'constant') {
    const own = 'Constant seek time';
    const key = mech.entries.has(own) ? own : 'Single cylinder seek time';
    carried(key);
    return { seek: { form: 'table', points: [[1, mech.number(key)]] } };
  }
  return mech.fail('Seek type', 'extracted, hpl, hplplus10, curve, linear or constant');
}

/**
 * `mechanics` of a `dm_disk`.
 * @param besideFile where to look for the seek times when they are not beside the model
 * @throws InputError
 */
export function mechanicsOf(
  model: Block,
  besideFile: string,
  account: Account,
): HddInput['mechanics'] {
  const mech = model.block('Mechanical Model');
  account.note(model, 'Mechanical Model', 'carried', 'mechanics');
  const carry = (block: Block, key: string, path: string, byDefault?: number): number => {
    if (block.entries.has(key)) account.note(block, key, 'carried', `mechanics.${path}`);
    return block.number(key, byDefault);
  };
  const access = 'Access time type';
  if (mech.word(access) === 'trackSwitchPlusRotation') {
    account.note(mech, access, 'carried', 'the only way there is');
  } else {
    account.note(mech, access, 'no counterpart', 'seek and rotation are always computed exactly');
  }
  if (mech.entries.has('Constant access time')) {
    account.note(
      mech,
      'Constant access time',
      'no counterpart',
      'access is always computed exactly',
    );
  }
  return {
    rpm: carry(mech, 'Rotation speed (in rpms)', 'rpm'),
    rpmError_percent: carry(mech, 'Percent error in rpms', 'rpmError_percent', 0),
    surfaces: carry(model, 'Number of data surfaces', 'surfaces'),
    cylinders: carry(model, 'Number of cylinders', 'cylinders'),
    ...seekOf(mech, model.count('Number of cylinders'), besideFile, account),
    headSwitch_ms: carry(mech, 'Head switch time', 'headSwitch_ms'),
    writeSettle_ms: carry(mech, 'Add. write settling delay', 'writeSettle_ms', 0),
  };
}

type ZoneInput = HddInput['layout']['zones'][number];

type SkewUnits = 'sectors' | 'revolutions' | undefined;

/** The unit that a layout or zone states its angles in; undefined where it states none. */
function skewUnitsOf(block: Block, account: Account): SkewUnits {
  const key = 'Skew units';
  if (!block.entries.has(key)) return undefined;
  account.note(block, key, 'carried', 'layout.zones[]: skews and offset, in sectors');
  const unit = block.word(key);
  if (unit === 'sectors' || unit === 'revolutions') return unit;
  return block.fail(key, 'sectors or revolutions');
}

function zoneOf(zone: Block, layoutUnits: SkewUnits, account: Account): ZoneInput {
  const carry = (key: string, path: string, isCount: boolean, byDefault?: number): number => {
    if (zone.entries.has(key)) account.note(zone, key, 'carried', `layout.zones[].${path}`);
    return isCount ? zone.count(key, byDefault) : zone.number(key, byDefault);
  };
  const sectorsPerTrack = carry('Blocks per track', 'sectorsPerTrack', true);
  const units = skewUnitsOf(zone, account) ?? layoutUnits;
  // Where no unit is stated, below 1 an angle is a share of a revolution.
  const angle = (key: string, path: string): number => {
    const value = carry(key, path, false, 0);
    const isShare = units === undefined ? Math.abs(value) < 1 : units === 'revolutions';
    return isShare ? value * sectorsPerTrack : value;
  };
  const slips = zone.entries.has('slips') ? zone.numbers('slips') : [];
  account.note(zone, 'slips', 'carried', 'layout.zones[].slips');
  const defects = zone.entries.has('defects') ? zone.numbers('defects') : [];
  if (defects.length % 2 === 1) zone.fail('defects', 'pairs of a defective sector and its spare');
  account.note(zone, 'defects', 'carried', 'layout.zones[].remaps');
  return {
    firstCylinder: carry('First cylinder number', 'firstCylinder', true),
    lastCylinder: carry('Last cylinder number', 'lastCylinder', true),
    sectorsPerTrack,
    firstOffset_sectors: angle('Offset of first block', 'firstOffset_sectors'),
    trackSkew_sectors: angle('Skew for track switch', 'trackSkew_sectors'),
    cylinderSkew_sectors: angle('Skew for cylinder switch', 'cylinderSkew_sectors'),
    reserved_sectors: carry('Empty space at zone front', 'reserved_sectors', true, 0),
    spares: carry('Number of spares', 'spares', true, 0),
    slips: slips.sort((a, b) => a - b),
    remaps: Array.from({ length: defects.length / 2 }, (_, i): [number, number] => [
      defects[2 * i],
      defects[2 * i + 1],
    ]).filter(([from, to]) => from !== to),
  };
}

/** `layout` of a `dm_disk`. @throws InputError */
export function layoutOf(model: Block, account: Account): HddInput['layout'] {
  const layout = model.block('Layout Model');
  account.note(model, 'Layout Model', 'carried', 'layout');
  if (layout.type !== 'dm_layout_g1') model.fail('Layout Model', 'dm_layout_g1');
  const carry = (block: Block, key: string, path: string): number => {
    account.note(block, key, 'carried', `layout.${path}`);
    return block.count(key);
  };
  const order = ORDERS[carry(layout, 'LBN-to-PBN mapping scheme', 'order')];
  if (order === undefined) layout.fail('LBN-to-PBN mapping scheme', '0, 1 or 2');
  const sparing = SPARING[carry(layout, 'Sparing scheme used', 'sparing')];
  if (sparing === undefined) layout.fail('Sparing scheme used', `0..${SPARING.length - 1}`);
  const range = 'Rangesize for sparing';
  const range_cylinders = layout.count(range, 1);
  account.note(
    layout,
    range,
    sparing === 'range-end' ? 'carried' : 'no effect',
    'layout.range_cylinders',
  );
  account.note(layout, 'Zones', 'carried', 'layout.zones');
  const units = skewUnitsOf(layout, account);
  const zones = layout.blocks('Zones').map((zone) => zoneOf(zone, units, account));
  return {
    order,
    sparing,
    range_cylinders: Math.max(1, range_cylinders),
    capacity_sectors: carry(model, 'Block count', 'capacity_sectors'),
    zones,
  };
}
