/** cfq's busy queues of one kind, lowest key first: few enough for a plain sorted array. */

import type { CfqQueue } from './queue.ts';

export class ServiceTree {
  readonly #queues: CfqQueue[] = [];

  get count(): number {
    return this.#queues.length;
  }

  get first(): CfqQueue | undefined {
    return this.#queues[0];
  }

  get last(): CfqQueue | undefined {
    return this.#queues.at(-1);
  }

  at(index: number): CfqQueue {
    return this.#queues[index];
  }

  insert(queue: CfqQueue): void {
    const queues = this.#queues;
    let at = queues.length;
    queues.push(queue);
    for (; at > 0 && queues[at - 1].key > queue.key; at--) queues[at] = queues[at - 1];
    queues[at] = queue;
    queue.tree = this;
  }

  remove(queue: CfqQueue): void {
    const queues = this.#queues;
    const at = queues.indexOf(queue);
    queues.copyWithin(at, at + 1);
    queues.pop();
    queue.tree = undefined;
  }
}
