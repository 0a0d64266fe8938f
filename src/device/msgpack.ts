/**
 * MessagePack through msgpackr's pure entry, which never loads its native addon.
 *
 * The only file that imports it. That entry's typings do not resolve under `nodenext`, so it is
 * imported by a name the compiler does not follow, with the types of the package's main entry.
 * Typed arrays go in as columns and come out as themselves.
 */

import type * as M from 'msgpackr';

const ENTRY: string = 'msgpackr/pack';
const { Packr } = (await import(ENTRY)) as Pick<typeof M, 'Packr'>;
const codec = new Packr({ moreTypes: true, useRecords: false });

const MAP = 0xdf;
const ARRAY = 0xdd;
const EXTENSION = 0xc9;

/**
 * Encodes a value piece by piece: lists and objects item by item, columns as they are, so that nothing
 * large is there twice.
 * @param write takes a piece, whose bytes are another's when it returns
 */
export function packInPieces(value: unknown, write: (piece: Uint8Array) => void): void {
  const begin = (kind: number, count: number): void => {
    const header = Buffer.alloc(5);
    header[0] = kind;
    header.writeUInt32BE(count, 1);
    write(header);
  };
  if (Array.isArray(value)) {
    begin(ARRAY, value.length);
    for (const item of value) packInPieces(item, write);
  } else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    write(columnHeader(value as Column));
    write(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    begin(MAP, entries.length);
    for (const [key, item] of entries) {
      write(codec.pack(key));
      packInPieces(item, write);
    }
  } else {
    write(codec.pack(value));
  }
}

interface Column extends ArrayBufferView {
  readonly constructor: new (length: number) => unknown;
}

/** What stands before a column's bytes: as the codec has it, with its length in as many bytes as it may take. */
function columnHeader(column: Column): Uint8Array {
  const empty = codec.pack(new column.constructor(0));
  const header = Buffer.alloc(7);
  header[0] = EXTENSION;
  // The codec counts its number for the kind of column among the bytes.
  header.writeUInt32BE(1 + column.byteLength, 1);
  header.set(empty.subarray(empty.length - 2), 5);
  return header;
}

/** @throws Error on bytes that are not MessagePack */
export function unpack(bytes: Uint8Array): unknown {
  return codec.unpack(bytes);
}
