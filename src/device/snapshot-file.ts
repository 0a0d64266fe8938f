/** Drive states in files: the profile a drive was made from, and its snapshot, as MessagePack. */

import { readFileSync, writeFileSync } from 'node:fs';
import { InputError } from '../sim/input-error.ts';
import type { DeviceSnapshot } from './device.ts';
import { pack, unpack } from './msgpack.ts';
import type { AnyProfile } from './profile.ts';
import { profileSchemas } from './registry.ts';

const FORMAT = 'disktime snapshot 1';

export interface SavedDrive {
  /** What to create the drive from before it is restored. */
  readonly profile: AnyProfile;
  readonly snapshot: DeviceSnapshot;
}

/** Writes a drive's state; returns the file's size, bytes. */
export function writeSnapshot(path: string, drive: SavedDrive): number {
  const bytes = pack({ format: FORMAT, profile: drive.profile, snapshot: drive.snapshot });
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    throw new InputError(`cannot write the snapshot: ${(error as Error).message}`, { file: path });
  }
  return bytes.length;
}

/** @throws InputError when the file is not there or holds something else */
export function readSnapshot(path: string): SavedDrive {
  let content: unknown;
  try {
    content = unpack(readFileSync(path));
  } catch (error) {
    throw new InputError(`cannot read the snapshot: ${(error as Error).message}`, { file: path });
  }
  const saved = content as { format?: unknown; profile?: AnyProfile; snapshot?: DeviceSnapshot };
  const schema = profileSchemas().get(saved?.profile?.kind ?? '');
  const profile = schema?.safeParse(saved.profile);
  if (saved?.format !== FORMAT || profile?.success !== true || saved.snapshot === undefined) {
    throw new InputError(`expected a file that "disktime precondition" wrote`, { file: path });
  }
  return { profile: profile.data, snapshot: saved.snapshot };
}
