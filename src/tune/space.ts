/**
 * What may be fitted: any number of a profile, by its dotted path, or a group of them by name. Each
 * has a range about its starting value and is searched for as a coordinate 0..1. Which groups there
 * are, and how far a number may go, each kind of drive says for itself.
 */

import type { AnyProfile } from '../device/profile.ts';
import type { Measurement } from './measurement.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';

export interface Parameter {
  /** Dotted path in the profile, or a name of the kind's own for several numbers moved as one. */
  readonly name: string;
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly scale: 'linear' | 'log' | 'whole';
}

/** One kind of drive's parameters. */
export interface ParameterSpace<P> {
  /** The groups of `--fit`, in the order of the command's help. */
  readonly groups: Readonly<Record<string, (profile: P) => string[]>>;
  /** What is fitted to such a measurement when nothing is asked for. */
  defaultFit(profile: P, measurement: Measurement): readonly string[];
  /** Starts to try beside the given one, where a number of the profile is no matter of degree. */
  alternatives?(profile: P): readonly P[];
  /** Steps down the slope, for figures that follow smoothly; otherwise a search. */
  readonly isSmooth: boolean;
  /** How many simulations a fit is given by default. */
  readonly evaluations: number;
  rangeOf(profile: P, name: string): Parameter;
  /** The profile with parameters at the given coordinates; the given one is left alone. */
  profileAt(profile: P, parameters: readonly Parameter[], point: readonly number[]): P;
  /**
   * The tuned profile as it is written: numbers rounded to what a fit can know, checked, and for each
   * fitted one what it was fitted to.
   */
  fittedProfile(
    profile: P,
    parameters: readonly Parameter[],
    point: readonly number[],
    what: string,
  ): P;
}

/**
 * The parameters that names of groups, numbers, or objects of numbers stand for.
 * @throws InputError with the nearest name
 */
export function parametersOf<P extends AnyProfile>(
  space: ParameterSpace<P>,
  profile: P,
  names: readonly string[],
): Parameter[] {
  const inGroups = Object.values(space.groups).flatMap((group) => group(profile));
  const paths = names.flatMap((name) => {
    if (Object.hasOwn(space.groups, name)) return space.groups[name](profile);
    if (inGroups.includes(name)) return [name];
    const found = numbersUnder(profile, name);
    if (found.length > 0) return found;
    const groups = Object.keys(space.groups);
    throw new InputError(
      `--fit: "${name}" is neither a group (${groups.join(', ')}) nor a number of ` +
        `the profile${nearestHint(name, [...groups, ...inGroups, ...numbersUnder(profile, '')])}`,
    );
  });
  return [...new Set(paths)].map((path) => space.rangeOf(profile, path));
}

/** A parameter's coordinate 0..1 as its value. */
export function valueAt({ low, high, scale }: Parameter, x: number): number {
  if (scale === 'linear') return low + x * (high - low);
  const value = low * (high / low) ** x;
  return scale === 'whole' ? Math.round(value) : value;
}

/** The coordinate of the starting value. */
export function startOf({ start, low, high, scale }: Parameter): number {
  if (scale === 'linear') return (start - low) / (high - low);
  return Math.log(start / low) / Math.log(high / low);
}

/** Dotted paths of the numbers at or below one; lists are not entered. */
export function numbersUnder(profile: AnyProfile, path: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown, at: string): void => {
    if (typeof value === 'number') found.push(at);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value))
        visit(inner, at === '' ? key : `${at}.${key}`);
    }
  };
  visit(path === '' ? profile : get(profile, path.split('.')), path);
  return found;
}

export function get(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function set(into: unknown, path: readonly string[], value: unknown): void {
  const holder = get(into, path.slice(0, -1)) as Record<string, unknown>;
  holder[path[path.length - 1]] = value;
}
