/**
 * fio's jobs at random places on one bare drive, one run after another, so that a run finds what those
 * before it left. A job's stream of places is given: with equal ones a run goes where another went, as
 * fio's `randrepeat` (on by default) makes every invocation do.
 */

import { Op } from '../../src/device/device.ts';
import type { AnyProfile } from '../../src/device/profile.ts';
import { createDeviceOn } from '../../src/device/registry.ts';
import { percentile } from '../../src/measure/demerit.ts';
import { EventQueue } from '../../src/sim/events.ts';
import type { RandomStream } from '../../src/sim/random.ts';
import { SECOND } from '../../src/sim/units.ts';

const SECTORS = 8;

export interface Run {
  readonly write: boolean;
  /** Of all jobs together. */
  readonly outstanding: number;
  /** The places of each job. */
  readonly jobs: readonly RandomStream[];
  /** Units of 4 KiB from the drive's first that they lie in. */
  readonly places: number;
  /** Ends after so many requests, or submits none after so long, ns. */
  readonly requests: number;
  readonly forNs: number;
}

export interface Outcome {
  readonly iops: number;
  /** All latencies, us, ascending. */
  readonly latency_us: Float64Array;
}

export interface LoopsOnOneDrive {
  /** 4 KiB units of the drive. */
  readonly units: number;
  run(of: Run): Outcome;
  /** Lets time pass without a request, ns. */
  rest(ns: number): void;
}

/** @param hostNs from a completion to the next submission */
export function loopsOnOneDrive(
  profile: AnyProfile,
  most: number,
  hostNs: number,
): LoopsOnOneDrive {
  const events = new EventQueue();
  const device = createDeviceOn(events, profile, { seed: 1 });
  const submittedNs = new Float64Array(most);
  const slotOf = new Int32Array(device.queueDepth);
  const freeTags = Array.from({ length: device.queueDepth }, (_, tag) => tag);
  const line: number[] = [];
  let current: Run;
  let latencies: number[] = [];
  let left = 0;
  let endNs = Infinity;
  let out = 0;
  const send = (slot: number, tag: number): void => {
    slotOf[tag] = slot;
    const { jobs, places, write } = current;
    const place = jobs[slot % jobs.length].below(places);
    device.submit(tag, write ? Op.write : Op.read, place * SECTORS, SECTORS, 0);
  };
  const submit = events.register((slot) => {
    if (events.nowNs >= endNs || left-- <= 0) {
      out--;
      return;
    }
    submittedNs[slot] = events.nowNs;
    const tag = freeTags.pop();
    if (tag === undefined) line.push(slot);
    else send(slot, tag);
  });
  device.attach({
    complete(tag, timeNs) {
      const slot = slotOf[tag];
      latencies.push((timeNs - submittedNs[slot]) / 1000);
      events.schedule(timeNs + hostNs, submit, slot);
      const next = line.shift();
      if (next === undefined) freeTags.push(tag);
      else send(next, tag);
    },
  });
  return {
    units: Math.floor(device.capacitySectors / SECTORS),
    run(of) {
      const fromNs = events.nowNs;
      current = of;
      latencies = [];
      left = of.requests;
      endNs = fromNs + of.forNs;
      out = of.outstanding;
      for (let slot = 0; slot < out; slot++) events.schedule(fromNs, submit, slot);
      while (out > 0 && events.step());
      const ascending = Float64Array.from(latencies).sort();
      return { iops: (ascending.length * SECOND) / (events.nowNs - fromNs), latency_us: ascending };
    },
    rest(ns) {
      events.advanceTo(events.nowNs + ns);
    },
  };
}

/** Percentile (0 to 1) of an outcome's latencies, us. */
export const at = ({ latency_us }: Outcome, share: number): number => percentile(latency_us, share);
