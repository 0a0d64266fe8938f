/**
 * Where the search for a flash drive begins: what a measurement tells without any search.
 *
 * At one outstanding a read's latency is firmware, sense, channel and link, and only the sense
 * differs from page to page: the distribution of latencies, less the rest, is that of sense times. At
 * the greatest depth the rate is one over what a command does alone: the link's or the controller's
 * part, or what the dies give. A lone write that is buffered is firmware and link.
 */

import type { SsdProfile } from '../device/ssd/profile.ts';
import { deepOf } from './ssd-parameters.ts';
import { KIB_PER_MIB_US } from './ssd-sizes.ts';
import type { LoopWorkload, Target } from './target.ts';

/** Page types that a distribution of senses is cut into. */
const TYPES = 12;
/** A lone read slower than several outstanding by so much has woken the flash. */
const WAKES = 1.1;
/** How long the flash rests before it dozes off, us: between the gaps of a lone reader and of two. */
const DOZES_US = 40;
/** The last of the page types ends at the 95th percentile; what is slower by so much was read again. */
const RETRIED = { by: 1.06, share: 0.03 } as const;

interface Loop {
  readonly workload: LoopWorkload;
  readonly measured: Target['measured'];
}

/** The profile with what the figures tell at once; the given one is left alone. */
export function firstGuess(profile: SsdProfile, targets: readonly Target[]): SsdProfile {
  const guess = structuredClone(profile);
  const loops = targets.filter((t): t is Loop => t.workload.run === 'loop' && !t.workload.steady);
  const small = loops.filter(({ workload: w }) => w.kib === 4 && !w.sequential);
  guessReads(
    guess,
    small.filter(({ workload }) => !workload.write),
  );
  guessWrites(
    guess,
    small.filter(({ workload }) => workload.write),
  );
  guessFlush(guess, targets);
  return guess;
}

/** Of the smallest write and flush nearly all is the flush. */
function guessFlush(guess: SsdProfile, targets: readonly Target[]): void {
  const { controller, link } = guess;
  let leastKib = Infinity;
  for (const { workload, measured } of targets) {
    if (workload.run !== 'write-flush' || workload.kib >= leastKib) continue;
    leastKib = workload.kib;
    const payloadUs = (leastKib / link.mib_per_s) * KIB_PER_MIB_US;
    const linkUs = payloadUs + (link.per_write_us ?? link.per_command_us) + link.per_command_us;
    controller.flush_us = Math.max(1, measured.mean_us - controller.write_us - linkUs);
  }
}

const at = (loops: readonly Loop[], outstanding: number): Loop['measured'] | undefined =>
  loops.find(({ workload }) => workload.outstanding === outstanding)?.measured;

/** The latency that half of the requests stay below, us; from the rate where it is not told. */
function median(loops: readonly Loop[], outstanding: number): number | undefined {
  const loop = loops.find(({ workload }) => workload.outstanding === outstanding);
  if (loop === undefined) return undefined;
  const { p50_us, mean_us, iops } = loop.measured as Readonly<Record<string, number | undefined>>;
  const fromRate = iops === undefined ? undefined : (1e6 * outstanding) / iops;
  return p50_us ?? mean_us ?? (fromRate && fromRate - loop.workload.hostUs);
}

const highestRate = (profile: SsdProfile, loops: readonly Loop[]): number | undefined => {
  const deep = loops.filter(({ workload }) => workload.outstanding >= deepOf(profile));
  const rates = deep.map(({ measured }) => measured.iops ?? 0);
  const highest = Math.max(0, ...rates);
  return highest > 0 ? highest : undefined;
};

function guessReads(guess: SsdProfile, reads: readonly Loop[]): void {
  const { array, controller, link, sources } = guess;
  const payloadUs = (4 / link.mib_per_s) * KIB_PER_MIB_US;
  const channelUs = (4 / array.channel_mib_per_s) * KIB_PER_MIB_US;
  const rate = highestRate(guess, reads);
  if (rate !== undefined) {
    if (link.full_duplex) controller.serial_read_us = 0.8 * (1e6 / rate);
    else link.per_command_us = Math.max(0, 1e6 / rate - payloadUs);
  }
  const serialUs = controller.serial_read_us ?? controller.serial_us;
  let lone = median(reads, 1);
  const several = median(reads, 4) ?? median(reads, 2);
  if (lone === undefined) return;
  if (several !== undefined && lone > WAKES * several) {
    array.idle = { after_us: DOZES_US, wake_us: lone - several };
    sources['array.idle.after_us'] =
      'assumption: between the gaps of a lone reader and of two outstanding';
  }
  const wakeUs = array.idle?.wake_us ?? 0;
  lone -= wakeUs;
  if (controller.read_us > 0.4 * lone) controller.read_us = 0.4 * lone;
  const restUs =
    controller.read_us + serialUs + link.per_command_us + payloadUs + channelUs + wakeUs;
  const alone = at(reads, 1) ?? {};
  const known = Object.entries(alone).flatMap(([name, us]) => {
    const share = /^p([\d.]+)_us$/.exec(name);
    return share === null ? [] : [[Number(share[1]), us] as const];
  });
  const told = known.filter(([p]) => p <= 95).sort(([a], [b]) => a - b);
  if (told.length < 2) {
    const from = array.read_us.reduce((sum, us) => sum + us, 0) / array.read_us.length;
    const to = Math.max(1, lone + wakeUs - restUs);
    array.read_us = array.read_us.map((us) => Math.max(1, (us * to) / from));
    return;
  }
  const kinds = array.read_us.length;
  array.read_us = Array.from({ length: TYPES }, (_, i) =>
    Math.max(1, quantile(told, (100 * (i + 0.5)) / TYPES, kinds) - restUs),
  );
  sources['array.read_us'] =
    `modes of the lone read's latency, cut into ${TYPES} equal shares, less firmware, channel and link`;
  const p99 = alone.p99_us;
  const [, highest] = told[told.length - 1];
  if (p99 !== undefined && p99 > RETRIED.by * highest) {
    array.read_retry = [{ share: RETRIED.share, added_us: p99 - highest }];
    sources['array.read_retry'] = 'fit: the slowest percent of lone reads, taken as read again';
  }
}

/**
 * Straight lines between the known percentiles, level beyond them. Page types are equally many, so
 * where two known ones lie on either side of a type's edge the step is there.
 */
function quantile(known: readonly (readonly [number, number])[], p: number, kinds: number): number {
  const above = known.findIndex(([share]) => share >= p);
  if (above === 0) return known[0][1];
  if (above < 0) return known[known.length - 1][1];
  const [p0, us0] = known[above - 1];
  const [p1, us1] = known[above];
  const edge = (Math.ceil((p0 / 100) * kinds) / kinds) * 100;
  if (edge > p0 && edge < p1) return p < edge ? us0 : us1;
  return us0 + ((us1 - us0) * (p - p0)) / (p1 - p0);
}

function guessWrites(guess: SsdProfile, writes: readonly Loop[]): void {
  const { array, controller, link, buffer } = guess;
  const payloadUs = (4 / link.mib_per_s) * KIB_PER_MIB_US;
  const rate = highestRate(guess, writes);
  const perWriteUs = rate === undefined ? undefined : Math.max(0, 1e6 / rate - payloadUs);
  if (buffer.write_back && perWriteUs !== undefined) {
    if (link.full_duplex) controller.serial_write_us = 0.9 * perWriteUs;
    else link.per_write_us = perWriteUs;
  }
  const lone = median(writes, 1);
  if (lone === undefined) return;
  const linkUs = payloadUs + (link.per_write_us ?? link.per_command_us);
  if (buffer.write_back) {
    const serialUs = controller.serial_write_us ?? controller.serial_us;
    controller.write_us = Math.max(0.5, lone - linkUs - (link.full_duplex ? serialUs : 0));
    return;
  }
  // Through to the flash: the program is nearly all of it.
  if (perWriteUs !== undefined) controller.serial_write_us = perWriteUs;
  array.program_us = [Math.max(1, lone - linkUs - controller.write_us - (perWriteUs ?? 0))];
}
