/**
 * Memory: every page frame, what state it is in, and the transitions between states. Policy lives
 * elsewhere (reclaim, flusher, throttle); this is what they all act on.
 */

import { Op } from '../device/device.ts';
import type { BlockQueue } from '../block/bio.ts';
import { Disk } from '../fs/disk.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { type FileSystemKind, findFileSystem } from '../fs/registry.ts';
import type { EventQueue } from '../sim/events.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { type Sleeping, WaitQueue } from '../sim/task.ts';
import { Bdi } from './bdi.ts';
import { CacheHost } from './cache-host.ts';
import { DirtyLimits } from './dirty-limits.ts';
import { DirtyOrder } from './dirty-order.ts';
import { Inode, InodeState } from './inode.ts';
import { reclaimRules, type ReclaimRules } from './kernel.ts';
import { Kind, lruOf, Lru, type LruVec } from './lru.ts';
import { KilledError } from './oom-killer.ts';
import { PageLocks } from './page-locks.ts';
import { Page } from './page-table.ts';
import { SuperBlock } from './super-block.ts';
import { type Swap, SWAP_DISK } from './swap.ts';
import { Topology } from './topology.ts';
import type { VmOptions } from './vm-options.ts';
import { VmStat, type Writer, Writer as WriterKind } from './vm-stat.ts';
import { type Zone, ZoneType } from './zone.ts';

/** A further disk of a machine, and what lies on it. */
export interface Mount {
  /** Files whose names begin with it and a slash lie there. */
  readonly at: string;
  readonly queue: BlockQueue;
  readonly fileSystem: string | FileSystemKind;
}

export class Memory extends PageLocks {
  /** The file system that holds every file not under a mount. */
  readonly fs: FileSystem;
  /** The disks: the first is that of `fs`, the others those of the mounts. */
  readonly bdis: readonly Bdi[];
  readonly limits: DirtyLimits;
  /** The way out goes by the order in which pages became dirty. */
  keepsDirtyOrder = false;
  readonly options: VmOptions;
  readonly rules: ReclaimRules;
  readonly topology: Topology;
  readonly zones: readonly Zone[];
  readonly stat = new VmStat();
  readonly inodes: Inode[] = [];
  /** NR_FILE_DIRTY and NR_WRITEBACK. */
  nrDirty = 0;
  nrWriteback = 0;
  /** Pages charged to each memory cgroup, by its number; 0 is everyone else. */
  readonly groupPages: number[];
  /** Memory cgroup of each task, by task; 0 where none is set. */
  readonly groupOfTask: number[] = [];
  /** Pages each task has taken for good, by task. */
  readonly pinnedBy: number[] = [];
  /** Tasks that were killed for want of memory. */
  readonly killed = new Set<number>();
  /** Tasks that are a kswapd, by task. */
  readonly isKswapd: boolean[] = [];

  readonly #admission: WaitQueue[] = [];
  readonly #congestion: readonly [WaitQueue, WaitQueue];

  /** The swap area; undefined on a machine without one. */
  swap: Swap | undefined;
  /** Called when pages have come clean; reclaim's own, and only one. */
  onCleaned: () => void = () => {};

  /**
   * @param queue the disk of the first file system, `options.fileSystem`
   * @param rules those of the options' kernel version, with what the way out brings
   * @param mounts further disks
   */
  constructor(
    events: EventQueue,
    queue: BlockQueue,
    options: VmOptions,
    rules: ReclaimRules = reclaimRules(options.kernel),
    mounts: readonly Mount[] = [],
  ) {
    const topology = new Topology(options, rules.perNode);
    super(events, topology.table);
    this.options = options;
    this.rules = rules;
    this.topology = topology;
    this.zones = topology.zones;
    this.groupPages = Array.from({ length: options.groups.length + 1 }, () => 0);
    this.#congestion = [
      new WaitQueue(this.scheduler, 'congestion_wait(async)'),
      new WaitQueue(this.scheduler, 'congestion_wait(sync)'),
    ];
    const root = { at: '', queue, fileSystem: options.fileSystem };
    const isOwnDisk = mounts.some(({ at }) => at === SWAP_DISK);
    const swapBlocks = isOwnDisk ? 0 : Math.floor(options.swapBytes / PAGE_BYTES);
    this.bdis = [root, ...mounts].map((mount, i) => this.#mount(mount, i === 0 ? swapBlocks : 0));
    this.fs = this.bdis[0].fs;
    this.limits = new DirtyLimits(this);
  }

  /** @param kept blocks at the disk's end that are not the file system's */
  #mount({ at, queue, fileSystem }: Mount, kept: number): Bdi {
    const kind = typeof fileSystem === 'string' ? findFileSystem(fileSystem) : fileSystem;
    const disk = new Disk(queue, () => this.events.nowNs);
    disk.attach(new CacheHost(this));
    return new Bdi(
      at,
      kind.mount(disk, disk.blocks - kept, {
        ...this.options,
        servesKswapd: this.rules.fsServesKswapd,
      }),
      new SuperBlock(this.scheduler, this.graph, at === '' ? '/' : at),
    );
  }

  /** The disk on which a file of that name lies. */
  bdiOf(name: string): Bdi {
    return this.bdis.findLast(({ name: at }) => at === '' || name.startsWith(`${at}/`)) as Bdi;
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
    return this.swap !== undefined && !this.swap.isFull;
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
    const withAnon = this.rules.anonIsDirtyable && this.canSwap;
    for (const domain of this.topology.domains) {
      pages += domain.filePages + (withAnon ? domain.anonPages : 0);
    }
    return pages;
  }

  /** get_dirty_limits: [background, dirty], pages. */
  dirtyLimits(): [number, number] {
    this.limits.update();
    return [this.limits.background, this.limits.dirty];
  }

  /** An inode, numbered and known. */
  newInode(name: string, sizeBytes: number): Inode {
    const inode = new Inode(this.inodes.length, name, sizeBytes, this.bdiOf(name));
    if (this.keepsDirtyOrder) inode.mapping.order = new DirtyOrder();
    this.inodes.push(inode);
    return inode;
  }

  // --- pages --------------------------------------------------------------------------------

  /** The LRU lists a page is on, or belongs on. */
  lruvecOf(frame: number): LruVec {
    const { zone, group } = this.table;
    const { lruvecs } = this.zones[zone[frame]].domain;
    return group.length === 0 ? lruvecs[0] : lruvecs[group[frame]];
  }

  /**
   * The number of a memory cgroup.
   * @throws RangeError when there is none of that name
   */
  groupNumber(name: string): number {
    const at = this.options.groups.findIndex((group) => group.name === name);
    if (at < 0) throw new RangeError(`no memory cgroup is called "${name}"`);
    return at + 1;
  }

  /** Memory cgroup of the running task; 0 outside every task, and where there are none. */
  get currentGroup(): number {
    const task = this.scheduler.currentOrNone;
    return task === undefined ? 0 : (this.groupOfTask[task.id] ?? 0);
  }

  /** Whether the running task's memory cgroup has no room for so many pages more. */
  isGroupFull(pages: number): boolean {
    if (this.table.group.length === 0) return false;
    const group = this.currentGroup;
    if (group === 0) return false;
    return this.groupPages[group] + pages > this.options.groups[group - 1].limitPages;
  }

  /** Charges fresh pages to the running task's memory cgroup (mem_cgroup_charge). */
  charge(frame: number, pages: number): void {
    const { group } = this.table;
    if (group.length === 0) return;
    const number = this.currentGroup;
    group.fill(number, frame, frame + pages);
    this.groupPages[number] += pages;
  }

  /**
   * Takes fresh frames for good, for the running task.
   * @throws KilledError when it was killed; the frames are free again
   */
  pin(frame: number, pages: number): void {
    const { table } = this;
    const task = this.scheduler.current.id;
    if (this.killed.has(task)) {
      for (let page = frame; page < frame + pages; page++) this.free(page);
      throw new KilledError();
    }
    for (let page = frame; page < frame + pages; page++) {
      table.flags[page] |= Page.pinned;
      table.index[page] = task;
    }
    this.pinnedBy[task] = (this.pinnedBy[task] ?? 0) + pages;
  }

  /** @throws KilledError when the running task was killed for want of memory */
  dieIfKilled(): void {
    if (this.killed.size > 0 && this.killed.has(this.scheduler.current.id)) throw new KilledError();
  }

  /** Puts a fresh frame into a file, at the young end of the inactive list. */
  addToCache(frame: number, inode: Inode, index: number): void {
    const { table } = this;
    table.inode[frame] = inode.number;
    table.index[frame] = index;
    inode.mapping.insert(index, frame);
    const flags = table.flags[frame] | Page.lru | (inode.isSwapBacked ? Page.swapBacked : 0);
    table.flags[frame] = flags;
    const lruvec = this.lruvecOf(frame);
    lruvec.lists[lruOf(flags)].addHead(frame);
    lruvec.note(
      (flags & Page.swapBacked) !== 0 ? Kind.anon : Kind.file,
      (flags & Page.active) !== 0,
    );
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
    const { table, swap } = this;
    const index = table.index[frame];
    this.inodes[table.inode[frame]].mapping.remove(index);
    // A slot of swap that no one's page is out in is free with its page in the cache.
    if (swap !== undefined && table.inode[frame] === swap.inode.number && !swap.isOwned(index)) {
      swap.give(index);
    }
    table.inode[frame] = -1;
    this.wakePage(frame);
  }

  /** Gives up a page that is out in swap, and what the swap cache has of it. */
  forgetSwapped(inode: Inode, index: number): void {
    const swap = this.swap as Swap;
    const slot = inode.mapping.slotAt(index);
    inode.mapping.forgetSwapped(index);
    swap.disown(slot);
    const frame = swap.inode.mapping.frameAt(slot);
    if (frame < 0) {
      swap.give(slot);
      return;
    }
    // Whoever has the page in hand will find that its slot is no one's.
    const { flags } = this.table;
    flags[frame] &= ~Page.dirty;
    if ((flags[frame] & (Page.locked | Page.writeback | Page.lru)) !== Page.lru) return;
    this.takeOffLru(frame);
    this.removeFromCache(frame);
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

  /** A store through a mapping; false when it faults: the page is not there, or write-protected. */
  store(frame: number): boolean {
    if (frame < 0) return false;
    const { flags } = this.table;
    const writable = Page.mapped | Page.pteDirty;
    if ((flags[frame] & writable) !== writable) return false;
    flags[frame] |= Page.pteYoung;
    return true;
  }

  /** What a write fault leaves in the page table: the page mapped, used and written. */
  mapWritable(frame: number): void {
    this.table.flags[frame] |= Page.mapped | Page.pteYoung | Page.pteDirty;
  }

  /** Makes a cached page dirty (set_page_dirty). */
  setDirty(frame: number): void {
    const { table } = this;
    const flags = table.flags[frame];
    if ((flags & Page.dirty) !== 0) return;
    table.flags[frame] = flags | Page.dirty | Page.uptodate;
    // Not written back by flushers, and not accounted: tmpfs.
    if ((flags & Page.swapBacked) !== 0) return;
    const inode = this.inodes[table.inode[frame]];
    inode.mapping.tagDirty(table.index[frame]);
    this.nrDirty++;
    this.zones[table.zone[frame]].nrDirty++;
    this.stat.pagesDirtied++;
    const { bdi } = inode;
    bdi.nrDirty++;
    bdi.dirtied++;
    bdi.markDirty(inode, InodeState.dirtyPages, this.events.nowNs);
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
    table.flags[frame] &= ~(Page.wanted | Page.pteDirty);
    this.beginWriteback(frame, this.inodes[table.inode[frame]]);
    return true;
  }

  /** set_page_writeback, of a page of `inode`. */
  beginWriteback(frame: number, inode: Inode): void {
    this.table.flags[frame] |= Page.writeback;
    inode.writebackPages++;
    // swap_backing_dev_info: what goes to swap is no part of a disk's account.
    if (!inode.isSwapBacked) inode.bdi.nrWriteback++;
    this.nrWriteback++;
    this.zones[this.table.zone[frame]].nrWriteback++;
  }

  /** Drops a dirty page's contents: its file is cut or gone. */
  cancelDirty(frame: number): void {
    if (!this.table.has(frame, Page.dirty)) return;
    if (this.table.has(frame, Page.swapBacked)) {
      this.table.clear(frame, Page.dirty);
      return;
    }
    this.#cleared(frame);
    this.stat.pagesTruncated++;
  }

  #cleared(frame: number): void {
    const { table } = this;
    table.clear(frame, Page.dirty);
    const inode = this.inodes[table.inode[frame]];
    inode.mapping.untagDirty(table.index[frame]);
    inode.bdi.nrDirty--;
    this.nrDirty--;
    this.zones[table.zone[frame]].nrDirty--;
  }

  /** A bio of `pages` pages of a file is done: read, or written. */
  pagesDone(op: number, number: number, index: number, pages: number, latencyNs: number): void {
    const inode = this.inodes[number];
    const { mapping } = inode;
    // What goes to swap and back is counted as that.
    const isFile = !inode.isSwapBacked;
    if (op === Op.read) this.stat.pagesRead += isFile ? pages : 0;
    else if (isFile) {
      this.stat.pagesWritten += pages;
      this.#updateSize(inode, index, pages);
      this.stat.writeLatency.record(latencyNs, pages);
    }
    for (let i = index; i < index + pages; i++) {
      const frame = mapping.frameAt(i);
      if (op === Op.read) {
        this.table.set(frame, Page.uptodate);
        this.unlock(frame);
      } else {
        this.#endWriteback(frame, inode);
      }
    }
    if (op !== Op.read) this.onCleaned();
  }

  /**
   * xfs_setfilesize: whether a write has moved its file's end. Bios that go on where a full one ended
   * are of one completion (an ioend).
   */
  #updateSize(inode: Inode, index: number, pages: number): void {
    const goesOn = inode.fullBioEnd === index;
    inode.fullBioEnd = pages === inode.bdi.fs.disk.maxBioPages ? index + pages : -1;
    if (index + pages <= inode.diskPages) return;
    inode.diskPages = index + pages;
    if (goesOn) return;
    this.stat.sizeUpdates++;
    if (pages === 1) this.stat.sizeUpdatesSingle++;
  }

  /** end_page_writeback, with rotate_reclaimable_page. */
  #endWriteback(frame: number, inode: Inode): void {
    const { table } = this;
    inode.writebackPages--;
    this.nrWriteback--;
    if (!inode.isSwapBacked) {
      inode.bdi.nrWriteback--;
      this.limits.completed(inode.bdi);
    }
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
    if (this.swap?.device.isCongested() === true) return true;
    return this.bdis.some(({ fs }) => fs.queue.isCongested(false));
  }

  isCongestedFor(frame: number): boolean {
    if (this.table.has(frame, Page.swapBacked)) return this.swap?.device.isCongested() ?? false;
    const inode = this.table.inode[frame];
    const { fs } = inode < 0 ? this : this.inodes[inode].bdi;
    return fs.queue.isCongested(false);
  }

  // --- waiting ------------------------------------------------------------------------------

  /** The running task stops running: what its plugs hold must not wait for it. */
  goesToSleep(): void {
    const task = this.scheduler.current.id;
    for (const { fs } of this.bdis) fs.queue.taskSleeps(task);
  }

  /** io_schedule_timeout. */
  *ioSleepNs(ns: number, waitingFor: string): Sleeping<void> {
    this.goesToSleep();
    for (const { fs } of this.bdis) fs.queue.unplug();
    yield* this.scheduler.sleepNs(ns, waitingFor);
  }

  /** The task that slept in a submission may go on. */
  submitterAdmitted(task: number): void {
    this.#admission[task]?.wakeAll();
  }

  /** A queue left congestion. */
  congestionCleared(sync: boolean): void {
    this.#congestion[sync ? 1 : 0].wakeAll();
  }

  /** Waits for an inode's pages that are under write-back (filemap_fdatawait). */
  *waitData(inode: Inode): Sleeping<void> {
    for (let index = inode.mapping.nextCached(0); inode.writebackPages > 0 && index >= 0;) {
      yield* this.waitOnPage(inode, index, Page.writeback, 'filemap_fdatawait');
      index = inode.mapping.nextCached(index + 1);
    }
  }

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

  /** Flushes the drives' caches and waits for them. */
  *flushDevice(): Sleeping<void> {
    for (const { fs } of this.bdis) yield* fs.disk.flush();
  }
}
