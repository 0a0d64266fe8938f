/**
 * A lock that many may hold for reading or one for writing (struct rw_semaphore): first come first
 * served, so that a waiting writer keeps new readers out.
 */

import { type Sleeping, type Task, type TaskScheduler, WaitQueue } from './task.ts';
import type { Held, Resource, WaitGraph } from './wait-graph.ts';

interface Waiter extends Held {
  readonly isWriter: boolean;
  readonly granted: WaitQueue;
}

export class RwLock implements Resource {
  readonly kind: string;
  readonly label: string;
  readonly #scheduler: TaskScheduler;
  readonly #graph: WaitGraph;
  readonly #waiters: Waiter[] = [];
  #holders: Held[] = [];
  #isWritten = false;

  /**
   * @param kind its class: locks of one class are alike to the order checker
   * @param label this one's name
   */
  constructor(scheduler: TaskScheduler, graph: WaitGraph, kind: string, label: string) {
    this.kind = kind;
    this.label = label;
    this.#scheduler = scheduler;
    this.#graph = graph;
  }

  owners(): readonly Held[] {
    return this.#holders;
  }

  isHeldBy(task: Task): boolean {
    return this.#holders.some((held) => held.task === task);
  }

  /**
   * down_read: together with other readers.
   * @param where the function that takes it, for reports
   * @throws DeadlockError
   */
  acquireRead(where: string): Sleeping<void> {
    return this.#acquire(where, false);
  }

  /**
   * down_write: alone.
   * @param where the function that takes it, for reports
   * @throws DeadlockError
   */
  acquireWrite(where: string): Sleeping<void> {
    return this.#acquire(where, true);
  }

  /** down_read_trylock: false when it would have to be waited for. */
  tryRead(where: string): boolean {
    if (this.#isWritten || this.#waiters.length > 0) return false;
    this.#take({ task: this.#scheduler.current, where }, false);
    return true;
  }

  /** up_read, up_write: the running task lets go of it. */
  release(): void {
    const task = this.#scheduler.current;
    const at = this.#holders.findIndex((held) => held.task === task);
    if (at < 0)
      throw new Error(`${this.label} is released by ${task.name}, which does not hold it`);
    this.#holders.splice(at, 1);
    this.#isWritten = false;
    this.#graph.gave(task, this);
    this.#grant();
  }

  *#acquire(where: string, isWriter: boolean): Sleeping<void> {
    const task = this.#scheduler.current;
    this.#graph.wants(task, this.kind, where);
    if (this.#waiters.length === 0 && this.#isFree(isWriter)) {
      this.#take({ task, where }, isWriter);
      return;
    }
    this.#graph.block(task, this, where);
    const granted = new WaitQueue(this.#scheduler, this.label);
    this.#waiters.push({ task, where, isWriter, granted });
    yield* granted.wait();
  }

  #isFree(isWriter: boolean): boolean {
    return isWriter ? this.#holders.length === 0 : !this.#isWritten;
  }

  #take(held: Held, isWriter: boolean): void {
    this.#holders.push(held);
    this.#isWritten = isWriter;
    this.#graph.took(held.task, this, held.where);
  }

  /** Hands it to whoever came first: one writer, or all readers before the next writer. */
  #grant(): void {
    for (let next = this.#waiters[0]; next !== undefined; next = this.#waiters[0]) {
      if (!this.#isFree(next.isWriter)) return;
      this.#waiters.shift();
      this.#graph.unblock(next.task);
      this.#take({ task: next.task, where: next.where }, next.isWriter);
      next.granted.wakeOne();
    }
  }
}
