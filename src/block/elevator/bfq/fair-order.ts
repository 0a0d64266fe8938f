/**
 * Whose turn it is in bfq: B-WF2Q+ (block/bfq-wf2q.c; Valente & Checconi, IEEE TC 2010).
 *
 * Each busy queue has a virtual start and a virtual finish, as far apart as its budget over its
 * weight. Of those that should have started by now, the one that should finish first is next.
 * Virtual time goes on with the service given, over the weights of all. A queue per task is few
 * enough for a plain array instead of the kernel's augmented trees.
 */

import type { BfqQueue } from './queue.ts';

export class FairOrder {
  readonly #busy: BfqQueue[] = [];
  #virtualTime = 0;
  #weights = 0;

  get count(): number {
    return this.#busy.length;
  }

  /** Busy queues whose weight is raised. */
  get raised(): number {
    let raised = 0;
    for (const queue of this.#busy) if (queue.raise > 1) raised++;
    return raised;
  }

  /** Whether busy queues differ in weight. */
  get isUneven(): boolean {
    for (const queue of this.#busy) {
      if (queue.currentWeight !== this.#busy[0].currentWeight) return true;
    }
    return false;
  }

  get first(): BfqQueue | undefined {
    return this.#busy[0];
  }

  /** A queue has something to do: it starts now, or where its last turn ended if that is later. */
  add(queue: BfqQueue): void {
    queue.isBusy = true;
    this.#busy.push(queue);
    this.#weights += queue.currentWeight;
    queue.start = Math.max(this.#virtualTime, queue.finish);
    queue.finish = queue.start + queue.budget / queue.currentWeight;
  }

  remove(queue: BfqQueue): void {
    queue.isBusy = false;
    const at = this.#busy.indexOf(queue);
    this.#busy.copyWithin(at, at + 1);
    this.#busy.pop();
    this.#weights -= queue.currentWeight;
  }

  /** The next queue. Time jumps on to the first start when none should have started yet. */
  choose(): BfqQueue | undefined {
    let earliest = Infinity;
    for (const queue of this.#busy) earliest = Math.min(earliest, queue.start);
    if (earliest > this.#virtualTime && earliest < Infinity) this.#virtualTime = earliest;
    let chosen: BfqQueue | undefined;
    for (const queue of this.#busy) {
      if (queue.start > this.#virtualTime) continue;
      if (chosen === undefined || queue.finish < chosen.finish) chosen = queue;
    }
    return chosen;
  }

  /** The queue in turn was served so many sectors. */
  served(queue: BfqQueue, sectors: number): void {
    queue.served += sectors;
    this.#virtualTime += sectors / this.#weights;
  }

  /**
   * Its turn is over. It is charged for what it got, or for more where it wasted the drive's time,
   * and stands in line again with its next budget.
   */
  endTurn(queue: BfqQueue, charged: number): void {
    queue.finish = queue.start + charged / queue.currentWeight;
  }

  /** Files it again behind itself, after `endTurn`. */
  refile(queue: BfqQueue): void {
    queue.start = queue.finish;
    queue.finish = queue.start + queue.budget / queue.currentWeight;
  }

  /** A queue's weight is raised by another factor. */
  setRaise(queue: BfqQueue, raise: number): void {
    if (queue.isBusy) this.#weights += queue.weight * (raise - queue.raise);
    queue.raise = raise;
  }
}
