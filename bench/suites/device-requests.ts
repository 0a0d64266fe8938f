/** Drives alone, 4 KiB at random places. One operation is one request, submitted and completed. */

import { Op, type CompletionSink, type Device } from '../../src/device/device.ts';
import { shippedProfiles } from '../../src/device/profile.ts';
import { createDeviceOn, loadProfile } from '../../src/device/registry.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { PAGE_SECTORS } from '../../src/sim/units.ts';
import type { Case, Suite } from './suite.ts';

const REQUESTS = 1024;

/** Keeps `depth` requests outstanding: a completion submits the next. */
class ClosedLoop implements CompletionSink {
  done = 0;
  readonly #submit: (tag: number) => void;

  constructor(submit: (tag: number) => void) {
    this.#submit = submit;
  }

  complete(tag: number): void {
    this.done++;
    this.#submit(tag);
  }
}

const PLACES = 65536;

/** Places of 4 KiB all over a drive. Drawn ahead, so that the drive is timed and not the generator. */
function anywhere(device: Device): Float64Array {
  const stream = new RandomStream(1, `bench:${device.name}`);
  const places = Math.floor(device.capacitySectors / PAGE_SECTORS);
  return Float64Array.from({ length: PLACES }, () => stream.below(places) * PAGE_SECTORS);
}

/** One 4 KiB behind the other. */
function inOrder(): Float64Array {
  return Float64Array.from({ length: PLACES }, (_, i) => i * PAGE_SECTORS);
}

export function requests(
  profileName: string,
  op: Op,
  depth: number,
  order: 'random' | 'sequential' = 'random',
): Case {
  const events = new EventQueue();
  const device = createDeviceOn(events, loadProfile(profileName));
  const sectors = order === 'random' ? anywhere(device) : inOrder();
  let next = 0;
  const loop = new ClosedLoop((tag) => {
    next = (next + 1) & (PLACES - 1);
    device.submit(tag, op, sectors[next], PAGE_SECTORS, 0);
  });
  device.attach(loop);
  const tags = Math.min(depth, device.queueDepth);
  for (let tag = 0; tag < tags; tag++) device.submit(tag, op, sectors[tag], PAGE_SECTORS, 0);
  return {
    name: `${profileName}: ${order} 4k ${op === Op.read ? 'read' : 'write'}, depth ${tags}`,
    operations: REQUESTS,
    run() {
      const until = loop.done + REQUESTS;
      while (loop.done < until) events.step();
    },
  };
}

export const rotationalRequests: Suite = {
  name: 'rotational',
  make: () => [
    requests('seagate-st32171w', Op.read, 1),
    requests('seagate-st32171w', Op.write, 1),
    requests('seagate-st32171w', Op.read, 1, 'sequential'),
    requests('seagate-st32171w', Op.write, 1, 'sequential'),
    requests('hgst-ultrastar-7k8', Op.read, 1),
    requests('hgst-ultrastar-7k8', Op.read, 32),
  ],
};

/** The flash drive that is timed: all of them are one model. */
function flashDrive(): string | undefined {
  return shippedProfiles().has('samsung-970pro') ? 'samsung-970pro' : undefined;
}

export const flashRequests: Suite = {
  name: 'flash',
  make: () => {
    const name = flashDrive();
    if (name === undefined) return [];
    return [requests(name, Op.read, 1), requests(name, Op.read, 32), requests(name, Op.write, 32)];
  },
};
