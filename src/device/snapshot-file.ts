/** Drive states in files: the profile a drive was made from, and its snapshot, as MessagePack. */

import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { InputError } from '../sim/input-error.ts';
import type { DeviceSnapshot } from './device.ts';
import { packInPieces, unpack } from './msgpack.ts';
import type { AnyProfile } from './profile.ts';
import { profileSchemas } from './registry.ts';

/** The number goes up when older files would not be understood. */
const FORMAT = 'disktime snapshot 4';

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
      packInPieces(content, (piece) => {
        for (let at = 0; at < piece.length;) at += writeSync(file, piece, at);
        size += piece.length;
      });
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
    const got = typeof saved?.format === 'string' ? `, got a "${saved.format}"` : '';
    throw new InputError(
      `expected a "${FORMAT}", which "disktime precondition" of this version writes${got}: ` +
        'make it again',
      { file: path },
    );
  }
  return { profile: profile.data, snapshot: saved.snapshot };
}
