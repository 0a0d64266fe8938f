/**
 * A journal's transactions, as far as waiting goes: handles are opened on the running transaction;
 * a commit first locks it, waits until every open handle is closed, writes, and lets a new one
 * begin. Whoever wants a handle meanwhile waits for the commit (fs/jbd/transaction.c and commit.c
 * of 2.6.34, start_this_handle and journal_commit_transaction).
 *
 * A task that has a handle already and asks for another gets the same one back where handles nest
 * (jbd); where each transaction reserves log space of its own (xfs), it asks anew and may wait.
 */

import { MS } from '../sim/units.ts';
import { type Sleeping, type Task, type TaskScheduler, WaitQueue } from '../sim/task.ts';
import type { Held, Resource, WaitGraph } from '../sim/wait-graph.ts';

interface Handle extends Held {
  depth: number;
}

/** Time a commit takes to write its blocks. An assumption: two revolutions of a 7200 rpm disk. */
const COMMIT_NS = 17 * MS;

export class Journal implements Resource {
  readonly kind = 'journal';
  readonly label: string;
  /** Commits done. */
  commits = 0;
  readonly #scheduler: TaskScheduler;
  readonly #graph: WaitGraph;
  readonly #nests: boolean;
  readonly #handles = new Map<Task, Handle>();
  readonly #forCommit: WaitQueue;
  readonly #forHandles: WaitQueue;
  #committer: Held | undefined;

  /** @param nests whether a task's second handle is its first one (jbd) */
  constructor(scheduler: TaskScheduler, graph: WaitGraph, label: string, nests: boolean) {
    this.label = label;
    this.#scheduler = scheduler;
    this.#graph = graph;
    this.#nests = nests;
    this.#forCommit = new WaitQueue(scheduler, `${label}: commit`);
    this.#forHandles = new WaitQueue(scheduler, `${label}: open handles`);
  }

  /** Who a task waiting for a handle waits for: the committer. */
  owners(): readonly Held[] {
    return this.#committer === undefined ? [] : [this.#committer];
  }

  /** Opens a handle; waits while a commit has the transaction locked. */
  *start(where: string): Sleeping<void> {
    const task = this.#scheduler.current;
    const mine = this.#handles.get(task);
    if (mine !== undefined && this.#nests) {
      mine.depth++;
      return;
    }
    this.#graph.wants(task, this.kind, where);
    while (this.#committer !== undefined) {
      this.#graph.block(task, this, where);
      yield* this.#forCommit.wait();
      this.#graph.unblock(task);
    }
    if (mine !== undefined) {
      mine.depth++;
      return;
    }
    this.#handles.set(task, { task, where, depth: 1 });
    this.#graph.took(task, this, where);
  }

  /** Closes the running task's handle. */
  stop(): void {
    const task = this.#scheduler.current;
    const handle = this.#handles.get(task);
    if (handle === undefined) throw new Error(`${task.name} has no handle on ${this.label}`);
    if (--handle.depth > 0) return;
    this.#handles.delete(task);
    this.#graph.gave(task, this);
    if (this.#handles.size === 0) this.#forHandles.wakeAll();
  }

  /** Commits the running transaction. */
  *commit(where: string): Sleeping<void> {
    const task = this.#scheduler.current;
    while (this.#committer !== undefined) yield* this.#forCommit.wait();
    this.#committer = { task, where };
    const openHandles: Resource = {
      kind: 'journal handles',
      label: `the open handles of ${this.label}`,
      owners: () => [...this.#handles.values()],
    };
    while (this.#handles.size > 0) {
      this.#graph.block(task, openHandles, where);
      yield* this.#forHandles.wait();
      this.#graph.unblock(task);
    }
    yield* this.#scheduler.sleepNs(COMMIT_NS, `${this.label}: writing the commit`);
    this.commits++;
    this.#committer = undefined;
    this.#forCommit.wakeAll();
  }
}
