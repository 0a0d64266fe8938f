/** The kinds of values fio options have, and how each is read. */

import { InputError, nearestHint, type InputErrorPlace } from '../../sim/input-error.ts';
import { parseSize, parseTime } from '../../sim/units.ts';

/** Reads one option's value. `name` and `place` are for messages. */
export type ParseValue<T> = (text: string, name: string, place: InputErrorPlace) => T;

/** A value for reads and one for writes: fio's `read,write,trim` form. */
export interface PerDirection<T> {
  read: T;
  write: T;
}

/** How large each IO is: sizes, and the share of the IOs that has each; shares sum to 1. */
export interface BlockSizes {
  bytes: number[];
  shares: number[];
  /** `bsrange`: any multiple of the smallest size, from the first to the second of `bytes`. */
  isRange: boolean;
}

export type Distribution =
  { kind: 'random' } | { kind: 'zipf'; theta: number } | { kind: 'pareto'; h: number };

/** A part of the file, or bytes. */
export interface Offset {
  bytes: number;
  /** 0..100 of the file's size, when the value was `N%`. */
  percent: number | undefined;
}

export const size: ParseValue<number> = (text, name, place) => parseSize(text, name, place);

/** A size that must not be 0. */
export const positiveSize: ParseValue<number> = (text, name, place) => {
  const bytes = parseSize(text, name, place);
  if (bytes === 0) throw new InputError(`${name}: expected more than 0 bytes`, place);
  return bytes;
};

/** A size that fio also takes as a share of an existing device or file; here there is none. */
export const wholeSize: ParseValue<number> = (text, name, place) => {
  if (/%\s*$/.test(text)) {
    throw new InputError(
      `${name}: "${text}" is a share of a file that does not exist yet; expected bytes such as 64m`,
      place,
    );
  }
  return positiveSize(text, name, place);
};

export const offset: ParseValue<Offset> = (text, name, place) => {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (match === null) return { bytes: parseSize(text, name, place), percent: undefined };
  const percent = Number(match[1]);
  if (percent > 100) throw new InputError(`${name}: expected 0% to 100%, not ${text}`, place);
  return { bytes: 0, percent };
};

/** A whole number within limits. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): ParseValue<number> {
  return (text, name, place) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    const range =
      most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    throw new InputError(`${name}: "${text}" is not a whole number ${range}`, place);
  };
}

/** A number of IOs or blocks, with fio's size suffixes. */
export const count: ParseValue<number> = (text, name, place) => parseSize(text, name, place);

export const boolean: ParseValue<boolean> = (text, name, place) => {
  if (text === '1' || text === '' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new InputError(`${name}: "${text}" is not 0 or 1`, place);
};

/** A time, ns. @param bareUnit the unit of a bare number */
export function time(bareUnit: string): ParseValue<number> {
  return (text, name, place) => parseTime(text, name, bareUnit, place);
}

/** A time or a range of times, ns. */
export const timeRange: ParseValue<[number, number]> = (text, name, place) => {
  const parts = text.split('-').map((part) => parseTime(part, name, 's', place));
  if (parts.length > 2 || (parts.length === 2 && parts[1] < parts[0])) {
    throw new InputError(`${name}: expected a time or two, low-high, such as 1s-5s`, place);
  }
  return [parts[0], parts[parts.length - 1]];
};

export const text: ParseValue<string> = (value) => value;

/** Names separated by `:`; `\:` is a colon. */
export const names: ParseValue<string[]> = (value) =>
  value
    .split(/(?<!\\):/)
    .map((name) => name.replaceAll('\\:', ':'))
    .filter((name) => name !== '');

/** One of a set of words. */
export function oneOf<const T extends string>(...words: T[]): ParseValue<T> {
  return (value, name, place) => {
    const match = words.find((word) => word === value);
    if (match !== undefined) return match;
    throw new InputError(
      `${name}: "${value}" is not one of ${words.join(', ')}${nearestHint(value, words)}`,
      place,
    );
  };
}

/** `both`, `read,write` or `read,write,trim`; an empty one stays as it is (undefined). */
export function perDirection<T>(
  parse: ParseValue<T>,
): ParseValue<{ read: T | undefined; write: T | undefined }> {
  return (value, name, place) => {
    const parts = value.split(',');
    if (parts.length > 3) {
      throw new InputError(`${name}: expected at most read,write,trim; got "${value}"`, place);
    }
    const [read, write] = parts.map((part) =>
      part.trim() === '' ? undefined : parse(part, name, place),
    );
    return { read, write: parts.length === 1 ? read : write };
  };
}

export const blockSize: ParseValue<BlockSizes> = (value, name, place) => ({
  bytes: [positiveSize(value, name, place)],
  shares: [1],
  isRange: false,
});

export const blockRange: ParseValue<BlockSizes> = (value, name, place) => {
  const parts = value.split('-').map((part) => positiveSize(part, name, place));
  if (parts.length !== 2 || parts[1] < parts[0]) {
    throw new InputError(
      `${name}: expected smallest-largest such as 4k-64k, not "${value}"`,
      place,
    );
  }
  return { bytes: parts, shares: [1, 0], isRange: true };
};

/** `size/percent:size/percent`; sizes without a percentage share what is left. */
export const blockSplit: ParseValue<BlockSizes> = (value, name, place) => {
  const parts = value.split(':').map((part) => part.split('/'));
  const bytes = parts.map(([bs]) => positiveSize(bs, name, place));
  const given = parts.map(([, percent]) =>
    percent === undefined || percent === '' ? undefined : whole(0, 100)(percent, name, place),
  );
  const sum = given.reduce<number>((total, percent) => total + (percent ?? 0), 0);
  const open = given.filter((percent) => percent === undefined).length;
  if (sum > 100 || (sum < 100 && open === 0)) {
    throw new InputError(`${name}: the percentages sum to ${sum}; expected 100`, place);
  }
  const shares = given.map((percent) => (percent ?? (100 - sum) / open) / 100);
  return { bytes, shares, isRange: false };
};

/** `random`, `zipf:theta` or `pareto:h`. */
export const distribution: ParseValue<Distribution> = (value, name, place) => {
  const [kind, parameter] = value.split(':');
  const kinds = ['random', 'zipf', 'pareto'];
  if (!kinds.includes(kind)) {
    throw new InputError(
      `${name}: "${kind}" is not modelled; expected random, zipf:THETA or pareto:H${nearestHint(kind, kinds)}`,
      place,
    );
  }
  if (kind === 'random') return { kind };
  // fio's own defaults: zipf:1.1, pareto:0.2.
  const number = parameter === undefined ? (kind === 'zipf' ? 1.1 : 0.2) : Number(parameter);
  if (kind === 'zipf' && number > 0 && number !== 1) return { kind, theta: number };
  if (kind === 'pareto' && number > 0 && number < 1) return { kind, h: number };
  throw new InputError(
    kind === 'zipf'
      ? `${name}: "${parameter}": expected a theta above 0 and not 1, such as zipf:1.2`
      : `${name}: "${parameter}": expected an h between 0 and 1, such as pareto:0.9`,
    place,
  );
};
