/** What several commands take, checked. */

import { elevatorNames } from '../block/elevator/registry.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { GIB, MIB, parseSize } from '../sim/units.ts';

/**
 * A seed from the command line.
 * @throws InputError
 */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= 0xffffffff) return seed;
  throw new InputError(`--seed: "${text}" is not a seed; expected a whole number, 0 to 4294967295`);
}

/**
 * A scheduler's name, checked.
 * @throws InputError with the nearest name
 */
export function checkScheduler(name: string): string {
  const names = elevatorNames();
  if (names.includes(name)) return name;
  throw new InputError(
    `--scheduler: no IO scheduler is called "${name}"${nearestHint(name, names)}`,
  );
}

/**
 * A whole number above 0.
 * @throws InputError naming the option
 */
export function parseCount(text: string, option: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new InputError(`${option}: "${text}" is not a whole number above 0`);
}

/**
 * A machine's memory, bytes.
 * @throws InputError naming the option
 */
export function parseMemory(text: string, option: string): number {
  const bytes = parseSize(text, option);
  if (bytes >= MIB / 4 && bytes <= 256 * GIB) return bytes;
  throw new InputError(`${option}: "${text}" is out of range; expected 256k to 256g`);
}
