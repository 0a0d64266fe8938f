/**
 * fio's random job on the bare device: so many requests outstanding, each completion followed at
 * once by the next, uniformly random aligned offsets; under a block queue, as a host has one.
 * iodepth times numjobs is one number here: 4 KiB random IOPS at equal outstanding agree within 1 %
 * in the measurements this is held against.
 */

import { createQueue } from '../../block/queue.ts';
import { Op } from '../../device/device.ts';
import type { AnyProfile } from '../../device/profile.ts';
import { createDeviceOn } from '../../device/registry.ts';
import { BioFlag } from '../../block/bio.ts';
import { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import { MS, SECOND } from '../../sim/units.ts';

/** The block queue of the measuring host; noop of 2.6.34 with the drive's own depth by default. */
export interface BareHost {
  readonly generation?: string | undefined;
  readonly elevator?: string | undefined;
  readonly queueDepth?: number | undefined;
}

export interface RandomLoopOptions {
  readonly write: boolean;
  /** iodepth times numjobs, 1 or more. */
  readonly outstanding: number;
  /** Simulated run time, s. */
  readonly seconds: number;
  /** Of one request, sectors; 8 by default. */
  readonly sectors?: number | undefined;
  /** Share of the capacity used, from its start, 0..1; 1 by default. */
  readonly span?: number | undefined;
  readonly host?: BareHost | undefined;
  readonly seed?: number | undefined;
}

export interface RandomLoopResult {
  readonly iops: number;
  /** Completion latencies in order of completion, ms. */
  readonly latency_ms: Float64Array;
}

export function runRandomLoop(profile: AnyProfile, options: RandomLoopOptions): RandomLoopResult {
  const { write, outstanding, seconds, sectors = 8, span = 1, host = {}, seed = 1 } = options;
  const events = new EventQueue(2 * outstanding + 16);
  const device = createDeviceOn(events, profile, { seed });
  const queue = createQueue(events, device, {
    generation: host.generation ?? '2.6.34',
    elevator: host.elevator ?? 'noop',
    queueDepth: host.queueDepth,
  });
  const random = new RandomStream(seed, 'random-loop');
  const blocks = Math.floor((device.capacitySectors * span) / sectors);
  const submittedNs = new Float64Array(outstanding);
  const latencies: number[] = [];
  const endNs = seconds * SECOND;
  const op = write ? Op.write : Op.read;
  const submit = (slot: number): void => {
    submittedNs[slot] = events.nowNs;
    queue.submitBio(op, random.below(blocks) * sectors, sectors, BioFlag.sync, slot, slot);
    queue.unplug();
  };
  queue.attach({
    bioDone(slot, timeNs) {
      latencies.push((timeNs - submittedNs[slot]) / MS);
      if (timeNs < endNs) submit(slot);
    },
    bioAdmitted() {},
    congestionCleared() {},
  });
  for (let slot = 0; slot < outstanding; slot++) submit(slot);
  events.advanceTo(endNs);
  return { iops: latencies.length / seconds, latency_ms: Float64Array.from(latencies) };
}
