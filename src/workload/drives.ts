/** What a run's disk is, by name: a drive, or several of one kind put together. */

import { checkStack } from '../block/stack/create-stack.ts';
import type { AnyProfile } from '../device/profile.ts';
import { loadProfile } from '../device/registry.ts';
import { KIB, parseSize } from '../sim/units.ts';
import type { StackOptions } from './disks.ts';

/** What `--device` names: drives of one kind, one or several put together. */
export interface Drives {
  /** As it was asked for. */
  name: string;
  /** In words. */
  title: string;
  profile: AnyProfile;
  stack?: StackOptions;
}

/**
 * A drive by name or profile path, or several of it: `raid0:4xNAME:64k`, a level of `stackLevels()`, how
 * many, which, and how much goes to one before the next (mdadm --chunk; 512k when left out).
 * @throws InputError with the nearest name
 */
export function parseDrives(text: string): Drives {
  const [, level, count, name, chunk] =
    /^([a-z]+\d*):(\d+)x(.+?)(?::(\d+[kKmM]?))?$/.exec(text) ?? [];
  if (level === undefined) {
    const profile = loadProfile(text);
    return { name: profile.name, title: profile.title, profile };
  }
  const profile = loadProfile(name);
  const chunkKib = chunk === undefined ? 512 : parseSize(chunk, `--device ${text}: chunk`) / KIB;
  const members = Number(count);
  checkStack(level, members, chunkKib);
  const title = `${level} of ${members} x ${profile.title}`;
  return { name: text, title, profile, stack: { level, members, chunkKib } };
}
