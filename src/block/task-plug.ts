/**
 * Task plugs (3.x on): between blk_start_plug and blk_finish_plug a task's requests are held back
 * on a list of its own, where its next bios merge without a look at the queue. The list goes to the
 * elevator when the plug is closed, when it is full, or when the task sleeps.
 */

import type { RequestTable } from './request.ts';
import { RequestList } from './request-list.ts';

/** How a generation plugs. */
export interface PlugRules {
  /** Requests on the list that flush it before one more is added (BLK_MAX_REQUEST_COUNT). */
  readonly maxRequests: number;
  /** A last request of so many sectors does as well (BLK_PLUG_FLUSH_SIZE). */
  readonly flushSectors: number;
  /** A bio is tried against every request on the list, or only the newest. */
  readonly searchesAll: boolean;
  /** The list is sorted by sector when it is flushed. */
  readonly sorts: boolean;
}

export class TaskPlugs {
  readonly rules: PlugRules;
  readonly #requests: RequestTable;
  /** How many times each task has opened its plug. */
  #nesting = new Uint16Array(64);
  readonly #lists: RequestList[] = [];
  /** Requests on all lists. */
  #held = 0;
  /** For sorting: handles, a row each. */
  #order: Int32Array;

  constructor(requests: RequestTable, rules: PlugRules) {
    this.#requests = requests;
    this.rules = rules;
    this.#order = new Int32Array(rules.maxRequests);
  }

  /** Tasks that ever opened a plug: their ids are below this. */
  get tasks(): number {
    return this.#lists.length;
  }

  /** Requests held back by anyone. */
  get held(): number {
    return this.#held;
  }

  open(task: number): void {
    if (task >= this.#nesting.length) this.#grow(task + 1);
    while (this.#lists.length <= task) this.#lists.push(new RequestList(this.#requests));
    this.#nesting[task]++;
  }

  /** Closes one opening; true when it was the outermost. */
  close(task: number): boolean {
    if (!this.isOpen(task)) return false;
    return --this.#nesting[task] === 0;
  }

  isOpen(task: number): boolean {
    return task < this.#nesting.length && this.#nesting[task] > 0;
  }

  /** What the task holds back. Only for a task that has opened a plug before. */
  list(task: number): RequestList {
    return this.#lists[task];
  }

  /** Whether the list is to be flushed before one more request. */
  isFull(task: number): boolean {
    const { last, length } = this.#lists[task];
    if (length >= this.rules.maxRequests) return true;
    return length > 0 && this.#requests.sectors[last] >= this.rules.flushSectors;
  }

  add(task: number, request: number): void {
    this.#lists[task].append(request);
    this.#held++;
  }

  /** Takes the first request off the list; -1 when there is none. */
  shift(task: number): number {
    const list = this.#lists[task];
    const request = list.first;
    if (request < 0) return -1;
    list.remove(request);
    this.#held--;
    return request;
  }

  /** Sorts a list by sector, equal ones in the order in which they came. */
  sort(task: number): void {
    const list = this.#lists[task];
    const { sector } = this.#requests;
    const order = this.#order;
    let length = 0;
    // Insertion sort from the back: lists are short, and mostly in order already.
    for (let request = list.first; request >= 0; request = list.first) {
      list.remove(request);
      let at = length++;
      for (; at > 0 && sector[order[at - 1]] > sector[request]; at--) order[at] = order[at - 1];
      order[at] = request;
    }
    for (let i = 0; i < length; i++) list.append(order[i]);
  }

  #grow(tasks: number): void {
    const nesting = new Uint16Array(2 ** Math.ceil(Math.log2(tasks)));
    nesting.set(this.#nesting);
    this.#nesting = nesting;
  }
}
