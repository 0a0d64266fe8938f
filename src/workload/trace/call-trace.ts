/**
 * A recorded trace of file calls, as columns: what every format of such traces is read into, and
 * what `replay` turns into programs.
 */

/** What a row does. */
export const Call = {
  /** Opens `path`; `bytes` is the size it has if it was there before the recording. */
  open: 0,
  close: 1,
  read: 2,
  write: 3,
  /** fsync or fdatasync. */
  fsync: 4,
  /** sync(2); of no file. */
  sync: 5,
  /** To the length in `bytes`. */
  truncate: 6,
  /** Of `path`. */
  unlink: 7,
  /** Of `path` to the path whose number is in `offset`. */
  rename: 8,
} as const;
export type Call = (typeof Call)[keyof typeof Call];

export interface CallTrace {
  /** The file as it was given, for messages. */
  source: string;
  /** Rows, in recorded order. */
  length: number;
  call: Uint8Array;
  /** Which recorded process or thread made the call: an index into `processes`. */
  process: Uint16Array;
  /** Which opened file it is about: a number given by its `open`; -1 for none. */
  handle: Int32Array;
  /** An index into `paths`; -1 for none. */
  path: Int32Array;
  offset: Float64Array;
  bytes: Float64Array;
  /** When the call began, ns since the first row. */
  startNs: Float64Array;
  paths: string[];
  processes: string[];
  /** How many lines were read. */
  lines: number;
  /** What the trace holds that cannot be replayed, in plain sentences. */
  warnings: string[];
}

/** Collects rows into columns that grow by doubling. */
export class CallTraceBuilder {
  #length = 0;
  #call = new Uint8Array(1024);
  #process = new Uint16Array(1024);
  #handle = new Int32Array(1024);
  #path = new Int32Array(1024);
  #offset = new Float64Array(1024);
  #bytes = new Float64Array(1024);
  #startNs = new Float64Array(1024);
  readonly #paths: string[] = [];
  readonly #pathNumbers = new Map<string, number>();
  readonly #processes: string[] = [];
  readonly #processNumbers = new Map<string, number>();
  #handles = 0;

  pathNumber(path: string): number {
    return numberIn(path, this.#paths, this.#pathNumbers);
  }

  processNumber(name: string): number {
    return numberIn(name, this.#processes, this.#processNumbers);
  }

  newHandle(): number {
    return this.#handles++;
  }

  /** Adds a row; returns its number. */
  add(
    call: Call,
    process: number,
    startNs: number,
    handle: number,
    path: number,
    offset = 0,
    bytes = 0,
  ): number {
    const row = this.#length++;
    if (row === this.#call.length) this.#grow();
    this.#call[row] = call;
    this.#process[row] = process;
    this.#handle[row] = handle;
    this.#path[row] = path;
    this.#offset[row] = offset;
    this.#bytes[row] = bytes;
    this.#startNs[row] = startNs;
    return row;
  }

  /** Sets the size of the file that a row opens, found out later in the trace. */
  setOpenSize(row: number, bytes: number): void {
    this.#bytes[row] = bytes;
  }

  finish(source: string, lines: number, warnings: string[]): CallTrace {
    const n = this.#length;
    const startNs = this.#startNs.slice(0, n);
    // A resumed call is entered when it ends, so the first row is not always the earliest.
    let first = Infinity;
    for (let i = 0; i < n; i++) first = Math.min(first, startNs[i]);
    for (let i = 0; i < n; i++) startNs[i] -= first;
    return {
      source,
      length: n,
      call: this.#call.slice(0, n),
      process: this.#process.slice(0, n),
      handle: this.#handle.slice(0, n),
      path: this.#path.slice(0, n),
      offset: this.#offset.slice(0, n),
      bytes: this.#bytes.slice(0, n),
      startNs,
      paths: this.#paths,
      processes: this.#processes,
      lines,
      warnings,
    };
  }

  #grow(): void {
    const capacity = this.#call.length * 2;
    const copy = <T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(
      from: T,
      to: T,
    ): T => {
      to.set(from);
      return to;
    };
    this.#call = copy(this.#call, new Uint8Array(capacity));
    this.#process = copy(this.#process, new Uint16Array(capacity));
    this.#handle = copy(this.#handle, new Int32Array(capacity));
    this.#path = copy(this.#path, new Int32Array(capacity));
    this.#offset = copy(this.#offset, new Float64Array(capacity));
    this.#bytes = copy(this.#bytes, new Float64Array(capacity));
    this.#startNs = copy(this.#startNs, new Float64Array(capacity));
  }
}

function numberIn(name: string, names: string[], numbers: Map<string, number>): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = names.push(name) - 1;
    numbers.set(name, number);
  }
  return number;
}
