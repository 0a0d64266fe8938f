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

/**
 * Encodes a value piece by piece: lists and objects item by item, so that no more than the largest column
 * is there twice.
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

/** @throws Error on bytes that are not MessagePack */
export function unpack(bytes: Uint8Array): unknown {
  return codec.unpack(bytes);
}
