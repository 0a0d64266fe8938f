/**
 * Getting page frames: the fast path, kswapd's wake-up, direct reclaim, and what is done when that
 * does not help (mm/page_alloc.c, get_page_from_freelist and __alloc_pages_slowpath).
 */

import { MS } from '../sim/units.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Kswapd } from './kswapd.ts';
import type { Memory } from './memory.ts';
import type { OomKiller } from './oom-killer.ts';
import type { Reclaim } from './reclaim.ts';
import type { Node } from './topology.ts';
import { COSTLY_ORDER, TICK_NS } from './vm-options.ts';
import { type Zone, ZoneType } from './zone.ts';

/** MEM_CGROUP_RECLAIM_RETRIES: reclaims of a cgroup without progress before one of its tasks dies. */
const GROUP_RETRIES = 5;

export class PageAllocator {
  readonly #memory: Memory;
  readonly #kswapds: readonly Kswapd[];
  readonly #reclaim: Reclaim;
  readonly #oom: OomKiller;

  constructor(memory: Memory, kswapds: readonly Kswapd[], reclaim: Reclaim, oom: OomKiller) {
    this.#memory = memory;
    this.#kswapds = kswapds;
    this.#reclaim = reclaim;
    this.#oom = oom;
  }

  /** The node the running task is on: tasks are dealt out to processors in turn, and those to nodes. */
  get #node(): Node {
    const { options, topology } = this.#memory;
    const { nodes } = topology;
    if (nodes.length === 1) return nodes[0];
    const task = this.#memory.scheduler.currentOrNone;
    return nodes[task === undefined ? 0 : (task.id % options.cpus) % nodes.length];
  }

  /** The same without its high memory: the zonelist of GFP_KERNEL. */
  get #lowmem(): Node {
    const node = this.#node;
    if (node.type !== ZoneType.highmem) return node;
    const zonelist = node.zonelist.filter(({ type }) => type !== ZoneType.highmem);
    const domains = node.domains.filter((domain) =>
      zonelist.some((zone) => zone.domain === domain),
    );
    return { ...node, zonelist, domains, type: zonelist[0].type };
  }

  /**
   * A block of 2^order frames if there is one above a low watermark, else -1.
   * @param forWrite its page will be dirtied (__GFP_WRITE): zones with their share of dirty pages
   *   are passed over
   */
  tryFast(order: number, forWrite = false, node = this.#node): number {
    if (this.#memory.isGroupFull(1 << order)) return -1;
    const { zonelist, type } = node;
    const { spreadsDirty } = this.#memory.rules;
    for (const zone of zonelist) {
      if (forWrite && spreadsDirty && !this.#dirtyOk(zone)) continue;
      if (zone.watermarkOk(order, zone.low, type)) return this.#taken(zone, order);
    }
    return -1;
  }

  /** The same, and above the min watermark with kswapd woken: all that needs no sleep; -1 else. */
  tryNow(order: number, forWrite = false): number {
    const fast = this.tryFast(order, forWrite);
    if (fast >= 0 || this.#memory.isGroupFull(1 << order)) return fast;
    const node = this.#node;
    this.#wakeKswapds(order, node);
    return this.#aboveMin(node, order);
  }

  /**
   * A block of 2^order frames; reclaims for it if it must, and keeps trying (__GFP_REPEAT).
   * @param isKernel GFP_KERNEL: not from high memory
   * @returns its first frame
   * @throws KilledError when there is nothing to reclaim, and no one else has memory to give up
   */
  *take(order: number, forWrite = false, isKernel = false): Sleeping<number> {
    const fast = this.tryFast(order, forWrite, isKernel ? this.#lowmem : this.#node);
    if (fast >= 0) return fast;
    yield* this.#makeRoomInGroup(1 << order);
    let withoutProgress = 0;
    for (;;) {
      const node = isKernel ? this.#lowmem : this.#node;
      this.#wakeKswapds(order, node);
      const early = this.#aboveMin(node, order);
      if (early >= 0) return early;
      const startedNs = this.#memory.events.nowNs;
      const reclaimed = yield* this.#reclaim.direct(node, order);
      const late = this.#aboveMin(node, order);
      if (late >= 0) return late;
      withoutProgress = reclaimed > 0 ? 0 : withoutProgress + 1;
      // Killing does not help an order that is too high.
      if (withoutProgress > this.#memory.rules.retries && order <= COSTLY_ORDER) {
        this.#oom.kill(-1);
        withoutProgress = 0;
        continue;
      }
      if (this.#isHopeless()) this.#oom.kill(-1);
      // Where no one is killed, what was given up is looked at again.
      else if (reclaimed === 0) for (const domain of node.domains) domain.freed();
      yield* this.#nap(reclaimed, startedNs);
    }
  }

  /** The same with one reclaim at most (__GFP_NORETRY). @returns -1 when that was not enough */
  *tryTake(order: number): Sleeping<number> {
    const fast = this.tryFast(order);
    if (fast >= 0) return fast;
    const node = this.#node;
    this.#wakeKswapds(order, node);
    const early = this.#aboveMin(node, order);
    if (early >= 0) return early;
    yield* this.#reclaim.direct(node, order);
    return this.#aboveMin(node, order);
  }

  /** Between two tries: 20 ms after some progress, 100 ms after none; only congested since 2.6.37. */
  *#nap(reclaimed: number, sweptFromNs: number): Sleeping<void> {
    const memory = this.#memory;
    const { rules, stat, events } = memory;
    const started = events.nowNs;
    if (reclaimed === 0 || rules.nap === 'congestion_wait') {
      yield* memory.congestionWait(false, (reclaimed > 0 ? 20 : 100) * MS);
    } else {
      // From 2.6.37 on the next sweep begins at once. One in vain takes a tick at least, so that many of
      // them over lists that are given up do not take for ever here.
      const least = reclaimed > 1 ? 0 : TICK_NS - (started - sweptFromNs);
      yield* memory.useCpu(Math.max(memory.options.cpu.scanPageNs, least));
    }
    stat.stalledDirectNs += events.nowNs - started;
  }

  #wakeKswapds(order: number, node: Node): void {
    for (const kswapd of this.#kswapds) kswapd.wake(order, node.type);
  }

  #isHopeless(): boolean {
    const memory = this.#memory;
    let pages = memory.nrIsolated + memory.nrWriteback;
    for (const domain of memory.topology.domains) {
      pages += domain.filePages + (memory.canSwap ? domain.anonPages : 0);
    }
    return pages === 0;
  }

  /** mem_cgroup_charge: reclaims from the running task's cgroup until its pages fit its limit. */
  *#makeRoomInGroup(pages: number): Sleeping<void> {
    const memory = this.#memory;
    for (let withoutProgress = 0; memory.isGroupFull(pages);) {
      const group = memory.currentGroup;
      const reclaimed = yield* this.#reclaim.group(group);
      withoutProgress = reclaimed > 0 ? 0 : withoutProgress + 1;
      if (withoutProgress < GROUP_RETRIES) continue;
      this.#oom.kill(group);
      withoutProgress = 0;
    }
  }

  #aboveMin(node: Node, order: number): number {
    for (const zone of node.zonelist) {
      if (zone.watermarkOk(order, zone.min, node.type)) return this.#taken(zone, order);
    }
    return -1;
  }

  #taken(zone: Zone, order: number): number {
    const frame = zone.buddy.take(order);
    if (frame < 0) return -1;
    this.#memory.stat.pgalloc += 1 << order;
    this.#memory.charge(frame, 1 << order);
    return frame;
  }

  /** zone_dirty_ok (3.3) or node_dirty_ok (4.8): under the dirty ratio of what there could be. */
  #dirtyOk(zone: Zone): boolean {
    const { domain } = zone;
    const dirtyable = domain.freePages + domain.filePages - domain.highMark;
    return domain.busyPages <= (dirtyable * this.#memory.options.dirtyRatio) / 100;
  }
}
