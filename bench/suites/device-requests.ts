/** Drives alone, 4 KiB at random places. One operation is one request, submitted and completed. */

import { DeviceFlag, Op, type CompletionSink, type Device } from '../../src/device/device.ts';
import { createDeviceOn, loadProfile } from '../../src/device/registry.ts';
import { EventQueue } from '../../src/sim/events.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { PAGE_SECTORS } from '../../src/sim/units.ts';
import type { Case, Suite } from './suite.ts';

const REQUESTS = 1024;

/** Keeps `depth` requests outstanding: a completion submits the next. */
class ClosedLoop implements CompletionSink {
  done = 0;
  readonly submit: (tag: number) => void;

  constructor(submit: (tag: number) => void) {
    this.submit = submit;
  }

  complete(tag: number): void {
    this.ended(tag);
  }

  ended(tag: number): void {
    this.done++;
    this.submit(tag);
  }
}

const PLACES = 65536;
/** Writes to a steady drive before it is timed. */
const STEADY_BEFORE = 300_000;

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

/** What one request after the other asks for, in columns, drawn ahead. */
interface Load {
  readonly name: string;
  readonly ops: Uint8Array;
  readonly sectors: Float64Array;
  readonly flags: Uint8Array;
}

function loaded(profileName: string, depth: number, loadOf: (device: Device) => Load): Case {
  const events = new EventQueue();
  const device = createDeviceOn(events, loadProfile(profileName));
  const { name, ops, sectors, flags } = loadOf(device);
  const lengths = Uint8Array.from(ops, (op) => (op === Op.flush ? 0 : PAGE_SECTORS));
  let next = 0;
  const submit = (tag: number): void => {
    next = (next + 1) & (PLACES - 1);
    device.sector = sectors[next];
    device.start(tag, ops[next] as Op, lengths[next], flags[next]);
  };
  const loop = new ClosedLoop(submit);
  device.attach(loop);
  const tags = Math.min(depth, device.queueDepth);
  for (let tag = 0; tag < tags; tag++) submit(tag);
  return {
    name: `${profileName}: ${name}, depth ${tags}`,
    operations: REQUESTS,
    run() {
      const until = loop.done + REQUESTS;
      while (loop.done < until) events.step();
    },
  };
}

export function requests(
  profileName: string,
  op: Op,
  depth: number,
  order: 'random' | 'sequential' = 'random',
): Case {
  return loaded(profileName, depth, (device) => ({
    name: `${order} 4k ${op === Op.read ? 'read' : 'write'}`,
    ops: new Uint8Array(PLACES).fill(op),
    sectors: order === 'random' ? anywhere(device) : inOrder(),
    flags: new Uint8Array(PLACES),
  }));
}

/** Two reads on one write, every 16th with forced unit access; one request in 256 a flush. */
export function mixed(profileName: string, depth: number): Case {
  const opAt = (i: number): Op => {
    if (i % 256 === 0) return Op.flush;
    return i % 3 === 0 ? Op.write : Op.read;
  };
  return loaded(profileName, depth, (device) => ({
    name: 'random 4k read, write and flush',
    ops: Uint8Array.from({ length: PLACES }, (_, i) => opAt(i)),
    sectors: anywhere(device),
    flags: Uint8Array.from({ length: PLACES }, (_, i) => (i % 48 === 0 ? DeviceFlag.fua : 0)),
  }));
}

export const rotationalRequests: Suite = {
  name: 'rotational',
  allocatesNothing: true,
  make: () => [
    requests('seagate-st32171w', Op.read, 1),
    requests('seagate-st32171w', Op.write, 1),
    requests('seagate-st32171w', Op.read, 1, 'sequential'),
    requests('seagate-st32171w', Op.write, 1, 'sequential'),
    // Beyond 1 TiB, with a buffer that is written out.
    requests('hgst-ultrastar-7k8', Op.read, 1),
    requests('hgst-ultrastar-7k8', Op.write, 1),
    requests('hgst-ultrastar-7k8', Op.read, 1, 'sequential'),
    requests('hgst-ultrastar-7k8', Op.write, 1, 'sequential'),
    requests('hgst-ultrastar-7k8', Op.read, 32),
    requests('hgst-ultrastar-7k8', Op.write, 32),
    requests('hgst-ultrastar-7k8', Op.read, 32, 'sequential'),
    mixed('hgst-ultrastar-7k8', 1),
    mixed('hgst-ultrastar-7k8', 32),
  ],
};

/**
 * Random writes to a drive that has been overwritten at random for long, collection included. Places do
 * not come again: a few drawn ahead would soon be a hot spot that nothing needs to be moved for.
 */
function steadyWrites(profileName: string, depth: number): Case {
  const events = new EventQueue();
  const profile = loadProfile(profileName) as SsdProfile;
  const steady = { ...profile, ftl: { ...profile.ftl, initial_fill: 'steady' as const } };
  const device = createDeviceOn(events, steady);
  const places = Math.floor(device.capacitySectors / PAGE_SECTORS);
  const drawn = Int32Array.from(anywhere(device), (sector) => sector / PAGE_SECTORS);
  // Moved on at random after each round: a round alone would soon be a hot spot.
  const stream = new RandomStream(2, `bench:${device.name}`);
  let moved = 0;
  let next = 0;
  const submit = (tag: number): void => {
    next = (next + 1) & (PLACES - 1);
    if (next === 0) moved = stream.below(places);
    const place = drawn[next] + moved;
    device.sector = (place < places ? place : place - places) * PAGE_SECTORS;
    device.start(tag, Op.write, PAGE_SECTORS, 0);
  };
  const loop = new ClosedLoop(submit);
  device.attach(loop);
  for (let tag = 0; tag < depth; tag++) submit(tag);
  // Not timed: code that is not compiled yet, and memory that the system has not given yet.
  while (loop.done < STEADY_BEFORE) events.step();
  return {
    name: `${profileName}: random 4k write in steady state, depth ${depth}`,
    operations: REQUESTS,
    run() {
      const until = loop.done + REQUESTS;
      while (loop.done < until) events.step();
    },
  };
}

export const flashRequests: Suite = {
  name: 'flash',
  allocatesNothing: true,
  make: () => [
    requests('samsung-970pro', Op.read, 1),
    requests('samsung-970pro', Op.read, 32),
    requests('samsung-970pro', Op.write, 1),
    requests('samsung-970pro', Op.write, 32),
    steadyWrites('samsung-970pro', 32),
    steadyWrites('samsung-860pro', 32),
    mixed('sabrent-rocket4plus-2tb', 32),
  ],
};
