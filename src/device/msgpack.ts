/**
 * MessagePack through msgpackr's pure entry, which never loads its native addon.
 *
 * The only file that imports it. That entry's typings do not resolve under `nodenext`, so it is
 * imported by a name the compiler does not follow, with the types of the package's main entry.
 */

import type * as M from 'msgpackr';

const ENTRY: string = 'msgpackr/pack';
const { Packr } = (await import(ENTRY)) as Pick<typeof M, 'Packr'>;
const codec = new Packr({ moreTypes: true, useRecords: false });

/** Encodes objects, lists and plain values. */
export function pack(value: unknown): Uint8Array {
  return codec.pack(value);
}

/** @throws Error on bytes that are not MessagePack */
export function unpack(bytes: Uint8Array): unknown {
  return codec.unpack(bytes);
}
