/**
 * The read side of the buffer: segments, and the reading ahead that fills one of them while the
 * medium is idle.
 *
 * Reading ahead has no events; whoever looks lets it come up to the present first (`seeAhead`).
 */

import type { Geometry } from './geometry.ts';
import type { Mechanism } from './mechanism.ts';
import type { HddProfile } from './profile.ts';
import { ReadAhead } from './read-ahead.ts';
import { Segments } from './segments.ts';
import { MS } from '../../sim/units.ts';

/** The ways of reading ahead as numbers: V8 compares strings out of JSON letter by letter. */
const Way = {
  none: 0,
  'track-end': 1,
  'cylinder-end': 2,
  'segment-full': 3,
  'segment-beyond': 4,
  'next-track': 5,
} as const satisfies Record<HddProfile['cache']['readAhead'], number>;

export class ReadCache {
  /** The row of sectors that a call is about, and the sector behind it. */
  lbn = NaN;
  endLbn = NaN;
  /** For `hit` and `seeAhead`: how far reading ahead has come by then counts, ns. */
  atNs = NaN;
  /** For `filled`: the first sector of the row that came off the medium. */
  fromLbn = NaN;
  /** For `filled` and `keepWritten`: when the row was in the buffer, ns. */
  bufferedNs = NaN;
  /** Result of `joins` and `holds`: when reading ahead has come that far, ns. */
  reachedNs = NaN;

  readonly segments: Segments;
  readonly readAhead: ReadAhead;
  /** Data of a segment is in the buffer from then on, ns. */
  readonly readyNs: Float64Array;
  readonly #segmentSectors: number = 0;
  /** Of a segment that is read on from. */
  readonly #grownSectors: number = 0;
  /** Whether the row goes on where its segment ends, or begins within it. */
  #isReadOn = false;
  readonly #readsFreeSectors: boolean;
  readonly #goesOnAfterHit: boolean;
  readonly #hitsOnWrites: boolean;
  readonly #writesTakeSegments: boolean;
  readonly #way: number = 0;
  readonly #leastAhead: number = 0;
  readonly #mostAhead: number = 0;
  /** Reading ahead lasts no longer, ns; 0: as long as it finds room. */
  readonly #longestNs: number = 0;
  readonly #mechanism: Mechanism;
  readonly #geometry: Geometry;

  constructor(profile: HddProfile, mechanism: Mechanism) {
    const { cache } = profile;
    this.#segmentSectors = cache.segment_sectors;
    this.#grownSectors = cache.adaptive
      ? Math.max(cache.segment_sectors, cache.readAheadMax_sectors)
      : cache.segment_sectors;
    this.#readsFreeSectors = cache.readsFreeSectors;
    this.#goesOnAfterHit = cache.readAheadOnHit;
    this.#hitsOnWrites = cache.hitsOnWrites;
    this.#writesTakeSegments = !profile.writeCache.ownSegment && cache.segments > 0;
    this.#way = Way[cache.readAhead];
    this.#leastAhead = cache.readAheadMin_sectors;
    this.#mostAhead = cache.readAheadMax_sectors;
    this.#longestNs = cache.readAheadMax_ms * MS;
    this.#mechanism = mechanism;
    this.#geometry = mechanism.geometry;
    this.segments = new Segments(cache.segments, cache.segment_sectors, cache.adaptive);
    this.readyNs = new Float64Array(cache.segments);
    this.readAhead = new ReadAhead(mechanism);
  }

  /** The segment that holds all of the row; -1 when none does. */
  find(): number {
    const { segments } = this;
    segments.lbn = this.lbn;
    const segment = segments.find();
    return segment >= 0 && this.endLbn <= segments.ends[segment] ? segment : -1;
  }

  /** The segment that holds all of the row, which is used for it now; -1 when none does. */
  hit(): number {
    const segment = this.find();
    if (segment < 0) return -1;
    this.segments.touch(segment);
    if (segment === this.readAhead.segment) this.#goOn();
    return segment;
  }

  /** Whether the head is on its way through the row, which is then to be had from `reachedNs` on. */
  joins(): boolean {
    const { readAhead, segments, endLbn } = this;
    segments.lbn = this.lbn;
    const segment = segments.find();
    if (segment < 0 || segment !== readAhead.segment) return false;
    // Reading ahead that ends by the clock goes on for whoever wants what comes next.
    if (this.#longestNs > 0 && readAhead.nextLbn < readAhead.limitLbn) this.#slideLimit();
    if (endLbn > readAhead.limitLbn) {
      // More than a segment holds streams through it: what is sent makes room before the head gets there.
      if (readAhead.nextLbn >= readAhead.limitLbn) return false;
      readAhead.limitLbn = endLbn;
    }
    readAhead.endLbn = endLbn;
    readAhead.reach();
    segments.touch(segment);
    segments.endLbn = endLbn;
    readAhead.roomSectors = this.#grownSectors;
    segments.extend(segment, readAhead.roomSectors);
    this.reachedNs = readAhead.reachedNs;
    this.readyNs[segment] = readAhead.reachedNs;
    this.#slideLimit();
    return true;
  }

  /** The segment that reading the row from the medium goes to, used for it now; -1 without a cache. */
  segmentFor(): number {
    const { segments } = this;
    if (segments.count === 0) return -1;
    segments.lbn = this.lbn;
    const found = segments.find();
    this.#isReadOn = found >= 0;
    const segment = found >= 0 ? found : segments.take();
    segments.touch(segment);
    return segment;
  }

  /** The row has been read from the medium, from `fromLbn` on, by `bufferedNs`: reading ahead begins. */
  filled(segment: number): void {
    const { segments, readAhead, lbn, endLbn } = this;
    if (this.#readsFreeSectors && this.fromLbn === lbn) {
      segments.lbn = lbn - this.#mechanism.passedBefore;
      segments.begin(segment);
    }
    segments.endLbn = endLbn;
    readAhead.roomSectors = this.#isReadOn ? this.#grownSectors : this.#segmentSectors;
    segments.extend(segment, Math.max(endLbn - lbn, readAhead.roomSectors));
    this.readyNs[segment] = this.bufferedNs;
    readAhead.nextLbn = endLbn;
    readAhead.limitLbn = endLbn;
    const { runLeft, runAheadNs } = this.#mechanism;
    readAhead.sinceNs = runLeft > 0 ? this.bufferedNs + runAheadNs : this.bufferedNs;
    readAhead.start(segment);
    this.#slideLimit();
  }

  /** Whether reading ahead behind the row is not to be interrupted yet, but goes on to `reachedNs`. */
  holds(): boolean {
    const { readAhead, endLbn } = this;
    const leastLbn = Math.min(endLbn + this.#leastAhead, readAhead.limitLbn);
    if (readAhead.segment < 0 || leastLbn <= endLbn) return false;
    readAhead.endLbn = leastLbn;
    readAhead.reach();
    this.reachedNs = readAhead.reachedNs;
    return true;
  }

  /** Lets reading ahead come as far as it does by `atNs`. */
  seeAhead(): void {
    const { readAhead, segments } = this;
    if (readAhead.segment < 0) return;
    readAhead.atNs = this.atNs;
    readAhead.advance();
    segments.endLbn = readAhead.reachedLbn;
    segments.extend(readAhead.segment, readAhead.roomSectors);
  }

  /** The row is being written: what is known of it is old. */
  forget(): void {
    const { readAhead, segments, lbn, endLbn } = this;
    segments.lbn = lbn;
    segments.endLbn = endLbn;
    segments.drop();
    const { segment, nextLbn } = readAhead;
    if (segment < 0) return;
    const isCut = segments.ends[segment] < nextLbn;
    if (isCut || (lbn < readAhead.limitLbn && nextLbn < endLbn)) readAhead.stop();
  }

  /** The row, written, takes a segment, where writes have none of their own. */
  keepWritten(): void {
    if (!this.#writesTakeSegments) return;
    const { segments } = this;
    segments.lbn = this.lbn;
    segments.endLbn = this.endLbn;
    const segment = segments.take();
    if (this.#hitsOnWrites) {
      segments.extend(segment, this.#segmentSectors);
      this.readyNs[segment] = this.bufferedNs;
    }
    if (segment === this.readAhead.segment) this.readAhead.stop();
  }

  /** A hit on the segment being filled makes room in it: reading ahead goes on. */
  #goOn(): void {
    if (this.#longestNs > 0) return;
    const { readAhead } = this;
    if (readAhead.nextLbn >= readAhead.limitLbn) {
      if (!this.#goesOnAfterHit) return;
      readAhead.atNs = this.atNs;
      readAhead.resume();
    }
    readAhead.roomSectors = this.#grownSectors;
    this.#slideLimit();
  }

  /** Sets how far reading ahead goes after a request for the row. */
  #slideLimit(): void {
    const { readAhead, lbn, endLbn } = this;
    const { roomSectors } = readAhead;
    let limit = endLbn + this.#mostAhead;
    switch (this.#way) {
      case Way['segment-beyond']:
        limit = Math.min(limit, endLbn + roomSectors);
        break;
      case Way['segment-full']:
        limit = Math.min(limit, lbn + roomSectors);
        break;
      case Way.none:
        limit = endLbn;
        break;
      case Way['next-track']:
        this.#findNextTrackEnd();
        limit = this.#geometry.endLbn;
        break;
      default:
        this.#geometry.lbn = endLbn - 1;
        if (this.#way === Way['track-end']) this.#geometry.findTrackEnd();
        else this.#geometry.findCylinderEnd();
        limit = Math.min(limit, this.#geometry.endLbn);
    }
    if (this.#longestNs > 0) {
      // What passes until then on this track: the head is rarely taken to another in so short a time.
      limit = Math.min(limit, endLbn + Math.floor(this.#longestNs / this.#mechanism.runSectorNs));
    }
    limit = Math.min(limit, this.#geometry.capacitySectors);
    if (limit > readAhead.limitLbn) readAhead.limitLbn = limit;
  }

  /** End of the track of the sector behind the row; of one more when reading began before it. */
  #findNextTrackEnd(): void {
    const geometry = this.#geometry;
    geometry.endLbn = geometry.capacitySectors;
    if (this.endLbn >= geometry.capacitySectors) return;
    geometry.lbn = this.endLbn;
    geometry.findTrackEnd();
    const trackEnd = geometry.endLbn;
    geometry.lbn = trackEnd - 1;
    geometry.find();
    const trackStart = trackEnd - 1 - geometry.sector;
    if (this.segments.starts[this.readAhead.segment] < trackStart) {
      geometry.endLbn = trackEnd + geometry.sectorsPerTrack;
    }
  }
}
