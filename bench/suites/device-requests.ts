/** Drives alone, 4 KiB at random places. One operation is one request, submitted and completed. */

import { Op, type CompletionSink } from '../../src/device/device.ts';
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

function random(profileName: string, op: Op, depth: number): Case {
  const events = new EventQueue();
  const device = createDeviceOn(events, loadProfile(profileName));
  const stream = new RandomStream(1, `bench:${profileName}`);
  const places = Math.floor(device.capacitySectors / PAGE_SECTORS);
  // Drawn ahead, so that the drive is timed and not the generator.
  const sectors = Float64Array.from({ length: 65536 }, () => stream.below(places) * PAGE_SECTORS);
  let next = 0;
  const loop = new ClosedLoop((tag) => {
    next = (next + 1) & 65535;
    device.submit(tag, op, sectors[next], PAGE_SECTORS, 0);
  });
  device.attach(loop);
  const tags = Math.min(depth, device.queueDepth);
  for (let tag = 0; tag < tags; tag++) device.submit(tag, op, sectors[tag], PAGE_SECTORS, 0);
  return {
    name: `${profileName}: random 4k ${op === Op.read ? 'read' : 'write'}, depth ${tags}`,
    operations: REQUESTS,
    run() {
      const until = loop.done + REQUESTS;
      while (loop.done < until) events.step();
    },
  };
}

export const rotationalRequests: Suite = {
  name: 'rotational',
  make: () => [random('seagate-st32171w', Op.read, 1), random('seagate-st32171w', Op.write, 1)],
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
    return [random(name, Op.read, 1), random(name, Op.read, 32), random(name, Op.write, 32)];
  },
};
