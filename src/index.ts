/**
 * The public face: what another simulator needs to use a drive, or a drive under a block queue, as
 * its IO backend. Nothing else is stable.
 *
 * The caller owns the clock: submit at the current time, ask `nextEventNs()`, call `advanceTo(ns)`.
 */

import { createQueue, type Queue, type QueueOptions } from './block/queue.ts';
import type { Device, DeviceOptions } from './device/device.ts';
import type { AnyProfile } from './device/profile.ts';
import { createDeviceOn, loadProfile as load } from './device/registry.ts';
import { EventQueue } from './sim/events.ts';

export { Op, DeviceFlag, Status } from './device/device.ts';
export type {
  CompletionSink,
  Device,
  DeviceCounters,
  DeviceOptions,
  DeviceSnapshot,
} from './device/device.ts';
export type { AnyProfile } from './device/profile.ts';
export { Admission, BioFlag } from './block/bio.ts';
export type { BioSink, BlockQueue } from './block/bio.ts';
export type { Queue, QueueOptions } from './block/queue.ts';
export { InputError } from './sim/input-error.ts';

/**
 * Reads a drive's profile.
 * @param nameOrPath a shipped drive (`disktime devices` lists them) or a path to a profile
 * @throws InputError naming file, line, field and the nearest valid name
 */
export function loadProfile(nameOrPath: string): AnyProfile {
  return load(nameOrPath);
}

/** A drive with a clock of its own, at 0 ns. See `Device` for the contract. */
export function createDevice(profile: AnyProfile, options: DeviceOptions = {}): Device {
  return createDeviceOn(new EventQueue(), profile, options);
}

/** A drive under a block queue, with one clock of their own, at 0 ns. See `BlockQueue`. */
export function createBlockQueue(
  profile: AnyProfile,
  options: Partial<QueueOptions> & DeviceOptions = {},
): Queue {
  const events = new EventQueue();
  return createQueue(events, createDeviceOn(events, profile, options), {
    generation: '2.6.34',
    ...options,
  });
}
