/**
 * How large files were before the recording began. A trace does not say; but what was read beyond
 * everything written so far, since the file was first seen, must have been there.
 */

import type { CallTraceBuilder } from './call-trace.ts';

interface Known {
  /** The row of the first open; its size is set as it becomes known. -1: made in the trace. */
  openRow: number;
  beforeBytes: number;
  nowBytes: number;
}

export class FileSizes {
  readonly #builder: CallTraceBuilder;
  readonly #files = new Map<number, Known>();

  constructor(builder: CallTraceBuilder) {
    this.#builder = builder;
  }

  /** @param isNew whether the call made the file, or emptied it */
  opened(path: number, row: number, isNew: boolean): void {
    const known = this.#files.get(path);
    if (known === undefined) {
      this.#files.set(path, { openRow: isNew ? -1 : row, beforeBytes: 0, nowBytes: 0 });
    } else if (isNew) {
      known.nowBytes = 0;
    }
  }

  /** The file's size now, as far as it is known. */
  of(path: number): number {
    return this.#files.get(path)?.nowBytes ?? 0;
  }

  read(path: number, endBytes: number): void {
    const known = this.#files.get(path);
    if (known === undefined || endBytes <= known.nowBytes) return;
    known.nowBytes = endBytes;
    if (known.openRow < 0 || endBytes <= known.beforeBytes) return;
    known.beforeBytes = endBytes;
    this.#builder.setOpenSize(known.openRow, endBytes);
  }

  written(path: number, endBytes: number): void {
    const known = this.#files.get(path);
    if (known !== undefined) known.nowBytes = Math.max(known.nowBytes, endBytes);
  }

  truncated(path: number, bytes: number): void {
    const known = this.#files.get(path);
    if (known !== undefined) known.nowBytes = bytes;
  }

  unlinked(path: number): void {
    // What comes by this name from now on is another file, and a new one.
    this.#files.set(path, { openRow: -1, beforeBytes: 0, nowBytes: 0 });
  }

  renamed(from: number, to: number): void {
    const known = this.#files.get(from);
    this.unlinked(from);
    if (known !== undefined) this.#files.set(to, known);
  }
}
