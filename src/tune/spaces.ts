/** The parameters of every kind of drive that can be tuned. A new kind is one file and one line here. */

import type { AnyProfile } from '../device/profile.ts';
import { InputError } from '../sim/input-error.ts';
import { hddSpace } from './hdd-parameters.ts';
import type { ParameterSpace } from './space.ts';
import { ssdSpace } from './ssd-parameters.ts';

const spaces = new Map<string, ParameterSpace<AnyProfile>>([
  // Each is handed profiles of its own kind only.
  ['hdd', hddSpace as unknown as ParameterSpace<AnyProfile>],
  ['ssd', ssdSpace as unknown as ParameterSpace<AnyProfile>],
]);

/** @throws InputError where drives of the profile's kind cannot be tuned */
export function spaceOf(profile: AnyProfile): ParameterSpace<AnyProfile> {
  const space = spaces.get(profile.kind);
  if (space !== undefined) return space;
  throw new InputError(`${profile.name}: drives of kind "${profile.kind}" cannot be tuned`);
}

/** The groups of `--fit`, by kind of drive: for the command's help. */
export function groupNames(): string {
  return [...spaces]
    .map(([kind, { groups }]) => `${kind}: ${Object.keys(groups).join(', ')}`)
    .join('; ');
}
