/** Sizes and rates of flash drives, as several files here reckon with them. */

import type { SsdProfile } from '../device/ssd/profile.ts';

/** KiB over MiB/s, in us. */
export const KIB_PER_MIB_US = 1e6 / 1024;

/** What one die programs at once, bytes. */
export function dieProgramBytes({ array }: SsdProfile): number {
  return array.planes_per_die * array.page_bytes * array.pages_per_program;
}

/** What all dies program at once, bytes. */
export function programBytes(profile: SsdProfile): number {
  const { channels, chips_per_channel: chips, dies_per_chip: dies } = profile.array;
  return channels * chips * dies * dieProgramBytes(profile);
}
