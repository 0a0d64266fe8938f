/** A small made-up drive for closed forms, and a host that notes completions. */

import { Op } from '../../../src/device/device.ts';
import type { CompletionSink, DeviceOptions, Status } from '../../../src/device/device.ts';
import { HddDrive } from '../../../src/device/hdd/drive.ts';
import { hddSchema, type HddProfile } from '../../../src/device/hdd/profile.ts';
import { EventQueue } from '../../../src/sim/events.ts';

/** 6000 rpm: a revolution is 10 ms, a sector of 100 a track 100 us. */
const small = {
  name: 'small',
  title: 'Made up',
  kind: 'hdd',
  sources: {},
  mechanics: {
    rpm: 6000,
    surfaces: 2,
    cylinders: 1000,
    seek: {
      form: 'table',
      points: [
        [1, 1],
        [999, 11],
      ],
    },
    headSwitch_ms: 0.5,
  },
  layout: {
    order: 'cylinder',
    capacity_sectors: 180_000,
    zones: [
      {
        firstCylinder: 0,
        lastCylinder: 499,
        sectorsPerTrack: 100,
        trackSkew_sectors: 10,
        cylinderSkew_sectors: 20,
      },
      {
        firstCylinder: 500,
        lastCylinder: 999,
        sectorsPerTrack: 80,
        trackSkew_sectors: 10,
        cylinderSkew_sectors: 16,
      },
    ],
  },
  overhead: {
    readHit: { afterRead_ms: 0.1, afterWrite_ms: 0.1 },
    readMiss: { afterRead_ms: 0.2, afterWrite_ms: 0.2 },
    writeHit: { afterRead_ms: 0.1, afterWrite_ms: 0.1 },
    writeMiss: { afterRead_ms: 0.2, afterWrite_ms: 0.2 },
  },
  cache: {
    segments: 4,
    segment_sectors: 400,
    readAhead: 'segment-beyond',
    readAheadMax_sectors: 400,
  },
  writeCache: { acknowledge: 'buffer', size_sectors: 1000, idle_ms: 10 },
  queue: { depth: 8, order: 'positioning' },
  link: { sector_us: 1 },
};

type Part<T> = { [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : Part<T[K]> };

export function smallProfile(change: Part<HddProfile> = {}): HddProfile {
  const merged: Record<string, unknown> = { ...small };
  for (const [key, value] of Object.entries(change)) {
    const below = merged[key];
    merged[key] =
      typeof below === 'object' && typeof value === 'object' ? { ...below, ...value } : value;
  }
  return hddSchema.parse(merged);
}

export class Host implements CompletionSink {
  readonly events = new EventQueue();
  readonly drive: HddDrive;
  readonly log: string[] = [];
  readonly doneNs: number[] = [];
  readonly statuses: Status[] = [];

  constructor(profile: HddProfile, options: DeviceOptions = { explain: true }) {
    this.drive = new HddDrive(profile, this.events, options);
    this.drive.attach(this);
  }

  complete(tag: number, timeNs: number, status: Status): void {
    this.log.push(`${tag} ${timeNs} ${status}`);
    this.doneNs[tag] = timeNs;
    this.statuses[tag] = status;
  }

  /** One request alone. @returns its latency, ns */
  run(op: Op, sector: number, sectors: number, flags = 0): number {
    const startNs = this.events.nowNs;
    const before = this.log.length;
    this.drive.submit(0, op, sector, sectors, flags);
    while (this.log.length === before && this.events.step());
    return this.events.nowNs - startNs;
  }

  read(sector: number, sectors: number): number {
    return this.run(Op.read, sector, sectors);
  }

  explainedSum(tag = 0): number {
    return Object.values(this.drive.explain(tag)).reduce((a, b) => a + b, 0);
  }
}
