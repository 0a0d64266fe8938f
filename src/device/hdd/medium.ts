/**
 * One request on the medium, with its share of the link: command, arm, platter, data and status, in
 * closed form. What happens when, and what the fields of the profile mean, follows the DiskSim 4.0
 * Reference Manual (CMU-PDL-08-101, section 8.2). Times are handed over in fields (docs/HOT-PATH.md).
 */

import type { Link } from './link.ts';
import type { Mechanism } from './mechanism.ts';
import type { Overhead } from './overhead.ts';
import type { HddProfile } from './profile.ts';
import type { ReadCache } from './read-cache.ts';
import type { Requests } from './requests.ts';
import { MS } from '../../sim/units.ts';

export class Medium {
  /** For `read` and `write`: when the medium's work begins, ns. */
  startNs = NaN;
  /** Results: when the medium is free, and when the request completes, ns, not rounded. */
  freeNs = NaN;
  doneNs = NaN;
  readonly #requests: Requests;
  readonly #mechanism: Mechanism;
  readonly #readCache: ReadCache;
  readonly #link: Link;
  readonly #overhead: Overhead;
  readonly #reconnectShare: number = NaN;
  readonly #minimumWriteSeekNs: number = NaN;

  constructor(
    profile: HddProfile,
    requests: Requests,
    mechanism: Mechanism,
    readCache: ReadCache,
    link: Link,
    overhead: Overhead,
  ) {
    this.#requests = requests;
    this.#mechanism = mechanism;
    this.#readCache = readCache;
    this.#link = link;
    this.#overhead = overhead;
    this.#reconnectShare = profile.link.reconnect_share;
    this.#minimumWriteSeekNs = profile.mechanics.minimumWriteSeek_ms * MS;
  }

  read(tag: number): void {
    const mechanism = this.#mechanism;
    const readCache = this.#readCache;
    const { startNs } = this;
    const lbn = this.#requests.lbn[tag];
    const sectors = this.#requests.sectors[tag];
    const endLbn = lbn + sectors;
    readCache.lbn = lbn;
    readCache.endLbn = endLbn;
    const segment = readCache.segmentFor();
    // What the segment already holds of the request need not be read again.
    const fromLbn = segment >= 0 ? Math.max(lbn, readCache.segments.ends[segment]) : lbn;
    // The link is taken again when a share of the data is there.
    const awaited = Math.max(1, Math.floor(this.#reconnectShare * sectors)) - (fromLbn - lbn);
    mechanism.mark = Math.max(1, awaited);
    mechanism.lbn = fromLbn;
    mechanism.sectors = endLbn - fromLbn;
    mechanism.atNs = startNs;
    mechanism.access(false);
    const mediaEndNs = mechanism.endNs;
    const bufferedNs = awaited > 0 ? mechanism.markNs : startNs;
    this.freeNs = mediaEndNs;
    if (segment >= 0) {
      readCache.fromLbn = fromLbn;
      readCache.bufferedNs = mediaEndNs;
      readCache.filled(segment);
    }
    const overhead = this.#overhead;
    const awayNs = startNs + overhead.readDisconnectNs[overhead.afterWrite];
    // The drive asks for the link while it still reads, so that it has it when the data is there.
    const link = this.#link;
    link.fromNs = Math.max(bufferedNs, awayNs + overhead.reselectNs) + overhead.dataNs;
    if (mechanism.wrapSectors > 0) {
      // Sent in order without a break: the sector that passed last must be there when its turn comes.
      const before = fromLbn - lbn + mechanism.wrapSectors - 1;
      link.fromNs = Math.max(link.fromNs, mechanism.wrapNs - before * link.sectorNs);
    }
    link.mediaEndNs = mediaEndNs;
    link.transfer(sectors, false);
    this.doneNs = link.doneNs + overhead.readCompletionNs;
  }

  write(tag: number): void {
    const requests = this.#requests;
    const mechanism = this.#mechanism;
    const readCache = this.#readCache;
    const link = this.#link;
    const overhead = this.#overhead;
    const lbn = requests.lbn[tag];
    const sectors = requests.sectors[tag];
    const linked = requests.linked(tag);
    // It gives up the link before its data.
    const extra = requests.isExtra[tag] === 1 ? overhead.extra : undefined;
    readCache.lbn = lbn;
    readCache.endLbn = lbn + sectors;
    readCache.forget();
    const awayNs = extra === undefined ? 0 : extra.first + extra.between + overhead.reselectNs;
    const askedNs = requests.readyNs[tag] - (extra === undefined ? 0 : extra.seekDelta) + awayNs;
    link.fromNs = askedNs + overhead.dataNs;
    link.transfer(linked, true);
    const sentNs = link.doneNs;
    mechanism.lbn = lbn;
    mechanism.sectors = sectors;
    mechanism.atNs = this.startNs;
    mechanism.leastMoveNs = this.#minimumWriteSeekNs;
    if (linked > 0) {
      // The data must arrive as fast as the medium takes it, or first.
      mechanism.locate();
      const { writeSectorNs, writeStart, overlap } = link;
      const mediaNs = mechanism.spindle.periodNs / mechanism.geometry.sectorsPerTrack;
      const leadNs = overlap ? (linked - 1) * Math.min(mediaNs, writeSectorNs) : 0;
      const startableNs = sentNs - Math.max(0, linked - writeStart) * writeSectorNs;
      mechanism.dataReadyNs = Math.max(startableNs, sentNs - leadNs);
    }
    mechanism.access(true);
    const mediaEndNs = mechanism.endNs;
    this.freeNs = mediaEndNs;
    readCache.bufferedNs = mediaEndNs;
    readCache.keepWritten();
    const goneNs = sentNs + (extra === undefined ? overhead.writeDisconnectNs : extra.second);
    const backNs = extra === undefined ? overhead.reselectNs : overhead.otherReselectNs;
    this.doneNs = Math.max(mediaEndNs, goneNs) + backNs + overhead.writeCompletionNs;
  }
}
