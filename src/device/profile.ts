/**
 * Drive profiles: JSON files, one a drive, each number with its source.
 *
 * A profile may `extend` another (by name, or by a path relative to itself): objects are merged
 * key by key, everything else replaces. What the merged profile may hold is the schema of its
 * model; what every profile holds is here.
 */

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { checkJson, readJsonText, type JsonText } from '../sim/json-file.ts';

/** The keys that a profile of any kind has; a model's schema extends this shape. */
export const profileBase = {
  $schema: z.string().optional().meta({ description: 'Path of the published JSON Schema.' }),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'expected lower-case letters, digits, dots and dashes')
    .meta({ description: 'The name people give on the command line; the file is NAME.json.' }),
  title: z.string().meta({ description: 'Maker, model, size, speed, year.' }),
  extends: z.string().optional().meta({ description: 'A profile this one goes on from.' }),
  sources: z.record(z.string(), z.string()).meta({
    description:
      'Where numbers come from: dotted key path (or a prefix of one) -> datasheet, measurement, ' +
      'fit or "assumption: why". The longest matching prefix counts.',
  }),
} as const;

/** What any floor may know of a profile without knowing its model. */
export interface AnyProfile {
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  readonly sources: Readonly<Record<string, string>>;
}

/** The folder of the shipped drives. */
export const DEVICES = fileURLToPath(new URL('../../devices/', import.meta.url));

/** What stands beside profiles: schemas, and what profiles were made from. */
const NO_PROFILE = /\.(schema|datasheet|figures)\.json$/;

/** Every shipped profile: name -> path, sorted by name. */
export function shippedProfiles(): Map<string, string> {
  const found: [string, string][] = [];
  for (const entry of readdirSync(DEVICES, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.json') && !NO_PROFILE.test(entry.name)) {
      found.push([entry.name.slice(0, -'.json'.length), join(entry.parentPath, entry.name)]);
    }
  }
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The file of a profile given by name or by path.
 * @throws InputError with the nearest name
 */
export function findProfile(nameOrPath: string, relativeTo: string = process.cwd()): string {
  if (/[/\\]/.test(nameOrPath) || nameOrPath.endsWith('.json')) {
    return resolve(relativeTo, nameOrPath);
  }
  const shipped = shippedProfiles();
  const path = shipped.get(nameOrPath);
  if (path !== undefined) return path;
  const here = resolve(relativeTo, `${nameOrPath}.json`);
  if (existsSync(here)) return here;
  throw new InputError(
    `no drive is called "${nameOrPath}"${nearestHint(nameOrPath, shipped.keys())}; ` +
      '"disktime devices" lists them, and a path to a profile works too',
  );
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

function readMerged(path: string, seen: readonly string[]): { text: JsonText; value: JsonObject } {
  const text = readJsonText(path);
  if (!isObject(text.value)) throw new InputError('expected one JSON object', { file: path });
  if (text.value.extends === undefined) return { text, value: text.value };
  const at = { file: path, line: text.lineOf(['extends']) };
  if (typeof text.value.extends !== 'string') {
    throw new InputError('extends: expected the name or path of a profile', at);
  }
  const basePath = findProfile(text.value.extends, dirname(path));
  if (seen.includes(basePath)) throw new InputError(`extends: goes round to ${basePath}`, at);
  const base = readMerged(basePath, [...seen, basePath]);
  return { text, value: merge(base.value, text.value) };
}

/**
 * Reads a profile, merges what it extends, and checks it.
 * @param nameOrPath a shipped profile's name, or a path
 * @param schemas the known kinds' schemas
 * @throws InputError naming file, line, field and the nearest valid name
 */
export function readProfile<P extends AnyProfile>(
  nameOrPath: string,
  schemas: ReadonlyMap<string, z.ZodType<P>>,
): P {
  const path = findProfile(nameOrPath);
  const { text, value } = readMerged(path, [path]);
  const kind = value.kind;
  const schema = typeof kind === 'string' ? schemas.get(kind) : undefined;
  if (schema === undefined) {
    throw new InputError(
      `kind: expected ${[...schemas.keys()].map((k) => `"${k}"`).join(' or ')}, got ${JSON.stringify(kind)}`,
      { file: path, line: text.lineOf(['kind']) },
    );
  }
  return checkJson(text, schema, value);
}

/** The numbers of a profile no entry of `sources` speaks for, as dotted paths. */
export function unsourcedNumbers(profile: AnyProfile): string[] {
  const prefixes = Object.keys(profile.sources);
  const missing: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') {
      if (!prefixes.some((p) => path === p || path.startsWith(`${p}.`))) missing.push(path);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (path === '' && key === 'sources') continue;
        visit(inner, path === '' ? key : `${path}.${key}`);
      }
    }
  };
  visit(profile, '');
  return missing;
}
