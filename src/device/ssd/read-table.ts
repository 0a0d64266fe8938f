/** The table of page reads under way: typed-array columns, rows by handle from a free list. */

const NONE = -1;

export class ReadTable {
  /** Who wants it (a number of the drive's); below zero for a read of the drive's own. */
  who = new Int32Array(64);
  /** What goes on to the host, and what leaves the die, bytes. */
  hostBytes = new Int32Array(64);
  channelBytes = new Int32Array(64);
  /** When the die may start on it, and when it did, ns. */
  readyNs = new Float64Array(64);
  startNs = new Float64Array(64);
  senseNs = new Float64Array(64);
  /** For the drive's own: when it is across the channel, -1 before it is sensed; event number. */
  acrossNs = new Float64Array(64).fill(-1);
  acrossOrder = new Float64Array(64);
  /** Die and page, and plane: what may be sensed by one command (only where planes are paired). */
  pageKey = new Float64Array(64);
  plane = new Int32Array(64);
  /** The next read that the same command senses, -1 for none. */
  pair = new Int32Array(64).fill(NONE);
  /** The next read of the same die, or the next free row. */
  next = Int32Array.from({ length: 64 }, (_, i) => (i < 63 ? i + 1 : NONE));
  #firstFree = 0;

  take(who: number, channelBytes: number, hostBytes: number): number {
    if (this.#firstFree === NONE) this.#grow();
    const op = this.#firstFree;
    this.#firstFree = this.next[op];
    this.who[op] = who;
    this.hostBytes[op] = hostBytes;
    this.channelBytes[op] = channelBytes;
    this.next[op] = NONE;
    this.pair[op] = NONE;
    return op;
  }

  free(op: number): void {
    this.next[op] = this.#firstFree;
    this.#firstFree = op;
  }

  #grow(): void {
    const from = this.who.length;
    const grown = <T extends Int32Array | Float64Array>(old: T, to: T): T => {
      to.set(old);
      return to;
    };
    this.who = grown(this.who, new Int32Array(2 * from));
    this.hostBytes = grown(this.hostBytes, new Int32Array(2 * from));
    this.channelBytes = grown(this.channelBytes, new Int32Array(2 * from));
    this.readyNs = grown(this.readyNs, new Float64Array(2 * from));
    this.startNs = grown(this.startNs, new Float64Array(2 * from));
    this.senseNs = grown(this.senseNs, new Float64Array(2 * from));
    this.acrossNs = grown(this.acrossNs, new Float64Array(2 * from).fill(-1));
    this.acrossOrder = grown(this.acrossOrder, new Float64Array(2 * from));
    this.pageKey = grown(this.pageKey, new Float64Array(2 * from));
    this.plane = grown(this.plane, new Int32Array(2 * from));
    this.pair = grown(this.pair, new Int32Array(2 * from).fill(NONE));
    this.next = grown(this.next, new Int32Array(2 * from));
    for (let op = from; op < 2 * from; op++) this.next[op] = op + 1 < 2 * from ? op + 1 : NONE;
    this.#firstFree = from;
  }

  /** Everything, times relative to `now`. */
  save(now: number) {
    return {
      who: this.who.slice(),
      hostBytes: this.hostBytes.slice(),
      channelBytes: this.channelBytes.slice(),
      readyNs: this.readyNs.map((ns) => ns - now),
      startNs: this.startNs.map((ns) => ns - now),
      senseNs: this.senseNs.slice(),
      isAcross: this.acrossNs.map((ns) => Number(ns >= 0)),
      acrossNs: this.acrossNs.map((ns) => ns - now),
      acrossOrder: this.acrossOrder.slice(),
      pageKey: this.pageKey.slice(),
      plane: this.plane.slice(),
      pair: this.pair.slice(),
      next: this.next.slice(),
      firstFree: this.#firstFree,
    };
  }

  /** Goes on from there at `now`; whoever schedules sets `acrossNs`. */
  load(saved: ReturnType<ReadTable['save']>, now: number): void {
    this.who = saved.who.slice();
    this.hostBytes = saved.hostBytes.slice();
    this.channelBytes = saved.channelBytes.slice();
    this.readyNs = saved.readyNs.map((ns) => ns + now);
    this.startNs = saved.startNs.map((ns) => ns + now);
    this.senseNs = saved.senseNs.slice();
    this.acrossNs = new Float64Array(saved.who.length).fill(-1);
    this.acrossOrder = saved.acrossOrder.slice();
    this.pageKey = saved.pageKey.slice();
    this.plane = saved.plane.slice();
    this.pair = saved.pair.slice();
    this.next = saved.next.slice();
    this.#firstFree = saved.firstFree;
  }
}
