/**
 * A map that is too large for the drive's memory: it lies on the flash in translation pages, and
 * memory holds a part of it (DFTL: Gupta, Kim & Urgaonkar, ASPLOS 2009).
 *
 * A translation page is a mapping unit like any other, numbered behind the host's, so it is written,
 * found and collected as they are; where it is, memory always knows (the global translation
 * directory). What this costs:
 *
 * - A read or a write whose segment of the map is not in memory waits for its translation page.
 * - A dirty segment that makes room has its page written, with all that is dirty of it; memory that
 *   holds less than whole pages has to read the page first.
 * - Collection dirties what it moves where that is in memory; otherwise the page is read and written.
 *
 * Pages to be written wait for a place in the write buffer, at most once each; what is new in them stays
 * in memory that is not counted. Those that collection has changed wait for the host to write as well:
 * else collection could keep itself busy for ever, its moves changing pages, these making others stale. A page that was never written need not be read.
 */

import { NO_BYTES, NO_INTS } from '../../sim/columns.ts';
import type { WriteBuffer } from './buffer.ts';
import type { Ftl } from './ftl.ts';
import type { Geometry } from './geometry.ts';
import { MapCache } from './map-cache.ts';
import type { SsdProfile } from './profile.ts';

const NONE = -1;

/** What the map needs of the drive around it. */
export interface CachedMapClient {
  /** Reads a translation page, which is at `physical`, not before `readyNs` and the present. */
  readMapPage(page: number, physical: number, readyNs: number): void;
  /** What a read needs of the map next is there. */
  mapped(tag: number): void;
}

/** Which of the host's units share a translation page, and how many pages there are. */
export function mapLayout(p: SsdProfile, logicalUnits: number): { entries: number; pages: number } {
  const cached = p.ftl.cached_map;
  if (cached === undefined) return { entries: 1, pages: 0 };
  const entries = Math.floor(p.ftl.unit_bytes / cached.entry_bytes);
  return { entries, pages: Math.ceil(logicalUnits / entries) };
}

/** Segments of the map: how many entries one has, how many there are, and how many memory holds at most. */
function segmentsOf(p: SsdProfile, logicalUnits: number) {
  const { bytes, entry_bytes, segment_entries } = p.ftl.cached_map!;
  const entries = segment_entries ?? mapLayout(p, logicalUnits).entries;
  const count = Math.ceil(logicalUnits / entries);
  return { entries, count, held: Math.min(count, Math.floor(bytes / (entries * entry_bytes))) };
}

/** The share of the map that fits in memory; 1 where all of it is there. */
export function mapInMemory(p: SsdProfile, logicalUnits: number): number {
  if (p.ftl.cached_map === undefined) return 1;
  const { count, held } = segmentsOf(p, logicalUnits);
  return held / count;
}

export class CachedMap {
  /** Cumulative: look-ups found in memory and not, translation pages read for the latter. */
  hits = 0;
  misses = 0;
  reads = 0;
  /** Pages that wait for a place in the write buffer. */
  queued = 0;

  readonly #geometry: Geometry;
  readonly #ftl: Ftl;
  readonly #buffer: WriteBuffer;
  readonly #client: CachedMapClient;
  readonly #cache: MapCache;
  readonly #entriesPerPage: number;
  readonly #entriesPerSegment: number;
  readonly #segments: number = 0;
  readonly #wholePages: boolean;

  /** By page: 1 while it is being read; who waits for it: tags in order, and slots. */
  readonly #isReading: Uint8Array = NO_BYTES;
  readonly #firstTag: Int32Array = NO_INTS;
  readonly #lastTag: Int32Array = NO_INTS;
  readonly #firstSlot: Int32Array = NO_INTS;
  readonly #nextTag: Int32Array = NO_INTS;
  /** By tag: the segment it waits for. */
  readonly #wanted: Int32Array = NO_INTS;
  /** By slot of the buffer: its unit's entry has been seen to. */
  readonly #isMapped: Uint8Array = NO_BYTES;
  /** By page: waits to be written, 2 when all of it is known; the queue of these. */
  readonly #write: Uint8Array = NO_BYTES;
  readonly #nextWrite: Int32Array = NO_INTS;
  /** How many pages may be written before the host writes again. */
  #due = 0;
  #isTurn = true;
  #firstWrite = NONE;
  #lastWrite = NONE;

  constructor(
    geometry: Geometry,
    profile: SsdProfile,
    ftl: Ftl,
    buffer: WriteBuffer,
    client: CachedMapClient,
  ) {
    const { entries, pages } = mapLayout(profile, geometry.logicalUnits);
    const segments = segmentsOf(profile, geometry.logicalUnits);
    this.#geometry = geometry;
    this.#ftl = ftl;
    this.#buffer = buffer;
    this.#client = client;
    this.#entriesPerPage = entries;
    this.#entriesPerSegment = segments.entries;
    this.#wholePages = this.#entriesPerSegment === entries;
    const segmentsPerPage = entries / this.#entriesPerSegment;
    this.#segments = segments.count;
    this.#cache = new MapCache(Math.max(1, segments.held), pages, segmentsPerPage);
    // A map that fits is read in when the drive starts.
    if (segments.held === segments.count) {
      for (let n = 0; n < segments.count; n++) this.#cache.insert(n);
    }
    this.#isReading = new Uint8Array(pages);
    this.#firstTag = new Int32Array(pages).fill(NONE);
    this.#lastTag = new Int32Array(pages).fill(NONE);
    this.#firstSlot = new Int32Array(pages).fill(NONE);
    this.#nextTag = new Int32Array(profile.queue_depth);
    this.#wanted = new Int32Array(profile.queue_depth);
    this.#isMapped = new Uint8Array(buffer.slots);
    this.#write = new Uint8Array(pages);
    this.#nextWrite = new Int32Array(pages);
  }

  /**
   * The drive has been written at random for long, and collection has changed nearly every page: memory is
   * full of segments, spread evenly, that are newer than the flash; of whole pages all others, else all wait
   * to be written. Once, before it is used.
   */
  enterSteady(): void {
    const cache = this.#cache;
    if (cache.isFull) return;
    const { capacity } = cache;
    for (let n = 0; n < capacity; n++) {
      cache.markDirty(cache.insert(Math.floor((n * this.#segments) / capacity)));
    }
    for (let page = 0; page < this.#write.length; page++) {
      if (!this.#wholePages || cache.find(page) < 0) this.#queueWrite(page, false);
    }
  }

  /** Whether a unit of the buffer is a translation page, not the host's. */
  isPage(logical: number): boolean {
    return logical >= this.#geometry.logicalUnits;
  }

  /** The first unit whose entry is not in the same segment as this one's. */
  endOfSegment(unit: number): number {
    return unit - (unit % this.#entriesPerSegment) + this.#entriesPerSegment;
  }

  /** Whether a unit's entry is at hand for a read; if not, `mapped(tag)` follows. */
  forRead(unit: number, tag: number, readyNs: number): boolean {
    const segment = (unit / this.#entriesPerSegment) | 0;
    if (this.#isAtHand(segment)) return true;
    const page = (unit / this.#entriesPerPage) | 0;
    this.#wanted[tag] = segment;
    this.#nextTag[tag] = NONE;
    if (this.#firstTag[page] === NONE) this.#firstTag[page] = tag;
    else this.#nextTag[this.#lastTag[page]] = tag;
    this.#lastTag[page] = tag;
    this.#readPage(page, readyNs);
    return false;
  }

  /** A slot is let into the buffer. */
  begin(slot: number): void {
    this.#isMapped[slot] = 0;
    this.#due = this.queued;
  }

  /**
   * Whether a unit's entry is at hand so that a slot can be programmed; if so it is dirty from now on.
   * If not, the slot waits, and goes back into the buffer's list when the page is there.
   */
  forWrite(slot: number, unit: number): boolean {
    if (this.#isMapped[slot] === 1) return true;
    const segment = (unit / this.#entriesPerSegment) | 0;
    if (this.#isAtHand(segment)) {
      this.#cache.markDirty(this.#cache.find(segment));
      this.#isMapped[slot] = 1;
      return true;
    }
    const page = (unit / this.#entriesPerPage) | 0;
    this.#buffer.next[slot] = this.#firstSlot[page];
    this.#firstSlot[page] = slot;
    this.#readPage(page, 0);
    return false;
  }

  #isAtHand(segment: number): boolean {
    const slot = this.#cache.find(segment);
    if (slot >= 0) {
      this.hits++;
      this.#cache.use(slot);
      return true;
    }
    this.misses++;
    const page = ((segment * this.#entriesPerSegment) / this.#entriesPerPage) | 0;
    if (this.#physicalOf(page) >= 0) return false;
    this.#insert(segment);
    return true;
  }

  #physicalOf(page: number): number {
    return this.#ftl.lookup(this.#geometry.logicalUnits + page);
  }

  #readPage(page: number, readyNs: number): void {
    if (this.#isReading[page] === 1) return;
    this.#isReading[page] = 1;
    this.reads++;
    this.#client.readMapPage(page, this.#physicalOf(page), readyNs);
  }

  /** A translation page has been read: whoever waits for it goes on. */
  arrived(page: number): void {
    this.#isReading[page] = 0;
    const buffer = this.#buffer;
    for (let slot = this.#firstSlot[page]; slot !== NONE;) {
      const next = buffer.next[slot];
      const segment = (buffer.logical[slot] / this.#entriesPerSegment) | 0;
      this.#cache.markDirty(this.#insert(segment));
      this.#isMapped[slot] = 1;
      buffer.unpop(slot);
      slot = next;
    }
    this.#firstSlot[page] = NONE;
    let tag = this.#firstTag[page];
    this.#firstTag[page] = NONE;
    while (tag !== NONE) {
      const next = this.#nextTag[tag];
      this.#insert(this.#wanted[tag]);
      this.#client.mapped(tag);
      tag = next;
    }
  }

  /** Puts a segment in, if it is not; its slot. */
  #insert(segment: number): number {
    const cache = this.#cache;
    const slot = cache.find(segment);
    if (slot >= 0) return slot;
    if (!cache.isFull) return cache.insert(segment);
    const page = cache.pageBeforeEviction;
    if (page >= 0) {
      cache.clean(page);
      this.#queueWrite(page, this.#wholePages);
      this.#due = Math.min(this.queued, this.#due + 1);
    }
    return cache.replaceOldest(segment);
  }

  /** Collection has moved a unit of the host's. */
  moved(unit: number): void {
    const slot = this.#cache.find((unit / this.#entriesPerSegment) | 0);
    if (slot >= 0) this.#cache.markDirty(slot);
    else this.#queueWrite((unit / this.#entriesPerPage) | 0, false);
  }

  /** Units have been unmapped. */
  unmapped(first: number, end: number): void {
    for (let unit = first; unit < end; unit = this.endOfSegment(unit)) {
      const slot = this.#cache.find((unit / this.#entriesPerSegment) | 0);
      if (slot >= 0) {
        this.#cache.markDirty(slot);
        continue;
      }
      const page = (unit / this.#entriesPerPage) | 0;
      const from = page * this.#entriesPerPage;
      const to = Math.min(from + this.#entriesPerPage, this.#geometry.logicalUnits);
      this.#queueWrite(page, first <= from && to <= end);
    }
    this.#due = this.queued;
  }

  #queueWrite(page: number, isWhole: boolean): void {
    const known = isWhole ? 2 : 1;
    if (this.#write[page] === 0) {
      this.queued++;
      this.#nextWrite[page] = NONE;
      if (this.#firstWrite === NONE) this.#firstWrite = page;
      else this.#nextWrite[this.#lastWrite] = page;
      this.#lastWrite = page;
    }
    if (known > this.#write[page]) this.#write[page] = known;
  }

  /** Whether a page is next to get a slot of the buffer: pages and the host take turns. */
  isTurn(hostWaits: boolean): boolean {
    if (this.#due === 0) return false;
    const isTurn = this.#isTurn || !hostWaits;
    this.#isTurn = !isTurn;
    return isTurn;
  }

  /** Lets the page that waits longest into the buffer; only while one waits and there is a slot. Returns the slot. */
  letIn(): number {
    const page = this.#firstWrite;
    this.#firstWrite = this.#nextWrite[page];
    if (this.#firstWrite === NONE) this.#lastWrite = NONE;
    this.queued--;
    this.#due--;
    const slot = this.#buffer.take(this.#geometry.logicalUnits + page, 0, NONE);
    if (this.#write[page] === 2) this.#buffer.fill(slot);
    this.#write[page] = 0;
    return slot;
  }

  save() {
    return {
      cache: this.#cache.save(),
      isReading: this.#isReading.slice(),
      firstSlot: this.#firstSlot.slice(),
      isMapped: this.#isMapped.slice(),
      write: this.#write.slice(),
      nextWrite: this.#nextWrite.slice(),
      isTurn: this.#isTurn,
      scalars: [this.queued, this.#due, this.#firstWrite, this.#lastWrite],
    };
  }

  /** No request is outstanding, so no tag waits. */
  load(saved: ReturnType<CachedMap['save']>): void {
    this.#cache.load(saved.cache);
    this.#isReading.set(saved.isReading);
    this.#firstSlot.set(saved.firstSlot);
    this.#isMapped.set(saved.isMapped);
    this.#write.set(saved.write);
    this.#nextWrite.set(saved.nextWrite);
    this.#isTurn = saved.isTurn;
    [this.queued, this.#due, this.#firstWrite, this.#lastWrite] = saved.scalars;
  }
}
