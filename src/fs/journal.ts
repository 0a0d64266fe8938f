/**
 * A journal as jbd and jbd2 keep it (fs/jbd/transaction.c, commit.c, checkpoint.c of 2.6.34).
 *
 * Handles are opened on the running transaction; a commit first locks it, waits until every open
 * handle is closed, lets the next one begin, writes the ordered data, then the changed blocks to the
 * log behind a descriptor block, waits, and writes the commit record behind a flush. Afterwards the
 * blocks are dirty in place; their log space comes free when they are written there.
 *
 * A task that has a handle already and asks for another gets the same one back where handles nest
 * (jbd); where each transaction reserves log space of its own (xfs), it asks anew and may wait.
 */

import { BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import { version } from '../sim/kernel-version.ts';
import { type Sleeping, type Task, type TaskBody, WaitQueue } from '../sim/task.ts';
import { SECOND } from '../sim/units.ts';
import type { Held, Resource } from '../sim/wait-graph.ts';
import type { Disk } from './disk.ts';
import type { MountOptions } from './file-system.ts';
import type { FsInode } from './fs-inode.ts';
import type { Metadata } from './metadata.ts';

interface Handle extends Held {
  depth: number;
}

/** A transaction: what changed, whose data must be on the disk first. */
interface Transaction {
  readonly tid: number;
  readonly startedNs: number;
  /** Metadata blocks it changes. */
  readonly blocks: Set<number>;
  /** Inodes whose data goes before the commit record, in the order in which they were filed. */
  readonly ordered: Set<FsInode>;
  /** Log blocks it took, once committed, and how many of its blocks are not yet in place. */
  logBlocks: number;
  left: number;
}

/** Tags of 8 bytes that a descriptor block of 4 KiB holds, behind its header. */
const TAGS_PER_DESCRIPTOR = 510;

export interface JournalOptions {
  readonly label: string;
  /** Whether a task's second handle is its first one (jbd). */
  readonly nests: boolean;
  /** Ordered data is written buffer by buffer, whoever has the page locked (jbd, not jbd2). */
  readonly writesBuffers: boolean;
}

export class Journal implements Resource {
  readonly kind = 'journal';
  readonly label: string;
  /** Commits done. */
  commits = 0;
  /** Called as each step of a commit begins, for tests: data, log, record, done. */
  onStep: (step: 'data' | 'log' | 'record' | 'done', tid: number) => void = () => {};

  readonly #disk: Disk;
  readonly #metadata: Metadata;
  readonly #mount: MountOptions;
  readonly #options: JournalOptions;
  /** The log's blocks on the disk. */
  readonly #log: FsInode;
  readonly #logBlocks: number;
  #logHead = 0;
  #logUsed = 0;
  readonly #handles = new Map<Task, Handle>();
  /** Committed transactions with blocks not yet in place, oldest first. */
  readonly #checkpoint: Transaction[] = [];
  readonly #owner = new Map<number, Transaction>();
  #nextTid = 1;
  #committedTid = 0;
  #wantedTid = 0;
  #running: Transaction | undefined;
  /** Blocks that changed while the running transaction was locked: the next one's. */
  readonly #later = new Set<number>();
  #committer: Held | undefined;
  #isLocked = false;
  #isCheckpointing = false;
  #shadow: ReadonlySet<number> | undefined;
  readonly #forHandle: WaitQueue;
  readonly #forHandlesToClose: WaitQueue;
  readonly #forCommit: WaitQueue;
  readonly #forShadow: WaitQueue;
  readonly #idle: WaitQueue;
  readonly #openHandles: Resource;

  /** @param log the log's place on the disk: an inode all of whose pages are mapped */
  constructor(
    disk: Disk,
    metadata: Metadata,
    log: FsInode,
    mount: MountOptions,
    options: JournalOptions,
  ) {
    this.label = options.label;
    this.#disk = disk;
    this.#metadata = metadata;
    this.#log = log;
    this.#logBlocks = log.layout.mappedPages;
    this.#mount = mount;
    this.#options = options;
    const { scheduler } = disk.host;
    this.#forHandle = new WaitQueue(scheduler, `${this.label}: commit`);
    this.#forHandlesToClose = new WaitQueue(scheduler, `${this.label}: open handles`);
    this.#forCommit = new WaitQueue(scheduler, `${this.label}: log_wait_commit`);
    this.#forShadow = new WaitQueue(scheduler, `${this.label}: a block being written to the log`);
    this.#idle = new WaitQueue(scheduler, `${this.label}: idle`);
    this.#openHandles = {
      kind: 'journal handles',
      label: `the open handles of ${this.label}`,
      owners: () => [...this.#handles.values()],
    };
    metadata.onWritten = (block) => this.#inPlace(block);
  }

  /** Who a task waiting for a handle waits for: the committer, while it has the transaction locked. */
  owners(): readonly Held[] {
    return this.#committer === undefined ? [] : [this.#committer];
  }

  /** The running transaction's number; of the next one when none runs. */
  get tid(): number {
    return this.#running?.tid ?? this.#nextTid;
  }

  get committedTid(): number {
    return this.#committedTid;
  }

  hasHandle(task: Task): boolean {
    return this.#handles.has(task);
  }

  // --- handles -------------------------------------------------------------------------------

  /**
   * Whether the running task may change something at once, without a handle of its own: it has one,
   * or could open one and close it again without anyone noticing.
   */
  canJoin(): boolean {
    if (this.#options.nests && this.#handles.has(this.#disk.host.scheduler.current)) return true;
    return !this.#isLocked && this.#hasRoom();
  }

  /** Opens a handle; waits while a commit has the transaction locked, or the log is full. */
  *start(where: string): Sleeping<void> {
    const { scheduler, graph } = this.#disk.host;
    const task = scheduler.current;
    const mine = this.#handles.get(task);
    if (mine !== undefined && this.#options.nests) {
      mine.depth++;
      return;
    }
    graph.wants(task, this.kind, where);
    for (;;) {
      if (this.#isLocked) {
        graph.block(task, this, where);
        yield* this.#forHandle.wait();
        graph.unblock(task);
      } else if (!this.#hasRoom()) {
        yield* this.#makeRoom(where);
      } else {
        break;
      }
    }
    this.#transaction();
    if (mine !== undefined) {
      mine.depth++;
      return;
    }
    this.#handles.set(task, { task, where, depth: 1 });
    graph.took(task, this, where);
  }

  /** Closes the running task's handle. */
  stop(): void {
    const { scheduler, graph } = this.#disk.host;
    const task = scheduler.current;
    const handle = this.#handles.get(task);
    if (handle === undefined) throw new Error(`${task.name} has no handle on ${this.label}`);
    if (--handle.depth > 0) return;
    this.#handles.delete(task);
    graph.gave(task, this);
    if (this.#handles.size === 0) this.#forHandlesToClose.wakeAll();
  }

  /** Opens a handle if that needs no waiting. */
  tryStart(where: string): boolean {
    const { scheduler, graph } = this.#disk.host;
    const task = scheduler.current;
    const mine = this.#handles.get(task);
    if (mine !== undefined && this.#options.nests) {
      mine.depth++;
      return true;
    }
    if (mine !== undefined || !this.canJoin()) return false;
    this.#transaction();
    graph.wants(task, this.kind, where);
    this.#handles.set(task, { task, where, depth: 1 });
    graph.took(task, this, where);
    return true;
  }

  /**
   * A metadata block changes: in the running transaction, or in the next while a commit has that
   * one locked and the task has no part in it.
   * @returns the number of the transaction that has the change
   */
  dirty(block: number): number {
    // It is not written in place before it is committed.
    this.#metadata.forget(block);
    if (this.#isLocked && !this.#handles.has(this.#disk.host.scheduler.current)) {
      this.#later.add(block);
      return this.#nextTid;
    }
    const transaction = this.#transaction();
    transaction.blocks.add(block);
    return transaction.tid;
  }

  /** The inode's data goes to the disk before the running transaction commits. */
  file(inode: FsInode): void {
    const transaction = this.#transaction();
    if (inode.orderedTid === transaction.tid) return;
    inode.orderedTid = transaction.tid;
    transaction.ordered.add(inode);
  }

  /** The inode is gone: no transaction waits for its data. */
  forget(inode: FsInode): void {
    this.#running?.ordered.delete(inode);
  }

  #transaction(): Transaction {
    if (this.#running !== undefined) return this.#running;
    this.#running = {
      tid: this.#nextTid++,
      startedNs: this.#disk.nowNs,
      blocks: new Set(),
      ordered: new Set(),
      logBlocks: 0,
      left: 0,
    };
    // kjournald's timer runs from a transaction's beginning.
    this.#idle.wakeAll();
    return this.#running;
  }

  // --- commit --------------------------------------------------------------------------------

  /** kjournald: commits when asked to, and every `commit` seconds. */
  *run(): TaskBody {
    const intervalNs = this.#mount.commitSeconds * SECOND;
    for (;;) {
      const running = this.#running;
      const dueNs = running === undefined ? Infinity : running.startedNs + intervalNs;
      if (running !== undefined && (this.#wantedTid >= running.tid || dueNs <= this.#disk.nowNs)) {
        yield* this.commit('journal_commit_transaction');
      } else if (running === undefined) {
        yield* this.#idle.wait();
      } else {
        yield* this.#idle.waitNs(dueNs - this.#disk.nowNs);
      }
    }
  }

  /**
   * log_start_commit and log_wait_commit: until transaction `tid` is on the disk.
   * @returns whether there was anything to wait for
   */
  *commitAndWait(tid: number): Sleeping<boolean> {
    if (tid <= this.#committedTid) return false;
    if (this.#running === undefined && this.#committer === undefined) return false;
    // One that has not begun, and for which nothing has changed, may never come.
    const last = this.#later.size > 0 ? tid : Math.min(tid, this.#nextTid - 1);
    this.#wantedTid = Math.max(this.#wantedTid, last);
    this.#idle.wakeAll();
    while (this.#committedTid < last) yield* this.#forCommit.wait();
    return true;
  }

  /** Commits the running transaction. */
  *commit(where: string): Sleeping<void> {
    const { scheduler, graph } = this.#disk.host;
    const task = scheduler.current;
    while (this.#committer !== undefined) yield* this.#forCommit.wait();
    const transaction = this.#running;
    if (transaction === undefined) return;
    this.#committer = { task, where };
    this.#isLocked = true;
    while (this.#handles.size > 0) {
      graph.block(task, this.#openHandles, where);
      yield* this.#forHandlesToClose.wait();
      graph.unblock(task);
    }
    // T_FLUSH: whoever waits for a handle begins the next transaction.
    this.#running = undefined;
    this.#isLocked = false;
    if (this.#later.size > 0) {
      for (const block of this.#later) this.#transaction().blocks.add(block);
      this.#later.clear();
    }
    this.#forHandle.wakeAll();
    yield* this.#writeOrderedData(transaction);
    yield* this.#writeLog(transaction);
    this.#toCheckpoint(transaction);
    this.commits++;
    this.#committedTid = transaction.tid;
    this.#committer = undefined;
    this.onStep('done', transaction.tid);
    this.#forCommit.wakeAll();
  }

  *#writeOrderedData(transaction: Transaction): Sleeping<void> {
    this.onStep('data', transaction.tid);
    const { host } = this.#disk;
    for (const inode of transaction.ordered) {
      yield* host.writeData(inode, this.#options.writesBuffers);
    }
    for (const inode of transaction.ordered) yield* host.waitData(inode);
  }

  *#writeLog(transaction: Transaction): Sleeping<void> {
    const count = transaction.blocks.size;
    const ticket = this.#disk.ticket(`${this.label}: writing the log`);
    this.onStep('log', transaction.tid);
    this.#shadow = transaction.blocks;
    const descriptors = Math.ceil(count / TAGS_PER_DESCRIPTOR);
    for (let i = 0; i < count + descriptors; i++) {
      yield* this.#disk.submitBlocks(Op.write, this.#nextLogBlock(), 1, BioFlag.sync, ticket);
    }
    yield* ticket.wait();
    this.#shadow = undefined;
    this.#forShadow.wakeAll();
    this.onStep('record', transaction.tid);
    yield* this.#disk.submitBlocks(
      Op.write,
      this.#nextLogBlock(),
      1,
      BioFlag.sync | this.#recordFlags(),
      ticket,
    );
    yield* ticket.wait();
    transaction.logBlocks = count + descriptors + 1;
    this.#logUsed += transaction.logBlocks;
  }

  /** Whether a block is being written to the log, and must not change meanwhile (BJ_Shadow). */
  isShadowed(block: number): boolean {
    return this.#shadow?.has(block) ?? false;
  }

  /** Waits until a block may change (do_get_write_access). */
  *waitUnshadowed(block: number): Sleeping<void> {
    while (this.isShadowed(block)) yield* this.#forShadow.wait();
  }

  /** Until 2.6.36 the record is a barrier; since then it flushes first and is forced to the medium. */
  #recordFlags(): number {
    if (!this.#mount.barrier) return 0;
    return this.#mount.kernel < version(2, 6, 37)
      ? BioFlag.barrier
      : BioFlag.preflush | BioFlag.fua;
  }

  #nextLogBlock(): number {
    const block = this.#log.layout.blockOf(this.#logHead);
    this.#logHead = (this.#logHead + 1) % this.#logBlocks;
    return block;
  }

  // --- checkpoint ----------------------------------------------------------------------------

  #toCheckpoint(transaction: Transaction): void {
    for (const block of transaction.blocks) {
      const before = this.#owner.get(block);
      if (before !== undefined) before.left--;
      this.#owner.set(block, transaction);
      transaction.left++;
      // A block that the next transaction has changed already is dirty there, not in place.
      if (this.#running?.blocks.has(block) !== true) this.#metadata.dirty(block);
    }
    this.#checkpoint.push(transaction);
    this.#advanceTail();
  }

  #inPlace(block: number): void {
    const transaction = this.#owner.get(block);
    if (transaction === undefined) return;
    this.#owner.delete(block);
    transaction.left--;
    this.#advanceTail();
  }

  #advanceTail(): void {
    while (this.#checkpoint.length > 0 && this.#checkpoint[0].left === 0) {
      this.#logUsed -= (this.#checkpoint.shift() as Transaction).logBlocks;
    }
  }

  /** Room for a transaction of the largest size: a quarter of the log (j_max_transaction_buffers). */
  #hasRoom(): boolean {
    const largest = this.#logBlocks >> 2;
    const pending = this.#running?.blocks.size ?? 0;
    return pending < largest && this.#logBlocks - this.#logUsed > largest + pending;
  }

  /** The transaction is full: commit it. The log is full: write the oldest blocks in place. */
  *#makeRoom(where: string): Sleeping<void> {
    const running = this.#running;
    if (running !== undefined && running.blocks.size >= this.#logBlocks >> 2) {
      yield* this.commitAndWait(running.tid);
      return;
    }
    if (this.#isCheckpointing) {
      yield* this.#forCommit.wait();
      return;
    }
    this.#isCheckpointing = true;
    const [oldest] = this.#checkpoint;
    const blocks = [...(oldest?.blocks ?? [])].filter((b) => this.#owner.get(b) === oldest);
    const inPlace = blocks.filter((block) => this.#metadata.isDirty(block));
    if (inPlace.length === 0 && running !== undefined) {
      // They have changed again since: only their next commit gives the room back.
      this.#isCheckpointing = false;
      yield* this.commitAndWait(running.tid);
      this.#forCommit.wakeAll();
      return;
    }
    const ticket = this.#disk.ticket(`${where}: log_do_checkpoint`);
    yield* this.#metadata.write(inPlace, ticket, BioFlag.sync);
    yield* ticket.wait();
    if (this.#mount.barrier) yield* this.#disk.flush();
    this.#isCheckpointing = false;
    this.#forCommit.wakeAll();
  }
}
