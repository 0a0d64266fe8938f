/** A lock that a task sleeps for: a mutex, with its owner, its waiters and its class. */

import { type Sleeping, type Task, type TaskScheduler, WaitQueue } from './task.ts';
import type { Held, Resource, WaitGraph } from './wait-graph.ts';

export class Lock implements Resource {
  readonly kind: string;
  readonly label: string;
  readonly #scheduler: TaskScheduler;
  readonly #graph: WaitGraph;
  readonly #waiters: WaitQueue;
  #owner: Held | undefined;

  /**
   * @param kind its class: locks of one class are alike to the order checker
   * @param label this one's name
   */
  constructor(scheduler: TaskScheduler, graph: WaitGraph, kind: string, label: string) {
    this.kind = kind;
    this.label = label;
    this.#scheduler = scheduler;
    this.#graph = graph;
    this.#waiters = new WaitQueue(scheduler, label);
  }

  owners(): readonly Held[] {
    return this.#owner === undefined ? [] : [this.#owner];
  }

  isHeldBy(task: Task): boolean {
    return this.#owner?.task === task;
  }

  /**
   * Takes it, sleeping while another holds it. Not recursive: taking it twice is a deadlock.
   * @param where the function that takes it, for reports
   * @throws DeadlockError
   */
  *acquire(where: string): Sleeping<void> {
    if (this.acquireNow(where)) return;
    const task = this.#scheduler.current;
    while (this.#owner !== undefined) {
      this.#graph.block(task, this, where);
      yield* this.#waiters.wait();
      this.#graph.unblock(task);
    }
    this.#owner = { task, where };
    this.#graph.took(task, this, where);
  }

  /** The part of `acquire` that needs no sleep; false when another holds it, and it is to be slept for. */
  acquireNow(where: string): boolean {
    this.#graph.wants(this.#scheduler.current, this.kind, where);
    return this.tryAcquire(where);
  }

  tryAcquire(where: string): boolean {
    if (this.#owner !== undefined) return false;
    const task = this.#scheduler.current;
    this.#owner = { task, where };
    this.#graph.took(task, this, where);
    return true;
  }

  release(): void {
    if (this.#owner === undefined) throw new Error(`${this.label} is released but not held`);
    this.#graph.gave(this.#owner.task, this);
    this.#owner = undefined;
    this.#waiters.wakeOne();
  }
}
