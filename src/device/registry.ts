/** Every kind of drive there is. A new kind is a folder and one line here. */

import type { EventQueue } from '../sim/events.ts';
import type { Device, DeviceOptions } from './device.ts';
import { hddModel } from './hdd/model.ts';
import type { DeviceModel } from './model.ts';
import { readProfile, type AnyProfile } from './profile.ts';
import { ssdModel } from './ssd/model.ts';

const models = new Map<string, DeviceModel<AnyProfile>>();

/** Enters a model under its profile's kind. */
function enter<P extends AnyProfile>(model: DeviceModel<P>): void {
  // The map hands a model only profiles that its own schema has passed.
  models.set(model.kind, model);
}

enter(hddModel);
enter(ssdModel);

/** The schema of each kind's profiles. */
export function profileSchemas(): Map<string, DeviceModel<AnyProfile>['schema']> {
  return new Map([...models].map(([kind, model]) => [kind, model.schema]));
}

/**
 * Reads a profile by name or path.
 * @throws InputError naming file, line, field and the nearest valid name
 */
export function loadProfile(nameOrPath: string): AnyProfile {
  return readProfile(nameOrPath, profileSchemas());
}

/** Makes the drive a profile describes, on the given event queue. */
export function createDeviceOn(
  events: EventQueue,
  profile: AnyProfile,
  options: DeviceOptions = {},
): Device {
  const model = models.get(profile.kind);
  if (model === undefined) throw new Error(`no model for drives of kind "${profile.kind}"`);
  return model.create(profile, events, options);
}
