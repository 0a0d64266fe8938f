/** The units of the simulation, and reading the units people write. */

import { InputError, type InputErrorPlace } from './input-error.ts';

/** Bytes in a sector: the unit of every address. */
export const SECTOR_BYTES = 512;
/** Bytes in a page of the page cache. */
export const PAGE_BYTES = 4096;
/** Sectors in a page. */
export const PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES;

export const US = 1_000;
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)(b?)$/i;
const SIZE_POWER: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * Reads a size as fio does with kb_base=1024: `4k`, `4K`, `4KiB`, `4kb` and `4096` are the same.
 * @returns bytes, a whole number
 * @throws InputError naming `field`
 */
export function parseSize(text: string, field: string, place?: InputErrorPlace): number {
  const match = SIZE.exec(text.trim());
  const bytes = match ? Number(match[1]) * 1024 ** SIZE_POWER[match[2].toLowerCase()] : NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new InputError(
      `${field}: "${text}" is not a size; expected whole bytes such as 4096, 4k, 64m or 1.5g`,
      place,
    );
  }
  return bytes;
}

const TIME = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i;
const TIME_NS: Readonly<Record<string, number>> = {
  ns: 1,
  nsec: 1,
  us: US,
  usec: US,
  ms: MS,
  msec: MS,
  s: SECOND,
  sec: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3600 * SECOND,
  d: 86400 * SECOND,
};

/**
 * Reads a time: `8.5ms`, `100us`, `30s`, `5m`.
 * @param bareUnit the unit of a number without one, e.g. `s` for fio's runtime
 * @returns ns, rounded to a whole number
 * @throws InputError naming `field`
 */
export function parseTime(
  text: string,
  field: string,
  bareUnit = 's',
  place?: InputErrorPlace,
): number {
  const match = TIME.exec(text.trim());
  const unit = match ? TIME_NS[match[2] === '' ? bareUnit : match[2].toLowerCase()] : undefined;
  if (match === null || unit === undefined) {
    throw new InputError(
      `${field}: "${text}" is not a time; expected a number with ns, us, ms, s, m or h, such as 8.5ms`,
      place,
    );
  }
  return Math.round(Number(match[1]) * unit);
}
