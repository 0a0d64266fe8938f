/** What several commands take, checked. */

import { elevatorNames } from '../block/elevator/registry.ts';
import type { AnyProfile } from '../device/profile.ts';
import { findGeneration } from '../block/generation.ts';
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

/** What the machine's block layer is, from the command line. */
export interface BlockLayer {
  generation: string;
  scheduler: string;
}

/** Schedulers that runs use where a person names none: deadline, whichever it is called. */
const USUAL_SCHEDULERS: readonly string[] = ['deadline', 'mq-deadline'];

/**
 * A block layer generation and one of its schedulers, for runs on a drive.
 * @param generation by default 2.6.34 for a rotational drive and 3.x for any other: 2.6.34 never
 *   plugged flash with command queueing, and flash of that kind came later
 * @param scheduler by default the generation's deadline
 * @throws InputError with the nearest name
 */
export function parseBlockLayer(
  profile: AnyProfile,
  generation: string | undefined,
  scheduler: string | undefined,
): BlockLayer {
  const usual = profile.kind === 'hdd' ? '2.6.34' : '3.x';
  const { name, elevators } = findGeneration(generation ?? usual);
  const chosen = scheduler ?? elevators.find((e) => USUAL_SCHEDULERS.includes(e)) ?? elevators[0];
  if (elevators.includes(chosen)) return { generation: name, scheduler: chosen };
  const elsewhere = elevatorNames().includes(chosen)
    ? `block layer ${name} has no "${chosen}"; it has ${elevators.join(', ')}`
    : `no IO scheduler is called "${chosen}"${nearestHint(chosen, elevatorNames())}`;
  throw new InputError(`--scheduler: ${elsewhere}`);
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
