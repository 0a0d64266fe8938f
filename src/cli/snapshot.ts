/** `--snapshot FILE`: runs that start from the drive that `disktime precondition` kept. */

import { isDeepStrictEqual } from 'node:util';
import type { AnyProfile } from '../device/profile.ts';
import { readSnapshot, type SavedDrive } from '../device/snapshot-file.ts';
import { InputError } from '../sim/input-error.ts';
import { type Drives, parseDrives } from '../workload/drives.ts';

/** The option of each command whose runs may start from a kept drive. */
export const SNAPSHOT = {
  flags: '--snapshot <file>',
  description:
    'start from the drive that "disktime precondition" kept; --device may be left out, or names it',
} as const;

/** A run's disk, and the state it starts in, of which every run takes its own copy. */
export type StartingDrives = Drives & { readonly saved?: SavedDrive | undefined };

/** A profile without what `precondition` changes of it. */
function asShipped(profile: AnyProfile): unknown {
  const { ftl } = profile as { ftl?: object };
  return ftl === undefined ? profile : { ...profile, ftl: { ...ftl, initial_fill: 0 } };
}

/** @throws InputError when the drive that was kept in the file is not the one that was asked for */
function check(file: string, saved: SavedDrive, asked: AnyProfile): void {
  const { name } = saved.profile;
  if (name !== asked.name) {
    throw new InputError(
      `expected a snapshot of ${asked.name}, as --device asks, got one of ${name}: ` +
        `name that drive, or leave --device out`,
      { file },
    );
  }
  if (isDeepStrictEqual(asShipped(saved.profile), asShipped(asked))) return;
  throw new InputError(
    `expected a snapshot of ${name} as its profile is now, got one of another profile of that name: ` +
      `run "disktime precondition" again, or leave --device out`,
    { file },
  );
}

/**
 * The kept drive, held against the profile that was asked for, if any was.
 * @throws InputError when the file holds no drive, or another
 */
export function savedDrive(file: string, asked?: AnyProfile): SavedDrive {
  const saved = readSnapshot(file);
  if (asked !== undefined) check(file, saved, asked);
  return saved;
}

/**
 * The disks that `--device` and `--snapshot` name: the snapshot's own drive, once, if there is one.
 * @param asked what `--device` says, if it was given
 * @param usual what runs take when neither was given
 * @throws InputError when a drive that was asked for is not the snapshot's, or is several
 */
export function startingDrives(
  file: string | undefined,
  asked: readonly string[] | undefined,
  usual: readonly string[],
): StartingDrives[] {
  if (file === undefined) return (asked ?? usual).map((name) => parseDrives(name));
  const saved = readSnapshot(file);
  for (const text of asked ?? []) {
    const { name, profile, stack } = parseDrives(text);
    if (stack !== undefined) {
      throw new InputError(
        `a snapshot is of one drive, got --device ${name}, which is ${stack.members}`,
        { file },
      );
    }
    check(file, saved, profile);
  }
  const { profile } = saved;
  return [{ name: profile.name, title: profile.title, profile, saved }];
}
