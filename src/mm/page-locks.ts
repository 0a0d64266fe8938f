/** Page locks, and waiting for pages: who has which locked, who waits, and what closes a circle. */

import type { EventQueue } from '../sim/events.ts';
import { type Sleeping, TaskScheduler, WaitQueue } from '../sim/task.ts';
import { DeadlockError, type Resource, WaitGraph } from '../sim/wait-graph.ts';
import type { Inode } from './inode.ts';
import { LockPlace, Page, type PageTable } from './page-table.ts';

const PAGE_LOCK = 'page lock';
const HELD_PAGE: readonly string[] = [PAGE_LOCK];
const HELD_NOTHING: readonly string[] = [];

export abstract class PageLocks {
  readonly events: EventQueue;
  readonly scheduler: TaskScheduler;
  readonly table: PageTable;
  /** Who waits for whom, and in which order locks are taken. */
  readonly graph = new WaitGraph();

  readonly #waiters = new Map<number, WaitQueue>();
  /** Pages each task has locked, by task. */
  readonly #pagesLocked: number[] = [];

  constructor(events: EventQueue, table: PageTable) {
    this.events = events;
    this.scheduler = new TaskScheduler(events);
    this.table = table;
  }

  /** Locks a page for the running task, unless someone has it. */
  tryLock(frame: number, place: LockPlace): boolean {
    const { table } = this;
    if ((table.flags[frame] & Page.locked) !== 0) return false;
    const task = this.scheduler.current.id;
    table.flags[frame] |= Page.locked;
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
    this.forgetLock(frame);
    this.wakePage(frame);
  }

  /** Notes that a page's owner will never unlock it. */
  forgetLocked(frame: number): void {
    this.table.lockPlace[frame] = LockPlace.earlyReturn;
  }

  /** Unlocks a page that goes away: nobody waits for it under this name any more. */
  protected forgetLock(frame: number): void {
    const { table } = this;
    table.flags[frame] &= ~Page.locked;
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
      this.goesToSleep();
      inode.bdi.fs.queue.unplug();
      let waiters = this.#waiters.get(frame);
      if (waiters === undefined) {
        waiters = new WaitQueue(this.scheduler, 'page');
        this.#waiters.set(frame, waiters);
      }
      if (this.table.has(frame, flags & Page.locked)) {
        const task = this.scheduler.current;
        const held = (this.#pagesLocked[task.id] ?? 0) > 0 ? HELD_PAGE : HELD_NOTHING;
        this.graph.wants(task, PAGE_LOCK, where, held);
        const lock = this.#pageLock(frame, inode.number, index);
        if (this.table.lockPlace[frame] === LockPlace.earlyReturn) {
          throw new DeadlockError(neverUnlocked(task.name, lock, where), [task.name]);
        }
        this.graph.block(task, lock, where);
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

  protected wakePage(frame: number): void {
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters.get(frame);
    if (waiters === undefined) return;
    this.#waiters.delete(frame);
    waiters.wakeAll();
  }

  /** The running task stops running: what its plugs hold must not wait for it. */
  abstract goesToSleep(): void;

  /** The running task uses the processor, ns. */
  useCpu(ns: number): Sleeping<boolean> {
    return this.scheduler.sleepNs(ns, 'cpu');
  }
}

function neverUnlocked(task: string, lock: Resource, where: string): string {
  const owners = lock.owners().map((held) => `${held.task.name} in ${held.where}`);
  return (
    `a wait without end:\n  ${task} waits in ${where} for ${lock.label}\n` +
    `    locked by ${owners.join('; ')}, and never to be unlocked`
  );
}
