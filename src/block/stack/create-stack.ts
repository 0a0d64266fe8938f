/** The ways to stack queues, by name. A new one is a file in this folder and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { KIB, SECTOR_BYTES } from '../../sim/units.ts';
import type { BlockQueue } from '../bio.ts';
import { Linear } from './linear.ts';
import { Mirrored } from './mirrored.ts';
import { Parity } from './parity.ts';
import type { StackedQueue } from './stacked-queue.ts';
import { Striped } from './striped.ts';

interface Level {
  readonly name: string;
  readonly leastMembers: number;
  create(members: readonly BlockQueue[], chunkSectors: number): StackedQueue;
}

/** Assumption: more than anybody puts together, and little enough for memory. */
const MOST_MEMBERS = 64;

const levels: readonly Level[] = [
  { name: 'linear', leastMembers: 1, create: (members) => new Linear(members) },
  { name: 'raid0', leastMembers: 2, create: (members, chunk) => new Striped(members, chunk, 1) },
  { name: 'raid1', leastMembers: 2, create: (members) => new Mirrored(members) },
  { name: 'raid5', leastMembers: 3, create: (members, chunk) => new Parity(members, chunk) },
  { name: 'raid10', leastMembers: 4, create: (members, chunk) => new Striped(members, chunk, 2) },
];

export function stackLevels(): string[] {
  return levels.map(({ name }) => name);
}

/**
 * Puts one queue over several.
 * @param level one of `stackLevels()`
 * @param members queues that live on one event queue
 * @param chunkKib how much goes to one member before the next (mdadm --chunk), KiB; a multiple of
 *   4. mdadm's default was 64 up to 3.0 and is 512 since
 * @throws InputError for an unknown level, too few members, or a chunk that is none
 */
export function createStack(
  level: string,
  members: readonly BlockQueue[],
  chunkKib = 512,
): StackedQueue {
  return checkStack(level, members.length, chunkKib).create(
    members,
    (chunkKib * KIB) / SECTOR_BYTES,
  );
}

/** @throws InputError for an unknown level, too few members, or a chunk that is none */
export function checkStack(level: string, members: number, chunkKib: number): Level {
  const found = levels.find(({ name }) => name === level);
  if (found === undefined) {
    throw new InputError(`no stack is called "${level}"${nearestHint(level, stackLevels())}`);
  }
  const isOdd = level === 'raid10' && members % 2 !== 0;
  if (members < found.leastMembers || members > MOST_MEMBERS || isOdd) {
    const least = level === 'raid10' ? 'an even number, 4' : `${found.leastMembers}`;
    const wanted = `${least} to ${MOST_MEMBERS}`;
    throw new InputError(`${level}: expected ${wanted} members, got ${members}`);
  }
  if (!Number.isSafeInteger(chunkKib) || chunkKib < 4 || chunkKib % 4 !== 0) {
    throw new InputError(`${level}: chunk: expected a multiple of 4 KiB, got ${chunkKib}`);
  }
  return found;
}
