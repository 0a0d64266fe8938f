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

export class ReadCache {
  readonly segments: Segments;
  readonly readAhead: ReadAhead;
  /** Data of a segment is in the buffer from then on, ns. */
  readonly readyNs: Float64Array;
  readonly #cache: HddProfile['cache'];
  readonly #writesTakeSegments: boolean;
  readonly #mechanism: Mechanism;
  readonly #geometry: Geometry;

  constructor(profile: HddProfile, mechanism: Mechanism) {
    this.#cache = profile.cache;
    this.#writesTakeSegments = !profile.writeCache.ownSegment && profile.cache.segments > 0;
    this.#mechanism = mechanism;
    this.#geometry = mechanism.geometry;
    this.segments = new Segments(profile.cache.segments);
    this.readyNs = new Float64Array(profile.cache.segments);
    this.readAhead = new ReadAhead(mechanism);
  }

  /** The segment that holds all of a row, which is used for it now; -1 when none does. */
  hit(lbn: number, end: number, nowNs: number): number {
    const segment = this.segments.find(lbn);
    if (segment < 0 || end > this.segments.ends[segment]) return -1;
    this.segments.touch(segment);
    if (segment === this.readAhead.segment) this.#goOn(lbn, end, nowNs);
    return segment;
  }

  /** When a row that the head is on its way through will be in the buffer, ns; -1 if it is not. */
  joins(lbn: number, end: number): number {
    const { readAhead, segments } = this;
    const segment = segments.find(lbn);
    if (segment < 0 || segment !== readAhead.segment || end > readAhead.limitLbn) return -1;
    const reachedNs = readAhead.reachesNs(end);
    segments.touch(segment);
    segments.extend(segment, end, this.#cache.segment_sectors);
    this.readyNs[segment] = reachedNs;
    this.#slideLimit(lbn, end);
    return reachedNs;
  }

  /** The segment that a read from the medium goes to, used for it now; -1 without a cache. */
  segmentFor(lbn: number): number {
    if (this.#cache.segments === 0) return -1;
    const found = this.segments.find(lbn);
    const segment = found >= 0 ? found : this.segments.take(lbn);
    this.segments.touch(segment);
    return segment;
  }

  /** A row has been read from the medium, from `from` on, by `endNs`: reading ahead begins. */
  filled(segment: number, lbn: number, from: number, end: number, endNs: number): void {
    const { segments } = this;
    if (this.#cache.readsFreeSectors && from === lbn) {
      segments.begin(segment, lbn - this.#mechanism.passedBefore);
    }
    segments.extend(segment, end, Math.max(end - lbn, this.#cache.segment_sectors));
    this.readyNs[segment] = endNs;
    const { runLeft, runAheadNs } = this.#mechanism;
    this.readAhead.start(segment, end, end, runLeft > 0 ? endNs + runAheadNs : endNs);
    this.#slideLimit(lbn, end);
  }

  /** When the medium is free again after reading ahead that is not to be interrupted, ns. */
  heldUntilNs(end: number, freeNs: number): number {
    const least = Math.min(end + this.#cache.readAheadMin_sectors, this.readAhead.limitLbn);
    return this.readAhead.segment >= 0 && least > end ? this.readAhead.reachesNs(least) : freeNs;
  }

  /** Lets reading ahead come as far as it does by `ns`. */
  seeAhead(ns: number): void {
    const { readAhead } = this;
    if (readAhead.segment < 0) return;
    const reached = readAhead.advance(ns);
    this.segments.extend(readAhead.segment, reached, this.#cache.segment_sectors);
  }

  /** A row is being written: what is known of it is old. */
  forget(lbn: number, end: number): void {
    this.segments.drop(lbn, end);
    const { readAhead } = this;
    const { segment } = readAhead;
    if (segment < 0) return;
    const isCut = this.segments.ends[segment] < readAhead.nextLbn;
    if (isCut || (lbn < readAhead.limitLbn && readAhead.nextLbn < end)) readAhead.stop();
  }

  /** A write takes a segment, where writes have none of their own. */
  keepWritten(lbn: number, end: number, readyNs: number): void {
    if (!this.#writesTakeSegments) return;
    const segment = this.segments.take(lbn);
    if (this.#cache.hitsOnWrites) {
      this.segments.extend(segment, end, this.#cache.segment_sectors);
      this.readyNs[segment] = readyNs;
    }
    if (segment === this.readAhead.segment) this.readAhead.stop();
  }

  /** A hit on the segment being filled makes room in it: reading ahead goes on. */
  #goOn(lbn: number, end: number, nowNs: number): void {
    const { readAhead } = this;
    if (readAhead.nextLbn >= readAhead.limitLbn) {
      if (!this.#cache.readAheadOnHit) return;
      readAhead.resume(nowNs);
    }
    this.#slideLimit(lbn, end);
  }

  /** Sets how far reading ahead goes after a request for lbn..end-1. */
  #slideLimit(lbn: number, end: number): void {
    const { capacitySectors } = this.#geometry;
    const limit = Math.min(this.#limit(lbn, end), capacitySectors);
    if (limit > this.readAhead.limitLbn) this.readAhead.limitLbn = limit;
  }

  #limit(lbn: number, end: number): number {
    const { readAhead, segment_sectors, readAheadMax_sectors } = this.#cache;
    const most = end + readAheadMax_sectors;
    switch (readAhead) {
      case 'none':
        return end;
      case 'track-end':
        return Math.min(most, this.#geometry.trackEnd(end - 1));
      case 'cylinder-end':
        return Math.min(most, this.#geometry.cylinderEnd(end - 1));
      case 'segment-full':
        return Math.min(most, lbn + segment_sectors);
      case 'segment-beyond':
        return Math.min(most, end + segment_sectors);
      default:
        return this.#nextTrackLimit(end);
    }
  }

  /** End of the track of the sector behind a request; of one more when reading began before it. */
  #nextTrackLimit(end: number): number {
    const geometry = this.#geometry;
    if (end >= geometry.capacitySectors) return geometry.capacitySectors;
    const trackEnd = geometry.trackEnd(end);
    geometry.locate(trackEnd - 1);
    const trackStart = trackEnd - 1 - geometry.sector;
    const began = this.segments.startOf(this.readAhead.segment) < trackStart;
    return began ? trackEnd + geometry.sectorsPerTrack : trackEnd;
  }
}
