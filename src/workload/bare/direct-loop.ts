/**
 * fio's random or sequential job on the bare device, without a block layer: so many requests
 * outstanding, each completion followed by the next. What is outstanding beyond the device's queue waits
 * in line before it, as in the host's block layer, and its latency counts from then (fio's clat).
 *
 * A measured closed loop also spends time in the host between a completion and the next submission,
 * which fio's clat leaves out: outstanding / IOPS - mean clat. It is given as `hostUs`.
 */

import { Op } from '../../device/device.ts';
import type { AnyProfile } from '../../device/profile.ts';
import { createDeviceOn } from '../../device/registry.ts';
import { mean, percentile } from '../../measure/demerit.ts';
import { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { SECOND } from '../../sim/units.ts';

export interface DirectLoopOptions {
  readonly write: boolean;
  /** iodepth times numjobs, 1 or more. */
  readonly outstanding: number;
  /** Completions measured. */
  readonly requests: number;
  /** Completions before those; a tenth of `requests` by default. */
  readonly warmup?: number | undefined;
  /** Of one request, sectors; 8 by default. */
  readonly sectors?: number | undefined;
  /** One after the other, from sector 0 and round again, instead of at random places. */
  readonly sequential?: boolean | undefined;
  /** Host time from a completion to the next submission, us; 0 by default. */
  readonly hostUs?: number | undefined;
  readonly seed?: number | undefined;
}

export interface DirectLoopResult {
  readonly iops: number;
  readonly mean_us: number;
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p99_us: number;
  /** All latencies, us, ascending. */
  readonly latency_us: Float64Array;
}

const NONE = -1;

/** Runs the loop on a new device of the profile. */
export function runDirectLoop(profile: AnyProfile, options: DirectLoopOptions): DirectLoopResult {
  const { write, outstanding, requests, sectors = 8, hostUs = 0, seed = 1 } = options;
  const warmup = Math.ceil(options.warmup ?? requests / 10);
  const events = new EventQueue();
  const device = createDeviceOn(events, profile, { seed });
  const random = new RandomStream(seed, 'random-loop');
  const places = Math.floor(device.capacitySectors / sectors);
  const op = write ? Op.write : Op.read;
  const hostNs = Math.round(hostUs * 1000);
  const latenciesUs = new Float64Array(requests);
  const submittedNs = new Float64Array(outstanding);
  /** Slots in line for a tag: a ring; the slot that has a tag. */
  const line = new Int32Array(outstanding);
  let firstInLine = 0;
  let inLine = 0;
  const slotOf = new Int32Array(device.queueDepth).fill(NONE);
  const freeTags = Array.from(
    { length: Math.min(outstanding, device.queueDepth) },
    (_, tag) => tag,
  );
  let done = 0;
  let startNs = 0;
  let sent = 0;
  const send = (slot: number, tag: number): void => {
    slotOf[tag] = slot;
    const place = options.sequential === true ? sent++ % places : random.below(places);
    device.submit(tag, op, place * sectors, sectors, 0);
  };
  const submit = events.register((slot) => {
    submittedNs[slot] = events.nowNs;
    const tag = freeTags.pop();
    if (tag !== undefined) send(slot, tag);
    else line[(firstInLine + inLine++) % outstanding] = slot;
  });
  device.attach({
    complete(tag, timeNs) {
      const slot = slotOf[tag];
      if (done >= warmup && done < warmup + requests) {
        latenciesUs[done - warmup] = (timeNs - submittedNs[slot]) / 1000;
      }
      done++;
      if (done === warmup) startNs = timeNs;
      events.schedule(timeNs + hostNs, submit, slot);
      if (inLine > 0) {
        const next = line[firstInLine];
        firstInLine = (firstInLine + 1) % outstanding;
        inLine--;
        send(next, tag);
      } else {
        freeTags.push(tag);
      }
    },
  });
  for (let slot = 0; slot < outstanding; slot++) events.schedule(0, submit, slot);
  const isOver = (): boolean => done >= warmup + requests;
  while (!isOver() && events.step());
  latenciesUs.sort();
  return {
    iops: (requests * SECOND) / (events.nowNs - startNs),
    mean_us: mean(latenciesUs),
    p50_us: percentile(latenciesUs, 0.5),
    p90_us: percentile(latenciesUs, 0.9),
    p99_us: percentile(latenciesUs, 0.99),
    latency_us: latenciesUs,
  };
}
