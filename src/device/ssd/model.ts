/** The flash drive as the registry knows it. */

import type { DeviceModel } from '../model.ts';
import { SsdDrive } from './drive.ts';
import { ssdProfileSchema, type SsdProfile } from './profile.ts';

export const ssdModel: DeviceModel<SsdProfile> = {
  kind: 'ssd',
  schema: ssdProfileSchema,
  create: (profile, events, options) => new SsdDrive(profile, events, options),
};
