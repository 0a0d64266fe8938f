/**
 * Merging: which bio may join which request, and which two requests may become one.
 *
 * A bio is tried against the last request merged into or added, then against the request that ends
 * where it begins, then against what the elevator finds to begin where it ends (elv_merge). After
 * each merge the request is tried against its new neighbour (attempt_back_merge and
 * attempt_front_merge, block/blk-merge.c).
 */

import { Op } from '../device/device.ts';
import { BioFlag } from './bio.ts';
import { segmentsOf, type BioTable } from './bio-table.ts';
import { EndSectorHash } from './end-hash.ts';
import type { Elevator } from './elevator/elevator.ts';
import { RequestFlag, type RequestTable } from './request.ts';

/** What became of a bio. */
export const Merge = { none: 0, back: 1, front: 2 } as const;
export type Merge = (typeof Merge)[keyof typeof Merge];

/** What a request may grow to. */
export interface MergeLimits {
  /** Sectors of a read or write. */
  maxSectors: number;
  /** Memory segments of a read or write. */
  maxSegments: number;
  /** Sectors of a discard. */
  maxDiscardSectors: number;
  /** Only what has the same IO priority merges: since blk-mq. */
  samePriority: boolean;
}

/** How far to look for a merge, as /sys/block/DEVICE/queue/nomerges. */
export const NoMerges = { full: 0, lastOnly: 1, none: 2 } as const;
export type NoMerges = (typeof NoMerges)[keyof typeof NoMerges];

/** What a request is merged with data-wise: only like joins like. */
export function canHoldTogether(opA: number, opB: number): boolean {
  return opA === opB && (opA === Op.read || opA === Op.write || opA === Op.discard);
}

/** Segments of a bio: its pages; a discard carries no data and counts as one. */
export function bioSegments(bios: BioTable, bio: number): number {
  return bios.op[bio] === Op.discard ? 1 : segmentsOf(bios.sectors[bio]);
}

export class Merger {
  /** The request that the last try hit; valid when the last result was not `Merge.none`. */
  target = -1;
  /** Whether the last `mergeOnInsert` hit the last request: then it ends there. */
  hitLast = false;

  readonly #bios: BioTable;
  readonly #requests: RequestTable;
  readonly #elevator: Elevator;
  readonly #limits: MergeLimits;
  readonly #noMerges: NoMerges;
  readonly #hash: EndSectorHash;
  /** The request last added or merged into: most bios continue it. */
  #last = -1;

  constructor(
    bios: BioTable,
    requests: RequestTable,
    elevator: Elevator,
    limits: MergeLimits,
    noMerges: NoMerges,
  ) {
    this.#bios = bios;
    this.#requests = requests;
    this.#elevator = elevator;
    this.#limits = limits;
    this.#noMerges = noMerges;
    this.#hash = new EndSectorHash(requests);
  }

  /** A request has gone to the elevator: bios may find it. */
  added(request: number): void {
    if (!this.#requests.isMergeable(request)) return;
    this.#hash.add(request);
    if (this.#last < 0) this.#last = request;
  }

  /** A request leaves the elevator: no bio finds it any more. */
  removed(request: number): void {
    if (this.#last === request) this.#last = -1;
    this.#hash.remove(request);
  }

  /** Merges a bio into a request if the rules allow; `target` tells which. */
  mergeBio(bio: number): Merge {
    if (this.#noMerges === NoMerges.none) return Merge.none;
    if ((this.#bios.flags[bio] & BioFlag.noMerge) !== 0) return Merge.none;
    const how = this.#find(bio);
    if (how === Merge.none || !this.#fits(this.target, bio)) return Merge.none;
    if (how === Merge.back) this.#mergeBack(this.target, bio);
    else this.#mergeFront(this.target, bio);
    return how;
  }

  /**
   * After a bio merge: tries to join the request with the neighbour that it may now touch.
   * @returns the request that was absorbed and is to be freed, or -1. When its neighbour before
   *   takes it in, that is `target` itself, and `target` becomes the neighbour.
   */
  mergeNeighbour(how: Merge): number {
    const request = this.target;
    if (how === Merge.back) {
      const next = this.#elevator.latter(request);
      if (next >= 0 && this.#join(request, next)) return next;
    } else {
      const previous = this.#elevator.former(request);
      if (previous >= 0 && this.#join(previous, request)) {
        this.target = previous;
        return request;
      }
    }
    // elv_merged_request: only when the request stands alone is it filed anew.
    this.#elevator.merged(request, how);
    if (how === Merge.back) this.#hash.reposition(request);
    this.#last = request;
    return -1;
  }

  /** Merges a bio into a request on a task's plug if the rules allow (blk_attempt_bio_merge). */
  mergeIntoPlugged(request: number, bio: number): Merge {
    const bios = this.#bios;
    const requests = this.#requests;
    const sector = bios.sector[bio];
    const isBack = requests.end(request) === sector;
    if (!isBack && sector + bios.sectors[bio] !== requests.sector[request]) return Merge.none;
    if (!requests.isMergeable(request)) return Merge.none;
    if (!canHoldTogether(requests.op[request], bios.op[bio])) return Merge.none;
    if (this.#limits.samePriority && requests.priority[request] !== bios.priority[bio]) {
      return Merge.none;
    }
    if (!this.#fits(request, bio)) return Merge.none;
    if (isBack) this.#mergeBack(request, bio);
    else this.#mergeFront(request, bio);
    return isBack ? Merge.back : Merge.front;
  }

  /** Whether bios are looked at for merges at all. */
  mayMerge(bio: number): boolean {
    return this.#noMerges !== NoMerges.none && (this.#bios.flags[bio] & BioFlag.noMerge) === 0;
  }

  /**
   * Joins a request that comes off a plug to the end of one that is here
   * (elv_attempt_insert_merge). After a hash hit the grown request is to be tried in turn.
   * @param isGrown whether it is such a grown one: it is not tried against the last request
   * @returns the request it was joined to; -1 when to none
   */
  mergeOnInsert(request: number, isGrown: boolean): number {
    if (this.#noMerges === NoMerges.none) return -1;
    const last = this.#last;
    if (!isGrown && last >= 0 && this.#join(last, request)) {
      this.hitLast = true;
      return last;
    }
    this.hitLast = false;
    if (this.#noMerges === NoMerges.lastOnly) return -1;
    this.#hash.sector = this.#requests.sector[request];
    const ending = this.#hash.find();
    return ending >= 0 && this.#join(ending, request) ? ending : -1;
  }

  /** Finds the request that the bio touches (elv_merge). */
  #find(bio: number): Merge {
    const bios = this.#bios;
    const requests = this.#requests;
    const sector = bios.sector[bio];
    const last = this.#last;
    if (last >= 0 && this.#allows(last, bio)) {
      this.target = last;
      if (requests.end(last) === sector) return Merge.back;
      if (sector + bios.sectors[bio] === requests.sector[last]) return Merge.front;
    }
    if (this.#noMerges === NoMerges.lastOnly) return Merge.none;
    this.#hash.sector = sector;
    const ending = this.#hash.find();
    if (ending >= 0 && this.#allows(ending, bio)) {
      this.target = ending;
      return Merge.back;
    }
    const starting = this.#elevator.findFrontMerge(bio);
    if (starting < 0 || !this.#allows(starting, bio)) return Merge.none;
    this.target = starting;
    return Merge.front;
  }

  /** elv_rq_merge_ok: kind, state, and the elevator's consent. */
  #allows(request: number, bio: number): boolean {
    return (
      this.#requests.isMergeable(request) &&
      canHoldTogether(this.#requests.op[request], this.#bios.op[bio]) &&
      (!this.#limits.samePriority ||
        this.#requests.priority[request] === this.#bios.priority[bio]) &&
      this.#elevator.allowsMerge(request, bio)
    );
  }

  /** The limits. A request that once met one is closed for good (ll_back_merge_fn). */
  #fits(request: number, bio: number): boolean {
    const requests = this.#requests;
    const sectors = requests.sectors[request] + this.#bios.sectors[bio];
    const segments = requests.segments[request] + bioSegments(this.#bios, bio);
    if (this.#isWithinLimits(requests.op[request], sectors, segments)) return true;
    requests.flags[request] |= RequestFlag.noMerge;
    if (this.#last === request) this.#last = -1;
    return false;
  }

  #isWithinLimits(op: number, sectors: number, segments: number): boolean {
    const limits = this.#limits;
    if (op === Op.discard) return sectors <= limits.maxDiscardSectors;
    return sectors <= limits.maxSectors && segments <= limits.maxSegments;
  }

  #mergeBack(request: number, bio: number): void {
    const requests = this.#requests;
    this.#bios.next[requests.lastBio[request]] = bio;
    requests.lastBio[request] = bio;
    requests.sectors[request] += this.#bios.sectors[bio];
    requests.segments[request] += bioSegments(this.#bios, bio);
  }

  #mergeFront(request: number, bio: number): void {
    const requests = this.#requests;
    this.#bios.next[bio] = requests.firstBio[request];
    requests.firstBio[request] = bio;
    requests.sector[request] = this.#bios.sector[bio];
    requests.sectors[request] += this.#bios.sectors[bio];
    requests.segments[request] += bioSegments(this.#bios, bio);
  }

  /** Joins `next` to the end of `request` if the rules allow (attempt_merge). */
  #join(request: number, next: number): boolean {
    const requests = this.#requests;
    if (requests.end(request) !== requests.sector[next]) return false;
    if (!requests.isMergeable(request) || !requests.isMergeable(next)) return false;
    if (!canHoldTogether(requests.op[request], requests.op[next])) return false;
    if (this.#limits.samePriority && requests.priority[request] !== requests.priority[next]) {
      return false;
    }
    const sectors = requests.sectors[request] + requests.sectors[next];
    const segments = requests.segments[request] + requests.segments[next];
    if (!this.#isWithinLimits(requests.op[request], sectors, segments)) return false;
    requests.startNs[request] = Math.min(requests.startNs[request], requests.startNs[next]);
    this.#bios.next[requests.lastBio[request]] = requests.firstBio[next];
    requests.lastBio[request] = requests.lastBio[next];
    requests.sectors[request] = sectors;
    requests.segments[request] = segments;
    // One that comes off a plug was never filed.
    if (requests.has(next, RequestFlag.sorted)) this.#elevator.mergedRequests(request, next);
    this.#hash.reposition(request);
    this.#hash.remove(next);
    this.#last = request;
    return true;
  }
}
