/**
 * One request on the medium, with its share of the link: command, arm, platter, data and status, in
 * closed form. What happens when, and what the fields of the profile mean, follows the DiskSim 4.0
 * Reference Manual (CMU-PDL-08-101, section 8.2).
 */

import type { Link } from './link.ts';
import type { Mechanism } from './mechanism.ts';
import type { Overhead } from './overhead.ts';
import type { HddProfile } from './profile.ts';
import type { ReadCache } from './read-cache.ts';
import { MS } from '../../sim/units.ts';

export class Medium {
  /** After `read` and `write`: when the medium is free, ns, not rounded. */
  freeNs = 0;
  readonly #mechanism: Mechanism;
  readonly #readCache: ReadCache;
  readonly #link: Link;
  readonly #overhead: Overhead;
  readonly #reconnectShare: number;
  readonly #minimumWriteSeekNs: number;

  constructor(
    profile: HddProfile,
    mechanism: Mechanism,
    readCache: ReadCache,
    link: Link,
    overhead: Overhead,
  ) {
    this.#mechanism = mechanism;
    this.#readCache = readCache;
    this.#link = link;
    this.#overhead = overhead;
    this.#reconnectShare = profile.link.reconnect_share;
    this.#minimumWriteSeekNs = profile.mechanics.minimumWriteSeek_ms * MS;
  }

  /** @returns when a read that starts on the medium at `startNs` completes, ns, not rounded */
  read(lbn: number, sectors: number, startNs: number): number {
    const mechanism = this.#mechanism;
    const readCache = this.#readCache;
    const end = lbn + sectors;
    const segment = readCache.segmentFor(lbn);
    // What the segment already holds of the request need not be read again.
    const from = segment >= 0 ? Math.max(lbn, readCache.segments.ends[segment]) : lbn;
    // The link is taken again when a share of the data is there.
    const awaited = Math.max(1, Math.floor(this.#reconnectShare * sectors)) - (from - lbn);
    mechanism.mark = Math.max(1, awaited);
    const mediaEndNs = mechanism.access(from, end - from, false, startNs, 0);
    mechanism.mark = 1;
    const bufferedNs = awaited > 0 ? mechanism.markNs : startNs;
    this.freeNs = mediaEndNs;
    if (segment >= 0) readCache.filled(segment, lbn, from, end, mediaEndNs);
    const overhead = this.#overhead;
    const awayNs = startNs + overhead.readDisconnectNs;
    // The drive asks for the link while it still reads, so that it has it when the data is there.
    let linkNs = Math.max(bufferedNs, awayNs + overhead.reselectNs) + overhead.dataNs;
    if (mechanism.wrapSectors > 0) {
      // Sent in order without a break: the sector that passed last must be there when its turn comes.
      const before = from - lbn + mechanism.wrapSectors - 1;
      linkNs = Math.max(linkNs, mechanism.wrapNs - before * this.#link.sectorNs);
    }
    return this.#link.send(sectors, linkNs, mediaEndNs) + overhead.readCompletionNs;
  }

  /**
   * @param linked sectors that cross the link
   * @param isExtra it gives up the link before its data
   * @param readyNs the command was understood then
   * @returns when a write that starts on the medium at `startNs` completes, ns, not rounded
   */
  write(
    lbn: number,
    sectors: number,
    linked: number,
    isExtra: boolean,
    readyNs: number,
    startNs: number,
  ): number {
    const mechanism = this.#mechanism;
    const overhead = this.#overhead;
    const { geometry } = mechanism;
    const { writeSectorNs, overlap, writeStart } = this.#link;
    const extra = isExtra ? overhead.extra : undefined;
    const end = lbn + sectors;
    this.#readCache.forget(lbn, end);
    const awayNs = extra === undefined ? 0 : extra.first + extra.between + overhead.reselectNs;
    const askedNs = readyNs - (extra?.seekDelta ?? 0) + awayNs;
    const sentNs = this.#link.send(linked, askedNs + overhead.dataNs, 0, writeSectorNs);
    // The data must arrive as fast as the medium takes it, or first.
    geometry.locate(lbn);
    const mediaNs = mechanism.sectorNs(geometry.sectorsPerTrack);
    const lead = overlap ? Math.max(0, linked - 1) * Math.min(mediaNs, writeSectorNs) : 0;
    const startableNs = sentNs - Math.max(0, linked - writeStart) * writeSectorNs;
    const dataNs = linked === 0 ? 0 : Math.max(startableNs, sentNs - lead);
    const leastNs = this.#minimumWriteSeekNs;
    const mediaEndNs = mechanism.access(lbn, sectors, true, startNs, dataNs, leastNs);
    this.freeNs = mediaEndNs;
    this.#readCache.keepWritten(lbn, end, mediaEndNs);
    const goneNs = sentNs + (extra === undefined ? overhead.writeDisconnectNs : extra.second);
    const backNs = extra === undefined ? overhead.reselectNs : overhead.otherReselectNs;
    return Math.max(mediaEndNs, goneNs) + backNs + overhead.writeCompletionNs;
  }
}
