/**
 * Reading JSON that people write (profiles, scenarios, sweeps) against a schema, so that every
 * mistake is reported with its file, line and field, and the nearest thing that would be right.
 */

import { readFileSync } from 'node:fs';
import {
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  getNodeValue,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import * as z from 'zod';
import { InputError, nearestHint } from './input-error.ts';

/** A parsed JSON text that still knows where each value stands. */
export interface JsonText {
  file: string;
  value: unknown;
  /** 1-based line of the value at `path`, or of the nearest enclosing value that exists. */
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * Parses strict JSON.
 * @throws InputError naming file and line
 */
export function parseJsonText(text: string, file: string): JsonText {
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first !== undefined || root === undefined) {
    const what = first ? printParseErrorCode(first.error) : 'the file is empty';
    throw new InputError(`not valid JSON (${what}); expected one JSON object`, {
      file,
      line: lineAt(first?.offset ?? 0),
    });
  }
  const lineOf = (path: readonly (string | number)[]): number => {
    let node: Node | undefined;
    for (let length = path.length; node === undefined; length--) {
      node = length === 0 ? root : findNodeAtLocation(root, path.slice(0, length));
    }
    // A property's line is its key's.
    return lineAt(node.parent?.type === 'property' ? node.parent.offset : node.offset);
  };
  return { file, value: getNodeValue(root), lineOf };
}

/** Reads and parses a file; a missing file is an InputError too. */
export function readJsonText(file: string): JsonText {
  return parseJsonText(readTextFile(file), file);
}

/**
 * Reads a text file a person named.
 * @throws InputError when it cannot be read
 */
export function readTextFile(file: string): string {
  return readInputFile(file).toString('utf8');
}

/**
 * Reads a file a person named.
 * @throws InputError when it cannot be read
 */
export function readInputFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EISDIR'
          ? 'is a directory; expected a file'
          : `cannot be read (${code})`;
    throw new InputError(why, { file });
  }
}

type AnySchema = z.core.$ZodType;

/** The schemas that the values under `schema` at one more step of a path may have. */
function stepInto(schema: AnySchema, key: PropertyKey): AnySchema[] {
  if (schema instanceof z.ZodObject) {
    const next = (schema.shape as Record<PropertyKey, AnySchema | undefined>)[key];
    return next === undefined ? [] : [next];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return unwrap(schema).flatMap((inner) => stepInto(inner, key));
}

function unwrap(schema: AnySchema): AnySchema[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return [schema.unwrap()];
  }
  if (schema instanceof z.ZodUnion || schema instanceof z.ZodDiscriminatedUnion) {
    return [...schema.options];
  }
  if (schema instanceof z.ZodPipe) return [schema.in];
  return [];
}

function keysOf(schema: AnySchema): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  return unwrap(schema).flatMap(keysOf);
}

/** The keys that an object at `path` may have. */
export function knownKeys(schema: AnySchema, path: readonly PropertyKey[]): string[] {
  let schemas = [schema];
  for (const key of path) schemas = schemas.flatMap((s) => stepInto(s, key));
  return schemas.flatMap(keysOf);
}

/**
 * Checks a parsed text against a schema.
 * @param value what to check, when it is not the text's own value (a profile merged with its base)
 * @throws InputError for the first issue: file, line, field, what was expected, nearest key
 */
export function checkJson<S extends z.ZodType>(
  text: JsonText,
  schema: S,
  value: unknown = text.value,
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // A misspelt key is the cause of a missing one: say it first.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  const path = issue.path.filter((key): key is string | number => typeof key !== 'symbol');
  const at = { file: text.file, line: text.lineOf(path) };
  const field = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    throw new InputError(
      `unknown key "${[...path, key].join('.')}"${nearestHint(key, knownKeys(schema, path))}`,
      { file: text.file, line: text.lineOf([...path, key]) },
    );
  }
  const problem = issue.message.replace('received undefined', 'but it is missing');
  throw new InputError(`${field === '' ? 'the file' : field}: ${problem}`, at);
}
