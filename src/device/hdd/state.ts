/** A rotational drive's state as plain data, fit for msgpack; times are relative to the present. */

import type { Arbiter } from './arbiter.ts';
import type { Parts } from './parts.ts';
import type { WriteBuffer } from './write-buffer.ts';
import type { DeviceSnapshot } from '../device.ts';

const MODEL = 'hdd/1';

interface SavedState {
  name: string;
  phaseNs: number;
  arm: number[];
  segments: number[][];
  segmentReady: number[];
  readAhead: number[];
  destage: unknown;
  link: number[];
  free: number;
  lastCommand: number;
  afterWrite: boolean;
  lastWasDestage: boolean;
}

export function saveState(
  name: string,
  parts: Parts,
  arbiter: Arbiter,
  buffer: WriteBuffer,
): DeviceSnapshot {
  const { nowNs } = parts.events;
  const { cylinder, head, spindle } = parts.mechanism;
  const { readAhead, readyNs, segments } = parts.readCache;
  spindle.atNs = nowNs;
  spindle.turn();
  const state: SavedState = {
    name,
    phaseNs: spindle.phaseNs,
    arm: [cylinder, head],
    segments: segments.save(),
    segmentReady: Array.from(readyNs, (ns) => ns - nowNs),
    readAhead: readAhead.save(nowNs),
    destage: parts.destage.save(nowNs),
    link: parts.link.save().map((ns) => ns - nowNs),
    free: arbiter.freeNs - nowNs,
    lastCommand: buffer.lastCommandNs - nowNs,
    afterWrite: parts.overhead.afterWrite === 1,
    lastWasDestage: arbiter.lastWasDestage,
  };
  return { model: MODEL, state };
}

/** @throws Error when the snapshot is another drive's */
export function loadState(
  name: string,
  snapshot: DeviceSnapshot,
  parts: Parts,
  arbiter: Arbiter,
  buffer: WriteBuffer,
): void {
  const state = snapshot.state as SavedState;
  if (snapshot.model !== MODEL || state.name !== name) {
    throw new Error(`restore: expected a snapshot of ${name} (${MODEL})`);
  }
  const { nowNs } = parts.events;
  const { mechanism } = parts;
  const { readAhead, readyNs, segments } = parts.readCache;
  mechanism.spindle.setPhase(nowNs, state.phaseNs);
  mechanism.cylinder = state.arm[0];
  mechanism.head = state.arm[1];
  segments.load(state.segments);
  state.segmentReady.forEach((ns, i) => (readyNs[i] = ns + nowNs));
  readAhead.load(state.readAhead, nowNs);
  parts.destage.load(state.destage, nowNs);
  parts.link.load(state.link.map((ns) => ns + nowNs));
  arbiter.freeNs = state.free + nowNs;
  buffer.lastCommandNs = state.lastCommand + nowNs;
  parts.overhead.afterWrite = state.afterWrite ? 1 : 0;
  arbiter.lastWasDestage = state.lastWasDestage;
  parts.durability?.restored();
}
