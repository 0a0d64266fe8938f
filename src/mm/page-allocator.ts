/**
 * Getting page frames: the fast path, kswapd's wake-up, direct reclaim, and giving up
 * (mm/page_alloc.c, get_page_from_freelist and __alloc_pages_slowpath).
 */

import { MS } from '../sim/units.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Kswapd } from './kswapd.ts';
import type { Memory } from './memory.ts';
import type { Reclaim } from './reclaim.ts';
import type { Node } from './topology.ts';
import type { Zone } from './zone.ts';

/** Nothing is left that could ever be reclaimed: the programs need more than the machine has. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

export class PageAllocator {
  readonly #memory: Memory;
  readonly #kswapds: readonly Kswapd[];
  readonly #reclaim: Reclaim;

  constructor(memory: Memory, kswapds: readonly Kswapd[], reclaim: Reclaim) {
    this.#memory = memory;
    this.#kswapds = kswapds;
    this.#reclaim = reclaim;
  }

  /** The node the running task is on: tasks are dealt out to nodes in turn. */
  get #node(): Node {
    const { nodes } = this.#memory.topology;
    if (nodes.length === 1) return nodes[0];
    const task = this.#memory.scheduler.currentOrNone;
    return nodes[task === undefined ? 0 : task.id % nodes.length];
  }

  /**
   * A block of 2^order frames if there is one above a low watermark, else -1.
   * @param forWrite its page will be dirtied (__GFP_WRITE): zones with their share of dirty pages
   *   are passed over
   */
  tryFast(order: number, forWrite = false): number {
    const { zonelist, type } = this.#node;
    const { spreadsDirty } = this.#memory.rules;
    for (const zone of zonelist) {
      if (forWrite && spreadsDirty && !this.#dirtyOk(zone)) continue;
      if (zone.watermarkOk(order, zone.low, type)) return this.#taken(zone, order);
    }
    return -1;
  }

  /**
   * A block of 2^order frames; reclaims for it if it must, and keeps trying (__GFP_REPEAT).
   * @returns its first frame
   * @throws OutOfMemoryError when no page is left to reclaim
   */
  *take(order: number, forWrite = false): Sleeping<number> {
    const fast = this.tryFast(order, forWrite);
    if (fast >= 0) return fast;
    const memory = this.#memory;
    for (;;) {
      const node = this.#node;
      for (const kswapd of this.#kswapds) kswapd.wake(order, node.type);
      const early = this.#aboveMin(node, order);
      if (early >= 0) return early;
      const reclaimed = yield* this.#reclaim.direct(node, order);
      const late = this.#aboveMin(node, order);
      if (late >= 0) return late;
      if (this.#isHopeless()) {
        throw new OutOfMemoryError(
          `no memory left: ${memory.freePages} of ${memory.options.pages} pages are free and ` +
            'none can be reclaimed; the programs need more memory than the machine has',
        );
      }
      const started = memory.events.nowNs;
      // A costly order that made progress tries again at once after a short nap (HZ/50).
      yield* memory.congestionWait(false, (reclaimed > 0 ? 20 : 100) * MS);
      memory.stat.stalledDirectNs += memory.events.nowNs - started;
    }
  }

  /** The same with one reclaim at most (__GFP_NORETRY). @returns -1 when that was not enough */
  *tryTake(order: number): Sleeping<number> {
    const fast = this.tryFast(order);
    if (fast >= 0) return fast;
    const node = this.#node;
    for (const kswapd of this.#kswapds) kswapd.wake(order, node.type);
    const early = this.#aboveMin(node, order);
    if (early >= 0) return early;
    yield* this.#reclaim.direct(node, order);
    return this.#aboveMin(node, order);
  }

  #isHopeless(): boolean {
    const memory = this.#memory;
    let pages = memory.nrIsolated + memory.nrWriteback;
    for (const { filePages } of memory.topology.domains) pages += filePages;
    return pages === 0;
  }

  #aboveMin(node: Node, order: number): number {
    for (const zone of node.zonelist) {
      if (zone.watermarkOk(order, zone.min, node.type)) return this.#taken(zone, order);
    }
    return -1;
  }

  #taken(zone: Zone, order: number): number {
    const frame = zone.buddy.take(order);
    if (frame >= 0) this.#memory.stat.pgalloc += 1 << order;
    return frame;
  }

  /** zone_dirty_ok (3.3) or node_dirty_ok (4.8): under the dirty ratio of what there could be. */
  #dirtyOk(zone: Zone): boolean {
    const { domain } = zone;
    const dirtyable = domain.freePages + domain.filePages - domain.highMark;
    return domain.busyPages <= (dirtyable * this.#memory.options.dirtyRatio) / 100;
  }
}
