/** A queue over a stub drive, with a sink that writes down what comes back. */

import { Op, type Status } from '../../src/device/device.ts';
import type { BioSink } from '../../src/block/bio.ts';
import { createQueue, type Queue, type QueueOptions } from '../../src/block/queue.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { StubDevice, type StubOptions } from './stub-device.ts';

export interface Rig {
  events: EventQueue;
  device: StubDevice;
  queue: Queue;
  /** Cookies of bios that are done, in order; with times and statuses. */
  done: { cookie: number; timeNs: number; status: Status }[];
  /** Cookies of bios that slept and were admitted, in order. */
  admitted: number[];
  /** Classes that left congestion, in order. */
  cleared: boolean[];
  /** Submits one page's write (or read) at a page number; the cookie is the page. */
  write(page: number, flags?: number, task?: number): number;
  read(page: number, flags?: number, task?: number): number;
  /** Lets time pass until nothing is pending. */
  drain(): void;
  /** The commands that the drive saw, as [first page, pages]. */
  pagesIssued(): [number, number][];
}

export function makeRig(
  stub: StubOptions = {},
  options: Partial<QueueOptions> = {},
  sink: Partial<BioSink> = {},
): Rig {
  const events = new EventQueue();
  const device = new StubDevice(events, { keepLog: true, ...stub });
  const queue = createQueue(events, device, {
    generation: '2.6.34',
    elevator: options.generation === undefined ? 'deadline' : undefined,
    ...options,
  });
  const done: Rig['done'] = [];
  const admitted: number[] = [];
  const cleared: boolean[] = [];
  queue.attach({
    bioDone(cookie, timeNs, status) {
      done.push({ cookie, timeNs, status });
      sink.bioDone?.(cookie, timeNs, status);
    },
    bioAdmitted(cookie, timeNs) {
      admitted.push(cookie);
      sink.bioAdmitted?.(cookie, timeNs);
    },
    congestionCleared(sync) {
      cleared.push(sync);
      sink.congestionCleared?.(sync);
    },
  });
  const submit =
    (op: number) =>
    (page: number, flags = 0, task = 1) =>
      queue.submitBio(op, page * 8, 8, flags, task, page);
  return {
    events,
    device,
    queue,
    done,
    admitted,
    cleared,
    write: submit(Op.write),
    read: submit(Op.read),
    drain() {
      for (let steps = 0; events.step(); steps++) {
        if (steps > 1e6) throw new Error('events without end');
      }
    },
    pagesIssued: () => device.log.map(({ sector, sectors }) => [sector / 8, sectors / 8]),
  };
}
