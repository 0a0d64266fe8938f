/**
 * Memory: every page frame, what state it is in, and the transitions between states. Policy lives
 * elsewhere (reclaim, flusher, throttle); this is what they all act on.
 */

import { Op } from '../device/device.ts';
import type { FileSystem } from '../fs/file-system.ts';
import type { EventQueue } from '../sim/events.ts';
import { type Sleeping, TaskScheduler, WaitQueue } from '../sim/task.ts';
import { Inode, InodeState } from './inode.ts';
import { type LockPlace, Page, PageTable } from './page-table.ts';
import { type Resource, WaitGraph } from '../sim/wait-graph.ts';
import type { VmOptions } from './vm-options.ts';
import { VmStat, type Writer, Writer as WriterKind } from './vm-stat.ts';
import { Zone, ZONE_LISTS } from './zone.ts';

const PAGE_LOCK = 'page lock';
const HELD_PAGE: readonly string[] = [PAGE_LOCK];
const HELD_NOTHING: readonly string[] = [];

export class Memory {
  readonly events: EventQueue;
  readonly scheduler: TaskScheduler;
  readonly fs: FileSystem;
  readonly options: VmOptions;
  readonly table: PageTable;
  readonly zone: Zone;
  readonly stat = new VmStat();
  /** Who waits for whom, and in which order locks are taken. */
  readonly graph = new WaitGraph();
  readonly inodes: Inode[] = [];
  /** Inodes with dirty pages, oldest dirtied first (b_dirty). */
  readonly dirtyInodes = new Set<Inode>();
  /** NR_FILE_DIRTY and NR_WRITEBACK. */
  nrDirty = 0;
  nrWriteback = 0;
  /** NR_ISOLATED: pages that reclaim has off the LRU. */
  nrIsolated = 0;

  readonly #pageWaiters = new Map<number, WaitQueue>();
  /** Pages each task has locked, by task. */
  readonly #pagesLocked: number[] = [];
  readonly #admission: WaitQueue[] = [];
  readonly #flushDone = new Set<number>();
  readonly #congestion: readonly [WaitQueue, WaitQueue];

  constructor(events: EventQueue, fs: FileSystem, options: VmOptions) {
    this.events = events;
    this.scheduler = new TaskScheduler(events);
    this.fs = fs;
    this.options = options;
    this.table = new PageTable(options.pages, ZONE_LISTS);
    this.zone = new Zone(this.table, 0, options.pages);
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

  // --- limits -------------------------------------------------------------------------------

  /** Pages that may be dirtied: free and reclaimable ones (determine_dirtyable_memory). */
  get dirtyable(): number {
    return this.zone.buddy.freePages + this.zone.reclaimable + 1;
  }

  /** get_dirty_limits: [background, dirty], pages. */
  dirtyLimits(): [number, number] {
    const ratio = Math.max(5, this.options.dirtyRatio);
    const dirty = Math.floor((this.dirtyable * ratio) / 100);
    const background = Math.floor((this.dirtyable * this.options.dirtyBackgroundRatio) / 100);
    return [background >= dirty ? dirty >> 1 : background, dirty];
  }

  // --- pages --------------------------------------------------------------------------------

  /** Puts a fresh frame into a file, at the young end of the inactive list. */
  addToCache(frame: number, inode: Inode, index: number): void {
    this.table.inode[frame] = inode.number;
    this.table.index[frame] = index;
    inode.mapping.insert(index, frame);
    this.table.set(frame, Page.lru);
    this.zone.inactiveFile.addHead(frame);
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
    this.#forgetLock(frame);
    this.#detach(frame);
    if (!isolated) this.free(frame);
  }

  #detach(frame: number): void {
    const inode = this.inodes[this.table.inode[frame]];
    inode.mapping.remove(this.table.index[frame]);
    this.table.inode[frame] = -1;
    this.#wakePage(frame);
  }

  free(frame: number): void {
    if (this.table.has(frame, Page.locked)) this.#forgetLock(frame);
    this.table.flags[frame] = 0;
    this.zone.buddy.give(frame);
    this.zone.pagesScanned = 0;
    this.zone.allUnreclaimable = false;
  }

  /** Back on the LRU list its flags name, at the young end. */
  putOnLru(frame: number): void {
    this.table.set(frame, Page.lru);
    const active = this.table.has(frame, Page.active);
    (active ? this.zone.activeFile : this.zone.inactiveFile).addHead(frame);
  }

  takeOffLru(frame: number): void {
    this.table.clear(frame, Page.lru);
    const active = this.table.has(frame, Page.active);
    (active ? this.zone.activeFile : this.zone.inactiveFile).remove(frame);
  }

  /** mark_page_accessed: the first touch marks, the second moves to the active list. */
  markAccessed(frame: number): void {
    const { table } = this;
    if (!table.has(frame, Page.referenced)) {
      table.set(frame, Page.referenced);
    } else if (!table.has(frame, Page.active) && table.has(frame, Page.lru)) {
      this.takeOffLru(frame);
      table.set(frame, Page.active);
      table.clear(frame, Page.referenced);
      this.putOnLru(frame);
      this.stat.pgactivate++;
    }
  }

  /** Makes a cached page dirty (set_page_dirty). */
  setDirty(frame: number): void {
    const { table } = this;
    if (table.has(frame, Page.dirty)) return;
    table.set(frame, Page.dirty | Page.uptodate);
    const inode = this.inodes[table.inode[frame]];
    inode.mapping.tagDirty(table.index[frame]);
    this.nrDirty++;
    this.stat.pagesDirtied++;
    if (!inode.has(InodeState.dirty)) {
      inode.state |= InodeState.dirty;
      inode.dirtiedWhenNs = this.events.nowNs;
      this.dirtyInodes.add(inode);
    }
  }

  /**
   * clear_page_dirty_for_io and set_page_writeback in one: the page is about to be put in a bio.
   * False when it was clean.
   */
  startWriteback(frame: number, writer: Writer): boolean {
    const { table } = this;
    if (!table.has(frame, Page.dirty)) return false;
    this.#cleared(frame);
    const forReclaim = writer === WriterKind.reclaim || writer === WriterKind.kicked;
    if (forReclaim && !table.has(frame, Page.wanted)) this.stat.pagesExtra++;
    this.stat.pagesCleaned[writer]++;
    table.clear(frame, Page.wanted);
    table.set(frame, Page.writeback);
    this.inodes[table.inode[frame]].writebackPages++;
    this.nrWriteback++;
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
    const inode = this.inodes[table.inode[frame]];
    inode.mapping.untagDirty(table.index[frame]);
    this.nrDirty--;
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
  }

  /** end_page_writeback, with rotate_reclaimable_page. */
  #endWriteback(frame: number): void {
    const { table, zone } = this;
    this.inodes[table.inode[frame]].writebackPages--;
    this.nrWriteback--;
    table.clear(frame, Page.writeback);
    // The kernel looks again only when a page of the zone is freed, and kills a task before that.
    zone.pagesScanned = 0;
    zone.allUnreclaimable = false;
    if (table.has(frame, Page.reclaim)) {
      table.clear(frame, Page.reclaim);
      const stays = Page.locked | Page.dirty | Page.active;
      if (!table.has(frame, stays) && table.has(frame, Page.lru)) {
        zone.inactiveFile.remove(frame);
        zone.inactiveFile.addTail(frame);
        this.stat.pgrotated++;
      }
    }
    this.#wakePage(frame);
  }

  // --- waiting ------------------------------------------------------------------------------

  /** Locks a page for the running task, unless someone has it. */
  tryLock(frame: number, place: LockPlace): boolean {
    const { table } = this;
    if (table.has(frame, Page.locked)) return false;
    const task = this.scheduler.current.id;
    table.set(frame, Page.locked);
    table.lockOwner[frame] = task;
    table.lockPlace[frame] = place;
    this.#pagesLocked[task] = (this.#pagesLocked[task] ?? 0) + 1;
    return true;
  }

  /** Locks a fresh page until its read is complete: no task's own lock. */
  lockForRead(frame: number): void {
    this.table.set(frame, Page.locked);
    this.table.lockOwner[frame] = -1;
  }

  unlock(frame: number): void {
    this.#forgetLock(frame);
    this.#wakePage(frame);
  }

  #forgetLock(frame: number): void {
    const { table } = this;
    table.clear(frame, Page.locked);
    const owner = table.lockOwner[frame];
    if (owner < 0) return;
    this.#pagesLocked[owner]--;
    table.lockOwner[frame] = -1;
  }

  /**
   * Waits until none of `flags` (locked, writeback) is set on page `index` of a file, or the page
   * is gone from it. What is waited for goes out of the plug first (sync_page).
   * @param where the function that waits, for reports
   * @throws DeadlockError
   */
  *waitOnPage(inode: Inode, index: number, flags: number, where: string): Sleeping<void> {
    for (;;) {
      const frame = inode.mapping.frameAt(index);
      if (frame < 0 || !this.table.has(frame, flags)) return;
      this.#goesToSleep();
      this.fs.queue.unplug();
      let waiters = this.#pageWaiters.get(frame);
      if (waiters === undefined) {
        waiters = new WaitQueue(this.scheduler, 'page');
        this.#pageWaiters.set(frame, waiters);
      }
      if (this.table.has(frame, flags & Page.locked)) {
        const task = this.scheduler.current;
        const held = (this.#pagesLocked[task.id] ?? 0) > 0 ? HELD_PAGE : HELD_NOTHING;
        this.graph.wants(task, PAGE_LOCK, where, held);
        this.graph.block(task, this.#pageLock(frame, inode.number, index), where);
        yield* waiters.wait();
        this.graph.unblock(task);
      } else {
        yield* waiters.wait();
      }
    }
  }

  #pageLock(frame: number, inode: number, index: number): Resource {
    const { table, scheduler } = this;
    return {
      kind: PAGE_LOCK,
      label: `the lock of page ${index} of inode ${inode}`,
      owners: () => {
        const owner = table.lockOwner[frame];
        return owner < 0 ? [] : [{ task: scheduler.tasks[owner], where: table.lockedIn(frame) }];
      },
    };
  }

  #wakePage(frame: number): void {
    const waiters = this.#pageWaiters.get(frame);
    if (waiters === undefined) return;
    this.#pageWaiters.delete(frame);
    waiters.wakeAll();
  }

  /** The running task stops running: what its plug holds must not wait for it. */
  #goesToSleep(): void {
    this.fs.queue.taskSleeps(this.scheduler.current.id);
  }

  /** The running task's submission went to sleep: waits until its bio has got a request. */
  *waitAdmitted(): Sleeping<void> {
    const task = this.scheduler.current.id;
    this.#admission[task] ??= new WaitQueue(this.scheduler, 'get_request_wait');
    this.#goesToSleep();
    yield* this.#admission[task].wait();
  }

  /** congestion_wait: sleeps until a queue leaves congestion in this class, at most `ns`. */
  *congestionWait(sync: boolean, ns: number): Sleeping<void> {
    this.#goesToSleep();
    yield* this.#congestion[sync ? 1 : 0].waitNs(ns);
  }

  /** wait_iff_congested: the same, but only while the queue is congested. */
  *waitIffCongested(ns: number): Sleeping<void> {
    if (this.fs.queue.isCongested(false)) yield* this.congestionWait(false, ns);
  }

  /** Flushes the drive's cache and waits for it. */
  *flushDevice(): Sleeping<void> {
    const task = this.scheduler.current.id;
    this.#goesToSleep();
    this.fs.submitFlush(task);
    while (!this.#flushDone.delete(task)) yield* this.scheduler.sleep('flush');
  }

  /** The running task uses the processor, ns. */
  *useCpu(ns: number): Sleeping<void> {
    yield* this.scheduler.sleepNs(ns, 'cpu');
  }
}
