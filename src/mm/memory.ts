/**
 * Memory: every page frame, what state it is in, and the transitions between states. Policy lives
 * elsewhere (reclaim, flusher, throttle); this is what they all act on.
 */

import { Op } from '../device/device.ts';
import type { FileSystem } from '../fs/file-system.ts';
import type { EventQueue } from '../sim/events.ts';
import { type Sleeping, WaitQueue } from '../sim/task.ts';
import { type Inode, InodeState } from './inode.ts';
import { reclaimRules, type ReclaimRules } from './kernel.ts';
import { Kind, lruOf, Lru, type LruVec } from './lru.ts';
import { PageLocks } from './page-locks.ts';
import { Page } from './page-table.ts';
import { Topology } from './topology.ts';
import type { VmOptions } from './vm-options.ts';
import { VmStat, type Writer, Writer as WriterKind } from './vm-stat.ts';
import { type Zone, ZoneType } from './zone.ts';

export class Memory extends PageLocks {
  readonly options: VmOptions;
  readonly rules: ReclaimRules;
  readonly topology: Topology;
  readonly zones: readonly Zone[];
  readonly stat = new VmStat();
  readonly inodes: Inode[] = [];
  /** Inodes with dirty pages, oldest dirtied first (b_dirty). */
  readonly dirtyInodes = new Set<Inode>();
  /** NR_FILE_DIRTY and NR_WRITEBACK. */
  nrDirty = 0;
  nrWriteback = 0;
  /** Pages charged to each memory cgroup, by its number; 0 is everyone else. */
  readonly groupPages: number[];
  /** Memory cgroup of each task, by task; 0 where none is set. */
  readonly groupOfTask: number[] = [];
  /** Tasks that are a kswapd, by task. */
  readonly isKswapd: boolean[] = [];

  readonly #admission: WaitQueue[] = [];
  readonly #flushDone = new Set<number>();
  readonly #congestion: readonly [WaitQueue, WaitQueue];

  /** Called when pages have come clean; reclaim's own, and only one. */
  onCleaned: () => void = () => {};

  /** @param rules those of the options' kernel version, with what the way out brings */
  constructor(
    events: EventQueue,
    fs: FileSystem,
    options: VmOptions,
    rules: ReclaimRules = reclaimRules(options.kernel),
  ) {
    const topology = new Topology(options, rules.perNode);
    super(events, fs, topology.table);
    this.options = options;
    this.rules = rules;
    this.topology = topology;
    this.zones = topology.zones;
    this.groupPages = Array.from({ length: options.groups.length + 1 }, () => 0);
    this.#congestion = [
      new WaitQueue(this.scheduler, 'congestion_wait(async)'),
      new WaitQueue(this.scheduler, 'congestion_wait(sync)'),
    ];
    fs.attach({
      pagesDone: (op, inode, index, pages, latencyNs) =>
        this.#pagesDone(op, inode, index, pages, latencyNs),
      flushDone: (task) => {
        this.#flushDone.add(task);
        this.scheduler.wake(this.scheduler.tasks[task]);
      },
      submitterAdmitted: (task) => this.#admission[task]?.wakeAll(),
      congestionCleared: (sync) => this.#congestion[sync ? 1 : 0].wakeAll(),
    });
  }

  // --- sums ---------------------------------------------------------------------------------

  /** NR_FREE_PAGES. */
  get freePages(): number {
    let pages = 0;
    for (const zone of this.zones) pages += zone.buddy.freePages;
    return pages;
  }

  /** Whether a page could be swapped out now. */
  get canSwap(): boolean {
    return false;
  }

  /** Pages on the lists of one kind, all zones. */
  lruPages(list: Lru): number {
    let pages = 0;
    for (const { lruvecs } of this.topology.domains) {
      for (const { lists } of lruvecs) pages += lists[list].size;
    }
    return pages;
  }

  /** Pages that reclaim has off the lists. */
  get nrIsolated(): number {
    let pages = 0;
    for (const { lruvecs } of this.topology.domains) {
      for (const { isolated } of lruvecs) pages += isolated[0] + isolated[1];
    }
    return pages;
  }

  /** Pages that may be dirtied: free and reclaimable ones of low memory (determine_dirtyable_memory). */
  get dirtyable(): number {
    let pages = 1;
    for (const zone of this.zones) {
      if (zone.type !== ZoneType.highmem) pages += zone.buddy.freePages;
    }
    for (const domain of this.topology.domains) pages += domain.filePages;
    return pages;
  }

  /** get_dirty_limits: [background, dirty], pages. */
  dirtyLimits(): [number, number] {
    const ratio = Math.max(5, this.options.dirtyRatio);
    const { dirtyable } = this;
    const dirty = Math.floor((dirtyable * ratio) / 100);
    const background = Math.floor((dirtyable * this.options.dirtyBackgroundRatio) / 100);
    return [background >= dirty ? dirty >> 1 : background, dirty];
  }

  // --- pages --------------------------------------------------------------------------------

  /** The LRU lists a page is on, or belongs on. */
  lruvecOf(frame: number): LruVec {
    const { zone, group } = this.table;
    const { lruvecs } = this.zones[zone[frame]].domain;
    return group.length === 0 ? lruvecs[0] : lruvecs[group[frame]];
  }

  /** Charges a fresh page to the running task's memory cgroup (mem_cgroup_charge). */
  charge(frame: number): void {
    const { group } = this.table;
    if (group.length === 0) return;
    const number = this.groupOfTask[this.scheduler.current.id] ?? 0;
    group[frame] = number;
    this.groupPages[number]++;
  }

  /** Puts a fresh frame into a file, at the young end of the inactive list. */
  addToCache(frame: number, inode: Inode, index: number): void {
    const { table } = this;
    table.inode[frame] = inode.number;
    table.index[frame] = index;
    inode.mapping.insert(index, frame);
    const flags = table.flags[frame] | Page.lru;
    table.flags[frame] = flags;
    const lruvec = this.lruvecOf(frame);
    lruvec.lists[lruOf(flags)].addHead(frame);
    lruvec.note(Kind.file, false);
  }

  /** Takes a clean page that is on no LRU list out of its file and frees its frame. */
  removeFromCache(frame: number): void {
    this.#detach(frame);
    this.free(frame);
  }

  /**
   * Takes a clean, locked page out of its file, wherever it is. A page that reclaim has taken off
   * the LRU is freed by reclaim, when it comes to put it back.
   */
  dropFromCache(frame: number): void {
    const isolated = !this.table.has(frame, Page.lru);
    if (!isolated) this.takeOffLru(frame);
    this.forgetLock(frame);
    this.#detach(frame);
    if (!isolated) this.free(frame);
  }

  #detach(frame: number): void {
    const { table } = this;
    this.inodes[table.inode[frame]].mapping.remove(table.index[frame]);
    table.inode[frame] = -1;
    this.wakePage(frame);
  }

  free(frame: number): void {
    const { table } = this;
    if ((table.flags[frame] & Page.locked) !== 0) this.forgetLock(frame);
    table.flags[frame] = 0;
    if (table.group.length > 0) this.groupPages[table.group[frame]]--;
    const zone = this.zones[table.zone[frame]];
    zone.buddy.give(frame);
    zone.domain.freed();
    this.stat.pgfree++;
  }

  /** Back on the LRU list its flags name, at the young end. */
  putOnLru(frame: number): void {
    const { flags } = this.table;
    flags[frame] |= Page.lru;
    this.lruvecOf(frame).lists[lruOf(flags[frame])].addHead(frame);
  }

  takeOffLru(frame: number): void {
    const { flags } = this.table;
    flags[frame] &= ~Page.lru;
    this.lruvecOf(frame).lists[lruOf(flags[frame])].remove(frame);
  }

  /** mark_page_accessed: the first touch marks, the second moves to the active list. */
  markAccessed(frame: number): void {
    const { flags } = this.table;
    const was = flags[frame];
    if ((was & Page.referenced) === 0) {
      flags[frame] = was | Page.referenced;
    } else if ((was & (Page.active | Page.lru)) === Page.lru) {
      this.takeOffLru(frame);
      flags[frame] = (flags[frame] | Page.active) & ~Page.referenced;
      this.putOnLru(frame);
      this.lruvecOf(frame).note((was & Page.swapBacked) !== 0 ? Kind.anon : Kind.file, true);
      this.stat.pgactivate++;
    }
  }

  /** Makes a cached page dirty (set_page_dirty). */
  setDirty(frame: number): void {
    const { table } = this;
    const flags = table.flags[frame];
    if ((flags & Page.dirty) !== 0) return;
    table.flags[frame] = flags | Page.dirty | Page.uptodate;
    const inode = this.inodes[table.inode[frame]];
    inode.mapping.tagDirty(table.index[frame]);
    this.nrDirty++;
    this.zones[table.zone[frame]].nrDirty++;
    this.stat.pagesDirtied++;
    if (!inode.has(InodeState.dirty)) {
      inode.state |= InodeState.dirty;
      inode.dirtiedWhenNs = this.events.nowNs;
      this.dirtyInodes.add(inode);
    }
  }

  /**
   * clear_page_dirty_for_io and set_page_writeback in one: the page is about to be put in a bio.
   * Where it is mapped it is write-protected (page_mkclean), so that the next store faults.
   * False when it was clean.
   */
  startWriteback(frame: number, writer: Writer): boolean {
    const { table } = this;
    if (!table.has(frame, Page.dirty)) return false;
    this.#cleared(frame);
    const forReclaim = writer === WriterKind.reclaim || writer === WriterKind.kicked;
    if (forReclaim && !table.has(frame, Page.wanted)) this.stat.pagesExtra++;
    this.stat.pagesCleaned[writer]++;
    table.flags[frame] = (table.flags[frame] & ~(Page.wanted | Page.pteDirty)) | Page.writeback;
    this.inodes[table.inode[frame]].writebackPages++;
    this.nrWriteback++;
    this.zones[table.zone[frame]].nrWriteback++;
    return true;
  }

  /** Drops a dirty page's contents: its file is cut or gone. */
  cancelDirty(frame: number): void {
    if (!this.table.has(frame, Page.dirty)) return;
    this.#cleared(frame);
    this.stat.pagesTruncated++;
  }

  #cleared(frame: number): void {
    const { table } = this;
    table.clear(frame, Page.dirty);
    this.inodes[table.inode[frame]].mapping.untagDirty(table.index[frame]);
    this.nrDirty--;
    this.zones[table.zone[frame]].nrDirty--;
  }

  #pagesDone(op: number, number: number, index: number, pages: number, latencyNs: number): void {
    const { mapping } = this.inodes[number];
    if (op === Op.read) this.stat.pagesRead += pages;
    else {
      this.stat.pagesWritten += pages;
      this.stat.writeLatency.record(latencyNs, pages);
    }
    for (let i = index; i < index + pages; i++) {
      const frame = mapping.frameAt(i);
      if (op === Op.read) {
        this.table.set(frame, Page.uptodate);
        this.unlock(frame);
      } else {
        this.#endWriteback(frame);
      }
    }
    if (op !== Op.read) this.onCleaned();
  }

  /** end_page_writeback, with rotate_reclaimable_page. */
  #endWriteback(frame: number): void {
    const { table } = this;
    this.inodes[table.inode[frame]].writebackPages--;
    this.nrWriteback--;
    const zone = this.zones[table.zone[frame]];
    zone.nrWriteback--;
    // The kernel looks again only when a page is freed here, and kills a task before that.
    zone.domain.freed();
    const flags = table.flags[frame] & ~Page.writeback;
    table.flags[frame] = flags;
    if ((flags & Page.reclaim) !== 0) {
      table.flags[frame] = flags & ~Page.reclaim;
      const stays = Page.locked | Page.dirty | (this.rules.rotatesActive ? 0 : Page.active);
      if ((flags & (stays | Page.lru)) === Page.lru) this.#rotate(frame);
    }
    this.wakePage(frame);
  }

  /** To the old end of its inactive list: the next scan frees it. */
  #rotate(frame: number): void {
    const { flags } = this.table;
    const { lists } = this.lruvecOf(frame);
    lists[lruOf(flags[frame])].remove(frame);
    flags[frame] &= ~Page.active;
    lists[lruOf(flags[frame])].addTail(frame);
    this.stat.pgrotated++;
  }

  /** Whether a queue is congested with asynchronous requests: of any disk, or of a page's own. */
  get isAnyCongested(): boolean {
    return this.fs.queue.isCongested(false);
  }

  isCongestedFor(_frame: number): boolean {
    return this.fs.queue.isCongested(false);
  }

  // --- waiting ------------------------------------------------------------------------------

  /** The running task's submission went to sleep: waits until its bio has got a request. */
  *waitAdmitted(): Sleeping<void> {
    const task = this.scheduler.current.id;
    this.#admission[task] ??= new WaitQueue(this.scheduler, 'get_request_wait');
    this.goesToSleep();
    yield* this.#admission[task].wait();
  }

  /** congestion_wait: sleeps until a queue leaves congestion in this class, at most `ns`. */
  *congestionWait(sync: boolean, ns: number): Sleeping<void> {
    const who = this.isKswapd[this.scheduler.current.id] ? 1 : 0;
    const started = this.events.nowNs;
    this.goesToSleep();
    yield* this.#congestion[sync ? 1 : 0].waitNs(ns);
    this.stat.congestionWaits[who]++;
    this.stat.congestionWaitNs[who] += this.events.nowNs - started;
  }

  /** Flushes the drive's cache and waits for it. */
  *flushDevice(): Sleeping<void> {
    const task = this.scheduler.current.id;
    this.goesToSleep();
    this.fs.submitFlush(task);
    while (!this.#flushDone.delete(task)) yield* this.scheduler.sleep('flush');
  }
}
