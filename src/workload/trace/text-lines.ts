/** The lines of a trace file, which may be gzipped; it is told by its first two bytes. */

import { constants, gunzipSync } from 'node:zlib';
import { InputError } from '../../sim/input-error.ts';
import { readInputFile } from '../../sim/json-file.ts';

/**
 * Reads a text file, inflating it when it is gzip.
 * @throws InputError when it cannot be read, or when the gzip stream breaks off: then with the
 *   line of the text up to which it is whole
 */
export function readTraceText(file: string): string {
  return inflateText(readInputFile(file), file);
}

/** The text in these bytes; `file` is for messages. */
export function inflateText(bytes: Buffer, file: string): string {
  if (bytes.length < 2 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    const line = lastWholeLine(bytes);
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === 'Z_BUF_ERROR'
        ? 'the gzip file breaks off here; expected the rest of the trace'
        : `the gzip file is damaged after this line (${code})`;
    throw new InputError(`${what}; copy it again`, { file, line });
  }
}

function lastWholeLine(bytes: Buffer): number {
  try {
    const part = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    return part.toString('latin1').split('\n').length;
  } catch {
    return 1;
  }
}

/** Walks over the lines of a text without splitting it. */
export class Lines {
  /** The line `next` found, without its end. */
  line = '';
  /** Its number, 1-based. */
  number = 0;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): boolean {
    if (this.#at >= this.#text.length) return false;
    let end = this.#text.indexOf('\n', this.#at);
    if (end < 0) end = this.#text.length;
    this.line = this.#text.slice(this.#at, this.#text[end - 1] === '\r' ? end - 1 : end);
    this.#at = end + 1;
    this.number++;
    return true;
  }
}
