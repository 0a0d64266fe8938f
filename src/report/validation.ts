/** A measured trace against its replay: what agrees, what does not, and by which mechanism. */

import type { DeviceSnapshot } from '../device/device.ts';
import type { AnyProfile } from '../device/profile.ts';
import { demerit, deviation, mean, percentile, sorted } from '../measure/demerit.ts';
import { replayValidation, type ValidationTrace } from '../workload/replay/validation-trace.ts';

/** One class of the requests, measured and simulated. */
export interface Share {
  readonly name: string;
  /** Ascending, ms. */
  readonly measured: Float64Array;
  readonly simulated: Float64Array;
  readonly demerit_ms: number;
}

export interface Validation {
  readonly device: string;
  readonly requests: number;
  /** `all`, then reads, writes, and requests served from the buffer or not (as simulated). */
  readonly shares: readonly Share[];
  readonly demerit_ms: number;
  /** Of the mean measured response time. */
  readonly demerit_share: number;
  /** What the worst thousand requests miss by: mechanism, how many, mean error of theirs, ms. */
  readonly worst: readonly { mechanism: string; requests: number; error_ms: number }[];
}

/**
 * Replays a trace and compares.
 * @param snapshot the state that the drive starts in; of a drive of the same profile
 * @throws InputError
 */
export function validate(
  trace: ValidationTrace,
  profile: AnyProfile,
  snapshot?: DeviceSnapshot,
): Validation {
  const { requests } = trace;
  const wasBuffered = new Uint8Array(requests);
  const simulated = replayValidation(trace, profile, {
    snapshot,
    onExplained: (i, parts) => {
      const mechanical = (parts.seek ?? 0) + (parts.settle ?? 0) + (parts.rotation ?? 0);
      wasBuffered[i] = mechanical === 0 ? 1 : 0;
    },
  });
  const share = (name: string, has: (i: number) => boolean): Share => {
    const measuredOf: number[] = [];
    const simulatedOf: number[] = [];
    for (let i = 0; i < requests; i++) {
      if (!has(i)) continue;
      measuredOf.push(trace.response_ms[i]);
      simulatedOf.push(simulated[i]);
    }
    const a = sorted(Float64Array.from(measuredOf));
    const b = sorted(Float64Array.from(simulatedOf));
    return { name, measured: a, simulated: b, demerit_ms: demerit(a, b) };
  };
  const all = share('all', () => true);
  return {
    device: profile.name,
    requests,
    shares: [
      all,
      share('reads', (i) => trace.isWrite[i] === 0),
      share('writes', (i) => trace.isWrite[i] === 1),
      share('from the buffer', (i) => wasBuffered[i] === 1),
      share('from the medium', (i) => wasBuffered[i] === 0),
    ].filter(({ measured }) => measured.length > 0),
    demerit_ms: all.demerit_ms,
    demerit_share: all.demerit_ms / mean(trace.response_ms),
    worst: worstOf(trace, simulated, wasBuffered, revolution_ms(profile)),
  };
}

/** Time of one revolution, ms; NaN for a drive that does not turn. */
function revolution_ms(profile: AnyProfile): number {
  const { mechanics } = profile as { mechanics?: { rpm: number } };
  return mechanics === undefined ? NaN : 60000 / mechanics.rpm;
}

/**
 * Names what a request most likely missed by. A whole revolution tells itself; a buffer hit that was
 * none costs at least half of one; what is left between two accesses of the medium is the angle at
 * which the head came down, and after that, the controller.
 */
function mechanismOf(error_ms: number, buffered: boolean, turn_ms: number): string {
  const turns = error_ms / turn_ms;
  const nearest = Math.round(turns);
  if (nearest !== 0 && Math.abs(turns - nearest) < 0.05) return 'rotation: whole revolutions';
  if (buffered) {
    return turns > 0.25 ? 'buffer: simulated a hit, measured none' : 'controller and link';
  }
  if (Math.abs(turns) < 0.05) return 'controller and link';
  return Math.abs(turns) < 1
    ? 'rotation: angle at arrival, or a hit simulated as a miss'
    : 'seek, or more than one mechanism';
}

function worstOf(
  trace: ValidationTrace,
  simulated: Float64Array,
  wasBuffered: Uint8Array,
  turn_ms: number,
): Validation['worst'] {
  const error = (i: number): number => trace.response_ms[i] - simulated[i];
  const order = Array.from(simulated, (_, i) => i);
  order.sort((a, b) => Math.abs(error(b)) - Math.abs(error(a)));
  const found = new Map<string, { requests: number; sum: number }>();
  for (const i of order.slice(0, 1000)) {
    const mechanism = mechanismOf(error(i), wasBuffered[i] === 1, turn_ms);
    const entry = found.get(mechanism) ?? { requests: 0, sum: 0 };
    entry.requests++;
    entry.sum += error(i);
    found.set(mechanism, entry);
  }
  return [...found]
    .map(([mechanism, { requests, sum }]) => ({ mechanism, requests, error_ms: sum / requests }))
    .sort((a, b) => b.requests - a.requests);
}

const PERCENTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99] as const;

export const VALIDATION_HEAD = [
  'requests',
  '',
  'n',
  'mean',
  'dev.',
  ...PERCENTILES.map((p) => `p${100 * p}`),
  'demerit',
];

/** Two rows a class: measured, then simulated; times in ms. */
export function validationRows({ shares }: Validation): string[][] {
  const row = (values: Float64Array): string[] =>
    [mean(values), deviation(values), ...PERCENTILES.map((p) => percentile(values, p))].map((ms) =>
      ms.toFixed(3),
    );
  return shares.flatMap(({ name, measured, simulated, demerit_ms }) => [
    [name, 'measured', String(measured.length), ...row(measured), ''],
    ['', 'simulated', '', ...row(simulated), demerit_ms.toFixed(3)],
  ]);
}

/** The published shape of `--json`. */
export function validationJson(result: Validation): unknown {
  const [all] = result.shares;
  const figures = (values: Float64Array) => ({
    mean_ms: mean(values),
    p50_ms: percentile(values, 0.5),
    p99_ms: percentile(values, 0.99),
  });
  return {
    device: result.device,
    requests: result.requests,
    measured: figures(all.measured),
    simulated: figures(all.simulated),
    demerit_ms: result.demerit_ms,
    demerit_share: result.demerit_share,
  };
}
