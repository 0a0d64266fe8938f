/** What a drive model offers to the registry: its profile's schema, and a way to make a drive. */

import type * as z from 'zod';
import type { EventQueue } from '../sim/events.ts';
import type { Device, DeviceOptions } from './device.ts';

export interface DeviceModel<P> {
  /** The profile's `kind`. */
  readonly kind: string;
  /** Checks a profile, strictly: an unknown key is an error. */
  readonly schema: z.ZodType<P>;
  /** Makes a drive that lives on `events`. The profile has passed `schema`. */
  create(profile: P, events: EventQueue, options: DeviceOptions): Device;
}
