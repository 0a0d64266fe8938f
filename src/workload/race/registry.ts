/** Every race. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { finalIputLinked, finalIputUnlinked } from './final-iput.ts';
import { pageLockAbba } from './page-lock-abba.ts';
import type { Race } from './race.ts';
import { freeingRace, umountRace } from './umount.ts';

export const races: ReadonlyMap<string, Race> = new Map(
  [finalIputUnlinked, finalIputLinked, umountRace, freeingRace, pageLockAbba].map((race) => [
    race.name,
    race,
  ]),
);

/** @throws InputError with the nearest name */
export function findRace(name: string): Race {
  const race = races.get(name);
  if (race !== undefined) return race;
  throw new InputError(`no race is called "${name}"${nearestHint(name, races.keys())}`);
}
