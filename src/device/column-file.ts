/**
 * A value with large columns (typed arrays) in a file: its columns as they are, then all else as MessagePack
 * with a note where each of them is, then where that begins.
 *
 * Neither way is such a value in memory as a whole. What is written may make its columns as they are
 * asked for (getters, iterables); what is read has getters that take a column from the file each time.
 */

import { fstatSync, readSync, writeSync } from 'node:fs';
import { pack, unpack } from './msgpack.ts';

type Column = Uint8Array | Uint16Array | Int32Array | Float64Array;

const KINDS = { Uint8Array, Uint16Array, Int32Array, Float64Array } as const;
type Kind = keyof typeof KINDS;

/** Stands for a column: its kind, where it begins, bytes, and how many numbers it has. */
const COLUMN = '$column';
type Note = { readonly [COLUMN]: [kind: Kind, at: number, length: number] };

/** The last bytes: where the MessagePack begins, and what this is. */
const MAGIC = 'disktime columns';
const FOOTER_BYTES = 8 + MAGIC.length;

function isNote(value: unknown): value is Note {
  return typeof value === 'object' && value !== null && COLUMN in value;
}

/**
 * Writes a value of objects, lists (also such as can only be gone through), columns and plain values.
 * @param file open for writing, and empty
 * @returns its size, bytes
 */
export function writeColumns(file: number, value: unknown): number {
  let size = 0;
  const write = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    size += bytes.length;
  };
  const noted = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (ArrayBuffer.isView(part)) {
      const column = part as Column;
      const kind = column.constructor.name as Kind;
      if (!(kind in KINDS)) throw new Error(`no column is a ${kind}`);
      const note: Note = { [COLUMN]: [kind, size, column.length] };
      write(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
      return note;
    }
    if (Symbol.iterator in part) return Array.from(part as Iterable<unknown>, noted);
    const entries = Object.entries(part).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, noted(item)]));
  };
  const rest = pack(noted(value));
  const footer = Buffer.alloc(FOOTER_BYTES, MAGIC);
  footer.writeDoubleLE(size);
  footer.write(MAGIC, 8, 'latin1');
  write(rest);
  write(footer);
  return size;
}

/**
 * The value in such a file, which has to stay open for as long as columns may be asked for.
 * @returns undefined when the file is something else
 * @throws Error when it is damaged
 */
export function readColumns(file: number): unknown {
  const { size } = fstatSync(file);
  if (size < FOOTER_BYTES) return undefined;
  const footer = bytesAt(file, size - FOOTER_BYTES, FOOTER_BYTES);
  if (footer.toString('latin1', 8) !== MAGIC) return undefined;
  const begin = footer.readDoubleLE();
  const end = size - FOOTER_BYTES;
  if (!(begin >= 0 && begin <= end)) throw new Error('its end has been damaged');
  return withColumns(file, unpack(bytesAt(file, begin, end - begin)), begin);
}

/** Puts getters in the place of notes. */
function withColumns(file: number, value: unknown, end: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, item] of Object.entries(value)) {
    if (!isNote(item)) {
      withColumns(file, item, end);
      continue;
    }
    const [kind, at, length] = item[COLUMN];
    if (!(kind in KINDS) || at + length * KINDS[kind].BYTES_PER_ELEMENT > end) {
      throw new Error(`"${key}" is not where it should be`);
    }
    Object.defineProperty(value, key, {
      enumerable: true,
      get: () => {
        const column = new KINDS[kind](length);
        readInto(file, at, new Uint8Array(column.buffer));
        return column;
      },
    });
  }
  return value;
}

function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readInto(file, at, bytes);
  return bytes;
}

function readInto(file: number, at: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const count = readSync(file, bytes, done, bytes.length - done, at + done);
    if (count === 0) throw new Error('it has been cut short');
    done += count;
  }
}
