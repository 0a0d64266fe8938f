/** Drive states in files: the profile a drive was made from, and its snapshot (`column-file.ts`). */

import { closeSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { InputError } from '../sim/input-error.ts';
import type { DeviceSnapshot } from './device.ts';
import { readColumns, writeColumns } from './column-file.ts';
import { unpack } from './msgpack.ts';
import type { AnyProfile } from './profile.ts';
import { profileSchemas } from './registry.ts';

/** The number goes up when older files would not be understood. */
const FORMAT = 'disktime snapshot 5';

export interface SavedDrive {
  /** What to create the drive from before it is restored. */
  readonly profile: AnyProfile;
  readonly snapshot: DeviceSnapshot;
}

/** Writes a drive's state, whole or not at all; returns the file's size, bytes. */
export function writeSnapshot(path: string, drive: SavedDrive): number {
  const part = `${path}.part`;
  const content = { format: FORMAT, profile: drive.profile, snapshot: drive.snapshot };
  let size = 0;
  try {
    const file = openSync(part, 'w');
    try {
      size = writeColumns(file, content);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new InputError(`cannot write the snapshot: ${(error as Error).message}`, { file: path });
  }
  return size;
}

/**
 * The drive in a file, which stays open: what is large is read when a drive is restored from it, each time.
 * @throws InputError when the file is not there or holds something else
 */
export function readSnapshot(path: string): SavedDrive {
  let content: unknown;
  let file = -1;
  try {
    file = openSync(path, 'r');
    // Up to version 4 all of it was MessagePack.
    content = readColumns(file) ?? unpack(readFileSync(file));
  } catch (error) {
    if (file >= 0) closeSync(file);
    throw new InputError(`cannot read the snapshot: ${(error as Error).message}`, { file: path });
  }
  const saved = content as { format?: unknown; profile?: AnyProfile; snapshot?: DeviceSnapshot };
  const schema = profileSchemas().get(saved?.profile?.kind ?? '');
  const profile = schema?.safeParse(saved.profile);
  if (saved?.format !== FORMAT || profile?.success !== true || saved.snapshot === undefined) {
    closeSync(file);
    const got = typeof saved?.format === 'string' ? `, got a "${saved.format}"` : '';
    throw new InputError(
      `expected a "${FORMAT}", which "disktime precondition" of this version writes${got}: ` +
        'make it again',
      { file: path },
    );
  }
  return { profile: profile.data, snapshot: saved.snapshot };
}
