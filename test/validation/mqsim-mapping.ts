/**
 * MQSim's cached mapping table as its Address_Mapping_Unit_Page_Level has it at 7ec40e3, rules that
 * no drive has included, to see what of its results they make.
 *
 * The cache holds single entries, the least recently used evicted. A miss reads the translation page
 * (512 bytes of it leave the die). What is evicted changed is written back: the translation page is
 * read, and a write queued. PRIORITY_OUT_OF_ORDER, its default scheduler, never serves that queue,
 * and a page with a write-back queued counts as in memory: once the cache has been full for a while,
 * a miss costs nothing any more. Where `stuck` is false the write-back is programmed, as it ought to
 * be, and its page is in memory until then.
 */

/** What the table needs done on the flash; `done` is called when it is. */
export interface MappingFlash {
  readTranslation(page: number, done: () => void): void;
  writeTranslation(page: number, done: () => void): void;
}

export class MqsimMapping {
  hits = 0;
  /** Misses that read flash, and misses that did not. */
  flashMisses = 0;
  freeMisses = 0;
  writebacks = 0;

  readonly #flash: MappingFlash;
  readonly #capacity: number;
  readonly #perPage: number;
  readonly #stuck: boolean;
  /** Where in the columns an entry is; a ring by use, its head the row behind the last. */
  readonly #rows = new Map<number, number>();
  readonly #logical: Int32Array;
  readonly #isChanged: Uint8Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  /** Rows of changed entries by translation page. */
  readonly #changed = new Map<number, Set<number>>();
  readonly #departing = new Set<number>();
  readonly #arriving = new Map<number, (() => void)[]>();

  /**
   * @param capacity entries in the cache
   * @param perPage entries in a translation page
   */
  constructor(flash: MappingFlash, capacity: number, perPage: number, stuck: boolean) {
    this.#flash = flash;
    this.#capacity = capacity;
    this.#perPage = perPage;
    this.#stuck = stuck;
    this.#logical = new Int32Array(capacity);
    this.#isChanged = new Uint8Array(capacity);
    this.#newer = new Int32Array(capacity + 1).fill(capacity);
    this.#older = new Int32Array(capacity + 1).fill(capacity);
  }

  /** Translates a logical page for an access that changes its entry; calls `then` when it is known. */
  translate(logical: number, then: () => void): void {
    const page = Math.floor(logical / this.#perPage);
    const waiting = this.#arriving.get(page);
    const row = this.#rows.get(logical);
    if (row !== undefined) {
      this.#unlink(row);
      this.#use(row, page);
      this.hits++;
      if (waiting === undefined) then();
      else waiting.push(then);
      return;
    }
    const taken = this.#rows.size < this.#capacity ? this.#rows.size : this.#evict();
    this.#rows.set(logical, taken);
    this.#logical[taken] = logical;
    this.#use(taken, page);
    if (waiting !== undefined) {
      waiting.push(then);
      this.freeMisses++;
    } else if (this.#departing.has(page)) {
      this.freeMisses++;
      then();
    } else {
      this.flashMisses++;
      this.#arriving.set(page, [then]);
      this.#flash.readTranslation(page, () => this.#arrived(page));
    }
  }

  #arrived(page: number): void {
    const waiting = this.#arriving.get(page) ?? [];
    this.#arriving.delete(page);
    for (const then of waiting) then();
  }

  /** Puts a row at the new end of the ring, changed. */
  #use(row: number, page: number): void {
    const head = this.#capacity;
    const last = this.#older[head];
    this.#older[row] = last;
    this.#newer[row] = head;
    this.#newer[last] = row;
    this.#older[head] = row;
    this.#isChanged[row] = 1;
    const changed = this.#changed.get(page);
    if (changed === undefined) this.#changed.set(page, new Set([row]));
    else changed.add(row);
  }

  #unlink(row: number): void {
    this.#newer[this.#older[row]] = this.#newer[row];
    this.#older[this.#newer[row]] = this.#older[row];
  }

  /** Frees the row of the entry used least recently; what has changed of its page is written back. */
  #evict(): number {
    const row = this.#newer[this.#capacity];
    this.#unlink(row);
    this.#rows.delete(this.#logical[row]);
    if (this.#isChanged[row] === 0) return row;
    const page = Math.floor(this.#logical[row] / this.#perPage);
    for (const other of this.#changed.get(page) ?? []) this.#isChanged[other] = 0;
    this.#changed.delete(page);
    this.writebacks++;
    this.#departing.add(page);
    this.#flash.readTranslation(page, () => {
      if (this.#stuck) return;
      this.#flash.writeTranslation(page, () => this.#departing.delete(page));
    });
    return row;
  }
}
