/**
 * Measured traces of DiskSim's validation set, and their replay.
 *
 * A line is `R|W  what-the-buffer-did  LBA  sectors  response_us  gap_us`: one request of a real
 * drive, what it took, and how long the host waited after its completion. Replay is closed: the next
 * request comes when the one before is done and its gap has passed, one at a time.
 */

import type { AnyProfile } from '../../device/profile.ts';
import { createDeviceOn } from '../../device/registry.ts';
import { Op, Status, type Device, type DeviceSnapshot } from '../../device/device.ts';
import { EventQueue } from '../../sim/events.ts';
import { InputError } from '../../sim/input-error.ts';
import { MS, US } from '../../sim/units.ts';
import { Lines, readTraceText } from '../trace/text-lines.ts';

/** Columns of a trace, one entry a request. */
export interface ValidationTrace {
  readonly file: string;
  readonly requests: number;
  /** 1 for a write. */
  readonly isWrite: Uint8Array;
  /** 1 where the trace says `Hit`, as the tracer's host saw it. */
  readonly isHit: Uint8Array;
  readonly lbn: Float64Array;
  readonly sectors: Float64Array;
  /** What the real drive took, ms. */
  readonly response_ms: Float64Array;
  /** From completion to the next request, ns. */
  readonly gapNs: Float64Array;
}

/**
 * Reads a trace, gzipped or not.
 * @throws InputError naming file, line and column
 */
export function readValidationTrace(file: string): ValidationTrace {
  const lines = new Lines(readTraceText(file));
  const columns: number[][] = [[], [], [], [], [], []];
  while (lines.next()) {
    const text = lines.line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const words = text.split(/\s+/);
    const fail = (what: string): never => {
      throw new InputError(what, { file, line: lines.number });
    };
    if (words.length !== 6) {
      fail(`expected "R|W action LBA sectors response_us gap_us", found ${words.length} columns`);
    }
    const [op, action, ...numbers] = words;
    if (op !== 'R' && op !== 'W') fail(`column 1: expected R or W, got "${op}"`);
    const values = numbers.map((word, i) => {
      const value = Number(word);
      const whole = i < 2;
      const isGood = Number.isFinite(value) && value >= 0 && (!whole || Number.isInteger(value));
      return isGood
        ? value
        : fail(`column ${i + 3}: expected a number of 0 or more, got "${word}"`);
    });
    if (values[1] === 0) fail('column 4: expected at least one sector');
    const row = [op === 'W' ? 1 : 0, action.toLowerCase() === 'hit' ? 1 : 0, ...values];
    row.forEach((value, i) => columns[i].push(value));
  }
  const [isWrite, isHit, lbn, sectors, response_us, gap_us] = columns;
  if (lbn.length === 0) throw new InputError('expected at least one request', { file });
  return {
    file,
    requests: lbn.length,
    isWrite: Uint8Array.from(isWrite),
    isHit: Uint8Array.from(isHit),
    lbn: Float64Array.from(lbn),
    sectors: Float64Array.from(sectors),
    response_ms: Float64Array.from(response_us, (us) => us / 1000),
    gapNs: Float64Array.from(gap_us, (us) => Math.round(us * US)),
  };
}

export interface ReplayOptions {
  /** First request of the stretch to replay, and the one behind its last; all by default. */
  readonly from?: number;
  readonly to?: number;
  /** Called after each request, with the device's `explain` row. */
  readonly onExplained?: (request: number, parts: Readonly<Record<string, number>>) => void;
  readonly seed?: number;
  /** The state that the drive starts in; of a drive of the same profile. */
  readonly snapshot?: DeviceSnapshot | undefined;
}

/**
 * Replays a trace on a drive.
 * @returns the simulated response times, ms, one for each replayed request
 * @throws InputError when a request lies beyond the drive's end
 */
export function replayValidation(
  trace: ValidationTrace,
  profile: AnyProfile,
  options: ReplayOptions = {},
): Float64Array {
  const { from = 0, to = trace.requests, onExplained } = options;
  const events = new EventQueue();
  const explain = onExplained !== undefined;
  const seed = options.seed ?? 1;
  const device: Device = createDeviceOn(events, profile, { explain, seed });
  if (options.snapshot !== undefined) device.restore(options.snapshot);
  const response_ms = new Float64Array(to - from);
  const done = { ns: -1, status: Status.ok as Status };
  device.attach({
    complete(_tag, timeNs, completed) {
      done.ns = timeNs;
      done.status = completed;
    },
  });
  for (let i = from; i < to; i++) {
    const startNs = events.nowNs;
    done.ns = -1;
    const op = trace.isWrite[i] === 1 ? Op.write : Op.read;
    device.submit(0, op, trace.lbn[i], trace.sectors[i], 0);
    while (done.ns < 0 && events.step());
    if (done.status !== Status.ok) {
      throw new InputError(
        `request ${i + 1}: sectors ${trace.lbn[i]}..${trace.lbn[i] + trace.sectors[i] - 1} do not ` +
          `lie on ${profile.name}, which has ${device.capacitySectors}`,
        { file: trace.file },
      );
    }
    response_ms[i - from] = (done.ns - startNs) / MS;
    onExplained?.(i, device.explain(0));
    events.advanceTo(done.ns + trace.gapNs[i]);
  }
  return response_ms;
}
