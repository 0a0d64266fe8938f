/** What a profile is fitted to: a measured trace, or figures under known workloads. */

import type { AnyProfile } from '../device/profile.ts';
import { demerit, sorted } from '../measure/demerit.ts';
import { replayValidation, type ValidationTrace } from '../workload/replay/validation-trace.ts';
import { targetLoss, targetResiduals, type Target } from './target.ts';

/** Plain data: it is handed to worker threads. */
export type Measurement =
  | {
      readonly kind: 'trace';
      readonly trace: ValidationTrace;
      /** The stretch: first request, and the one behind the last. */
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'targets'; readonly targets: readonly Target[]; readonly file: string };

/**
 * Weight of the differences request by request. Of 0.1, 0.3 and 1 the best on made-up drives and on
 * the second quarters of traces whose first quarters were fitted.
 */
const PAIRS = 1;

/** How far a profile is off; lower is better. */
export function lossOf(profile: AnyProfile, measurement: Measurement): number {
  if (measurement.kind === 'targets') return targetLoss(profile, measurement.targets);
  const { total_ms, read_ms, write_ms, pairs_ms, mean_ms, writeShare } = scoreTrace(
    profile,
    measurement,
  );
  // A drive right in sum but wrong in each kind is wrong: both curves count as well.
  const kinds = (1 - writeShare) * read_ms ** 2 + writeShare * write_ms ** 2;
  const curves = Math.sqrt((total_ms ** 2 + 0.5 * kinds) / 1.5);
  // Curves alone let one error hide another: request by request it shows.
  return (curves + PAIRS * pairs_ms) / mean_ms;
}

/** The same as a list whose root of summed squares it is: of figures, one each. */
export function residualsOf(profile: AnyProfile, measurement: Measurement): number[] {
  return measurement.kind === 'targets'
    ? targetResiduals(profile, measurement.targets)
    : [lossOf(profile, measurement)];
}

export interface TraceScore {
  /** Demerit figures, ms: all requests, reads, writes (0 where there are none). */
  total_ms: number;
  read_ms: number;
  write_ms: number;
  /** Mean absolute difference request by request, ms. */
  pairs_ms: number;
  /** Measured mean, ms. */
  mean_ms: number;
  writeShare: number;
}

export function scoreTrace(
  profile: AnyProfile,
  measurement: Measurement & { kind: 'trace' },
): TraceScore {
  const { trace, from, to } = measurement;
  const simulated = replayValidation(trace, profile, { from, to });
  const measured = trace.response_ms.subarray(from, to);
  const only = (values: Float64Array, write: number): Float64Array =>
    sorted(values.filter((_, i) => trace.isWrite[from + i] === write));
  const ofKind = (write: number): number => {
    const real = only(measured, write);
    return real.length === 0 ? 0 : demerit(real, only(simulated, write));
  };
  let sum = 0;
  let writes = 0;
  let apart = 0;
  measured.forEach((value, i) => {
    sum += value;
    writes += trace.isWrite[from + i];
    apart += Math.abs(simulated[i] - value);
  });
  return {
    total_ms: demerit(sorted(measured), sorted(simulated)),
    read_ms: ofKind(0),
    write_ms: ofKind(1),
    pairs_ms: apart / measured.length,
    mean_ms: sum / measured.length,
    writeShare: writes / measured.length,
  };
}

/** In words: what a number was fitted to. */
export function describeMeasurement(measurement: Measurement): string {
  if (measurement.kind === 'trace') {
    const { trace, from, to } = measurement;
    return `requests ${from + 1}..${to} of ${trace.file}`;
  }
  const figures = measurement.targets.reduce((n, t) => n + Object.keys(t.measured).length, 0);
  return `${figures} figures of ${measurement.file}`;
}

/**
 * Splits off what is not fitted but predicted: the last `share` of a trace; of figures, every
 * second workload of a kind for a half, every third for a third.
 */
export function holdOut(
  measurement: Measurement,
  share: number,
): { fitted: Measurement; held: Measurement | undefined } {
  if (share === 0) return { fitted: measurement, held: undefined };
  if (measurement.kind === 'trace') {
    const { from, to } = measurement;
    const cut = Math.round(to - share * (to - from));
    return { fitted: { ...measurement, to: cut }, held: { ...measurement, from: cut } };
  }
  const every = Math.max(2, Math.round(1 / share));
  const seen = new Map<string, number>();
  const isHeld = measurement.targets.map(({ workload }) => {
    // Of each kind of workload on its own, or the lone writes go because the reads were of odd number.
    const kind = `${workload.run} ${'write' in workload && workload.write} ${'kib' in workload ? workload.kib : ''}`;
    const i = seen.get(kind) ?? 0;
    seen.set(kind, i + 1);
    return i % every === every - 1;
  });
  const held = measurement.targets.filter((_, i) => isHeld[i]);
  const fitted = measurement.targets.filter((_, i) => !isHeld[i]);
  return {
    fitted: { ...measurement, targets: fitted },
    held: held.length === 0 ? undefined : { ...measurement, targets: held },
  };
}
