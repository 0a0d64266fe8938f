/**
 * Kernel versions as ordered numbers, so that a rule reads `kernel >= version(2, 6, 36)`. Which
 * rule came with which version is said where the rule is.
 */

import { InputError } from './input-error.ts';

/** A version as a number that sorts: 2.6.34 is 2006034. */
export function version(major: number, minor: number, patch = 0): number {
  return major * 1_000_000 + minor * 1000 + patch;
}

/** The versions the rules are written for, and that the history of WRITEOUT.md section 4 names. */
export const KERNELS: readonly string[] = ['2.6.34', '3.2', '4.11', '6.16'];

/** Before it there were no per-disk flushers; after it the rules are not known. */
const OLDEST = version(2, 6, 32);
const NEWEST = version(6, 16, 999);

/**
 * A version from its name.
 * @param text `2.6.34`, `3.2`, `6.16`
 * @throws InputError when it is none, or outside 2.6.32 to 6.16
 */
export function parseKernelVersion(text: string): number {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  const found = parts === null ? NaN : version(+parts[1], +parts[2], +(parts[3] ?? 0));
  if (found >= OLDEST && found <= NEWEST) return found;
  throw new InputError(
    `kernel "${text}": expected a version from 2.6.32 to 6.16, for example ${KERNELS.join(', ')}`,
  );
}

/** `2.6.34` for its number. */
export function kernelName(kernel: number): string {
  const [major, minor, patch] = [
    Math.floor(kernel / 1_000_000),
    Math.floor(kernel / 1000) % 1000,
    kernel % 1000,
  ];
  return patch === 0 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}
