/**
 * What may be fitted of a flash drive. `array.read_us` and `array.program_us` are lists by page type
 * and move as one: the senses by the same time each (what lies between the modes of a read is
 * measured directly, `ssd-first-guess.ts`), the programs in proportion. What is serial in a command
 * is the link's where it is one wire (SATA), the controller's where it is two (NVMe): of the two
 * only one can be told from rates.
 */

import { ssdProfileSchema, type SsdProfile } from '../device/ssd/profile.ts';
import { KIB } from '../sim/units.ts';
import type { Measurement } from './measurement.ts';
import { dieProgramBytes, KIB_PER_MIB_US, programBytes } from './ssd-sizes.ts';
import type { LoopWorkload } from './target.ts';
import { get, set, valueAt, type Parameter, type ParameterSpace } from './space.ts';

const GROUPS: ParameterSpace<SsdProfile>['groups'] = {
  reads: () => ['controller.read_us', 'array.read_us'],
  writes: ({ buffer }) => [
    'controller.write_us',
    'array.program_us',
    // Without a buffer to hide in, the part of a write that is done one at a time is seen.
    ...(buffer.write_back ? [] : ['controller.serial_write_us']),
  ],
  serial: ({ link }) =>
    link.full_duplex
      ? ['controller.serial_read_us', 'controller.serial_write_us']
      : ['link.per_command_us', 'link.per_write_us'],
  link: () => ['link.mib_per_s'],
  flush: () => ['controller.flush_us'],
  wake: ({ array }) => (array.idle === undefined ? [] : ['array.idle.wake_us']),
  retry: ({ array }) => (array.read_retry?.[0].added_us === undefined ? [] : [RETRY]),
};

const RETRY = 'array.read_retry.added_us';

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

/** What an absent number stands for (device/ssd/profile.ts). */
function valueOf(profile: SsdProfile, name: string): number {
  const { controller, link, array } = profile;
  if (name === 'array.read_us' || name === 'array.program_us') {
    return mean(get(profile, name.split('.')) as number[]);
  }
  if (name === RETRY) return array.read_retry?.[0].added_us ?? 0;
  const given = get(profile, name.split('.')) as number | undefined;
  if (given !== undefined) return given;
  return name.startsWith('link') ? link.per_command_us : controller.serial_us;
}

/** What a time that starts at none may come to, us: some times what the slowest drive here has. */
const ROOM_US = 20;

/** A part of a command's time, which may be none: what the deepest queue tells of it is an upper bound. */
const isPart = (name: string): boolean => /^(controller|link)\.\w+_us$/.test(name);

function rangeOf(profile: SsdProfile, name: string): Parameter {
  const start = valueOf(profile, name);
  const isWhole = /channels|_per_(chip|die|plane|block|program)$|bytes$|depth$|blocks$|burst$/.test(
    name,
  );
  if (isWhole) {
    return {
      name,
      start,
      low: Math.max(1, start / 4),
      high: 4 * Math.max(1, start),
      scale: 'whole',
    };
  }
  // The smallest sense shall stay above 1 us however far all of them move.
  const floor = name === 'array.read_us' ? 1 + start - Math.min(...profile.array.read_us) : 0;
  if (start < 1 || isPart(name)) {
    return { name, start, low: floor, high: floor + Math.max(ROOM_US, 4 * start), scale: 'linear' };
  }
  return { name, start, low: Math.max(floor, start / 4), high: start * 4, scale: 'log' };
}

/** A list moved so that its mean is the given one. */
function moved(name: string, list: readonly number[], to: number): number[] {
  const from = mean(list);
  return name === 'array.read_us'
    ? list.map((us) => Math.max(1, us + to - from))
    : list.map((us) => (us * to) / from);
}

function profileAt(
  profile: SsdProfile,
  parameters: readonly Parameter[],
  point: readonly number[],
): SsdProfile {
  return moveTo(profile, parameters, (parameter, i) => valueAt(parameter, point[i]));
}

function moveTo(
  profile: SsdProfile,
  parameters: readonly Parameter[],
  value: (parameter: Parameter, i: number) => number,
): SsdProfile {
  const tuned = structuredClone(profile);
  parameters.forEach((parameter, i) => {
    const { name } = parameter;
    const to = value(parameter, i);
    const path = name.split('.');
    const now = get(tuned, path);
    if (name === RETRY) set(tuned, ['array', 'read_retry', '0', 'added_us'], to);
    else set(tuned, path, Array.isArray(now) ? moved(name, now as number[], to) : to);
  });
  return tuned;
}

function fittedProfile(
  profile: SsdProfile,
  parameters: readonly Parameter[],
  point: readonly number[],
  what: string,
): SsdProfile {
  const round = (us: number): number => Number(us.toPrecision(4));
  const tuned = moveTo(profile, parameters, (parameter, i) => round(valueAt(parameter, point[i])));
  const { array } = tuned;
  array.read_us = array.read_us.map(round);
  array.program_us = array.program_us.map(round);
  const sources: Record<string, string> = { ...tuned.sources };
  for (const { name } of parameters) {
    const modes = name === 'array.read_us' && (sources[name] ?? '').startsWith('modes');
    sources[name] = modes ? `fit: ${what}; ${sources[name]}` : `fit: ${what}`;
  }
  return ssdProfileSchema.parse({ ...tuned, sources });
}

/** KiB from which the payload is most of what a request takes the link. */
const LARGE_KIB = 32;

const loopsOf = (measurement: Measurement): LoopWorkload[] =>
  measurement.kind === 'trace'
    ? []
    : measurement.targets.flatMap(({ workload }) => (workload.run === 'loop' ? [workload] : []));

const sizesOf = (measurement: Measurement): number[] =>
  measurement.kind === 'trace'
    ? []
    : measurement.targets.flatMap(({ workload: w }) =>
        w.run === 'loop' || w.run === 'write-flush' ? [w.kib] : [],
      );

/** Outstanding from which on what is done one at a time shows, and not what the dies give. */
export const deepOf = ({ link }: SsdProfile): number => (link.full_duplex ? 32 : 16);

function isDeep(profile: SsdProfile, measurement: Measurement, write: boolean): boolean {
  const most = Math.max(
    0,
    ...loopsOf(measurement).map((w) => (w.write === write ? w.outstanding : 0)),
  );
  return most >= deepOf(profile);
}

/**
 * So many times the dies, of the same capacity and rate of programming: how they are counted no datasheet
 * says, and how soon reads wait for each other follows from it.
 */
function otherDies(profile: SsdProfile, factors: readonly number[]): SsdProfile[] {
  return factors.flatMap((by) => {
    const drive = structuredClone(profile);
    const { array, buffer } = drive;
    array.dies_per_chip *= by;
    array.blocks_per_plane = Math.ceil(array.blocks_per_plane / by) + (by > 1 ? 4 : 0);
    if (buffer.write_back) array.program_us = array.program_us.map((us) => us * by);
    drive.sources['array.dies_per_chip'] = 'fit: of half, as many, twice and four times as many';
    return ssdProfileSchema.safeParse(drive).success ? [drive] : [];
  });
}

/**
 * The deepest queue's writes bound by the dies, not one by one: programs take as long as gives the same
 * rate, and what was taken for the serial part is half of it. Between the two there is no slope.
 */
function boundByDies(profile: SsdProfile): SsdProfile[] {
  if (!profile.buffer.write_back) return [];
  const drive = structuredClone(profile);
  const { array, link, controller } = drive;
  const payloadUs = (4 / link.mib_per_s) * KIB_PER_MIB_US;
  const serial = link.full_duplex ? controller.serial_write_us : link.per_write_us;
  const eachUs = (serial ?? 0) + (link.full_duplex ? 0 : payloadUs);
  const transferUs = (dieProgramBytes(drive) / KIB / array.channel_mib_per_s) * KIB_PER_MIB_US;
  const programUs = (programBytes(drive) * eachUs) / (4 * KIB) - transferUs;
  if (serial === undefined || programUs < 1) return [];
  array.program_us = moved('array.program_us', array.program_us, programUs);
  if (link.full_duplex) controller.serial_write_us = serial / 2;
  else link.per_write_us = serial / 2;
  return [drive];
}

/** A channel's dies that share a ready line: how soon reads wait for each other, and for how long, differs. */
function sharingReady(profile: SsdProfile): SsdProfile[] {
  if (profile.array.dies_per_chip === 1) return [];
  const drive = structuredClone(profile);
  drive.array.shared_ready = true;
  drive.sources['array.shared_ready'] = 'fit: with and without';
  return [drive];
}

const alternatives = (profile: SsdProfile): SsdProfile[] => [
  ...otherDies(profile, [0.5, 2, 4]),
  ...[profile, ...otherDies(profile, [0.5])].flatMap(sharingReady),
  ...boundByDies(profile),
];

export const ssdSpace: ParameterSpace<SsdProfile> = {
  groups: GROUPS,
  defaultFit: (profile, measurement) => [
    ...Object.keys(GROUPS).filter((group) => group !== 'serial' && group !== 'link'),
    // What a start knows from a rating stands where the measurement goes less deep.
    ...GROUPS.serial(profile).filter(
      (name) =>
        valueOf(profile, name) === 0 || isDeep(profile, measurement, name.includes('write')),
    ),
    // Requests of one size do not tell the link's rate from its time for a command.
    ...(sizesOf(measurement).some((kib) => kib >= LARGE_KIB) ? GROUPS.link(profile) : []),
  ],
  alternatives,
  isSmooth: true,
  evaluations: 500,
  rangeOf,
  profileAt,
  fittedProfile,
};
