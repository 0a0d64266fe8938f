/**
 * A reader at depth 1 next to a task that writes 4 KiB and flushes, again and again: what a
 * database's log does to its lookups.
 */

import { Op } from '../../src/device/device.ts';
import type { AnyProfile } from '../../src/device/profile.ts';
import { createDeviceOn } from '../../src/device/registry.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';

const SECTORS = 8;
const Tag = { read: 0, write: 1, flush: 2 } as const;

/**
 * @param reads how many reads are measured
 * @param readerUs host time from a read's end to the next, us
 * @param writerUs host time from a flush's end to the next write, us
 * @returns the reads' latencies, us, sorted
 */
export function readsBesideWriter(
  profile: AnyProfile,
  reads: number,
  readerUs: number,
  writerUs: number,
): Float64Array {
  const events = new EventQueue();
  const device = createDeviceOn(events, profile);
  const random = new RandomStream(1, 'beside-writer');
  const places = Math.floor(device.capacitySectors / SECTORS);
  const latenciesUs = new Float64Array(reads);
  let done = 0;
  let sentNs = 0;
  const read = events.register(() => {
    sentNs = events.nowNs;
    device.submit(Tag.read, Op.read, random.below(places) * SECTORS, SECTORS, 0);
  });
  const write = events.register(() => {
    device.submit(Tag.write, Op.write, random.below(places) * SECTORS, SECTORS, 0);
  });
  device.attach({
    complete(tag, timeNs) {
      if (tag === Tag.read) {
        latenciesUs[done++] = (timeNs - sentNs) / 1000;
        events.schedule(timeNs + readerUs * 1000, read, 0);
      } else if (tag === Tag.write) {
        device.submit(Tag.flush, Op.flush, 0, 0, 0);
      } else {
        events.schedule(timeNs + writerUs * 1000, write, 0);
      }
    },
  });
  events.schedule(0, read, 0);
  events.schedule(0, write, 0);
  while (done < reads && events.step());
  return latenciesUs.sort();
}
