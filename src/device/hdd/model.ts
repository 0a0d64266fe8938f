/** The rotational drive, as the registry enters it. */

import type { DeviceModel } from '../model.ts';
import { HddDrive } from './drive.ts';
import { hddSchema, type HddProfile } from './profile.ts';

export const hddModel: DeviceModel<HddProfile> = {
  kind: 'hdd',
  schema: hddSchema,
  create: (profile, events, options) => new HddDrive(profile, events, options),
};
