/** A drive kept at one queue depth, random or in order: what its makers' figures are taken with. */

import { Op } from '../../src/device/device.ts';
import { SsdDrive } from '../../src/device/ssd/drive.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';

export interface Load {
  readonly readShare: number;
  readonly sectors: number;
  readonly depth: number;
  readonly isRandom: boolean;
  /** Sectors from 0 that it touches; offsets are multiples of `alignSectors`. */
  readonly span: number;
  readonly alignSectors: number;
  readonly warmNs: number;
  readonly runNs: number;
}

export interface Outcome {
  iops: number;
  meanUs: number;
  /** Latencies of the reads, us, ascending. */
  readUs: number[];
}

export function closedLoop(profile: SsdProfile, load: Load): Outcome {
  const events = new EventQueue();
  const drive = new SsdDrive(profile, events, {});
  const random = new RandomStream(1, 'load');
  const submitNs = new Float64Array(load.depth);
  const places = Math.floor(load.span / load.alignSectors);
  const isRead = new Uint8Array(load.depth);
  const readUs: number[] = [];
  let at = 0;
  let done = 0;
  let sumNs = 0;
  const submit = (tag: number): void => {
    const place = load.isRandom ? random.below(places) : at++ % places;
    isRead[tag] = Number(random.uniform() < load.readShare);
    submitNs[tag] = events.nowNs;
    const op = isRead[tag] === 1 ? Op.read : Op.write;
    drive.submit(tag, op, place * load.alignSectors, load.sectors, 0);
  };
  drive.attach({
    complete: (tag) => {
      if (events.nowNs >= load.warmNs) {
        const ns = events.nowNs - submitNs[tag];
        done++;
        sumNs += ns;
        if (isRead[tag] === 1) readUs.push(ns / 1000);
      }
      submit(tag);
    },
  });
  for (let tag = 0; tag < load.depth; tag++) submit(tag);
  events.advanceTo(load.warmNs + load.runNs);
  readUs.sort((a, b) => a - b);
  return { iops: (done / load.runNs) * 1e9, meanUs: sumNs / done / 1000, readUs };
}
