/**
 * Which queue of a fair elevator a request goes to (cfq_get_queue, bfq_get_queue): sync requests go to their
 * task's queue, async ones to one for each priority. Queues of tasks that work close to each other may be
 * joined, and parted again when they no longer do.
 */

import { Op } from '../../device/device.ts';
import { BioFlag } from '../bio.ts';
import { IO_PRIORITIES } from '../io-priority.ts';
import { RequestFlag, type RequestTable } from '../request.ts';
import type { ElevatorHost } from './elevator.ts';

export interface TaskQueue {
  readonly id: number;
  readonly isSync: boolean;
  /** Tasks whose queue it is: of a sync queue more than one while it is shared. */
  tasks: number;
  /** The queue that it is to be joined to, by id; -1 for none. */
  joins: number;
  /** Tasks that work close to each other have it in common... */
  isShared: boolean;
  /** ...and do so no longer. */
  isToSplit: boolean;
  setPriority(priority: number): void;
}

export class TaskQueues<Q extends TaskQueue> {
  readonly #host: ElevatorHost;
  readonly #make: (id: number, isSync: boolean) => Q;
  readonly #queues: Q[] = [];
  readonly #byTask: (Q | undefined)[] = [];
  /** The IO priority that each task's queue was last given. */
  readonly #priority: number[] = [];
  readonly #async: (Q | undefined)[] = Array.from({ length: IO_PRIORITIES });

  constructor(host: ElevatorHost, make: (id: number, isSync: boolean) => Q) {
    this.#host = host;
    this.#make = make;
  }

  byId(id: number): Q {
    return this.#queues[id];
  }

  /** A task's sync queue; undefined when it never asked for anything sync, or was parted from it. */
  ofTask(task: number): Q | undefined {
    return this.#byTask[task];
  }

  /** The async queue of a priority; undefined as long as nothing came for it. */
  async(priority: number): Q | undefined {
    return this.#async[priority];
  }

  /** Where a bio would be queued; undefined when there is no such queue yet. */
  ofBio(bio: number): Q | undefined {
    const { op, flags, task, priority } = this.#host.bios;
    const isSync = op[bio] === Op.read || (flags[bio] & BioFlag.sync) !== 0;
    return isSync ? this.#byTask[task[bio]] : this.#async[priority[bio]];
  }

  /** The queue for a request that comes in: its task's, unless that is to be parted, or a new one. */
  take(request: number): Q {
    const { requests } = this.#host;
    const priority = requests.priority[request];
    if (!isSyncRequest(requests, request)) {
      return (this.#async[priority] ??= this.#create(false, priority));
    }
    const task = requests.task[request];
    const queue = this.#byTask[task];
    if (queue === undefined || !this.#keeps(queue)) {
      const created = this.#create(true, priority);
      created.tasks = 1;
      this.#priority[task] = priority;
      this.#byTask[task] = created;
      return created;
    }
    if (this.#priority[task] !== priority) {
      this.#priority[task] = priority;
      queue.setPriority(priority);
    }
    return queue;
  }

  /** Whether a task goes on with its queue. The last one of a queue that is to be parted keeps it. */
  #keeps(queue: Q): boolean {
    if (!queue.isShared || !queue.isToSplit) return true;
    if (queue.tasks > 1) {
      queue.tasks--;
      return false;
    }
    queue.isShared = false;
    queue.isToSplit = false;
    return true;
  }

  /** The queue at the end of the chain that `queue` is to be joined to; undefined when that is `not`. */
  endOfJoins(queue: Q, not: Q): Q | undefined {
    let end = queue;
    while (end.joins >= 0) {
      end = this.#queues[end.joins];
      if (end === not) return undefined;
    }
    return end;
  }

  /** From now on a task's queue is another one, which it shares. */
  move(task: number, into: Q): void {
    const from = this.#byTask[task];
    if (from !== undefined) from.tasks--;
    into.tasks++;
    into.isShared = true;
    this.#byTask[task] = into;
  }

  #create(isSync: boolean, priority: number): Q {
    const queue = this.#make(this.#queues.length, isSync);
    queue.setPriority(priority);
    this.#queues.push(queue);
    return queue;
  }
}

/** Whether a request belongs to its task's sync queue. */
export function isSyncRequest(requests: RequestTable, request: number): boolean {
  return requests.op[request] === Op.read || requests.has(request, RequestFlag.sync);
}
