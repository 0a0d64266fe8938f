/**
 * Which of cfq's queues a request goes to (cfq_set_request, cfq_get_queue). Sync requests go to their
 * task's queue, async ones to one for each priority. Queues of tasks that read close to each other are
 * joined, and parted again when they no longer do (cfq_setup_merge, cfq_merge_cfqqs, split_cfqq).
 *
 * The kernel decides this when it allocates the request, here it is when the request comes in: with
 * plugs a little later.
 */

import { Op } from '../../../device/device.ts';
import { BioFlag } from '../../bio.ts';
import { IO_PRIORITIES } from '../../io-priority.ts';
import { RequestFlag, type RequestTable } from '../../request.ts';
import type { ElevatorHost } from '../elevator.ts';
import { ThinkTime } from '../task-habits.ts';
import { CfqQueue } from './queue.ts';

/** What is known of a task (struct cfq_io_context). */
export class CfqTask {
  queue: CfqQueue | undefined;
  /** The IO priority that its queue has. */
  priority = 0;
  /** When its last sync request was done, ns. */
  lastEndNs = 0;
  readonly think = new ThinkTime();
}

export class CfqTaskQueues {
  readonly #host: ElevatorHost;
  readonly #queues: CfqQueue[] = [];
  readonly #tasks: (CfqTask | undefined)[] = [];
  readonly #async: (CfqQueue | undefined)[] = Array.from({ length: IO_PRIORITIES });

  constructor(host: ElevatorHost) {
    this.#host = host;
  }

  byId(id: number): CfqQueue {
    return this.#queues[id];
  }

  /** The task that submitted a request. */
  taskOf(request: number): CfqTask {
    return (this.#tasks[this.#host.requests.task[request]] ??= new CfqTask());
  }

  /** The task's queue as it is; undefined when it never asked for anything of this kind. */
  find(isSync: boolean, task: number, priority: number): CfqQueue | undefined {
    return isSync ? this.#tasks[task]?.queue : this.#async[priority];
  }

  /** Where a bio would be queued; undefined when there is no such queue yet. */
  ofBio(bio: number): CfqQueue | undefined {
    const { op, flags, task, priority } = this.#host.bios;
    const isSync = op[bio] === Op.read || (flags[bio] & BioFlag.sync) !== 0;
    return this.find(isSync, task[bio], priority[bio]);
  }

  /** The queue for a request that comes in. */
  take(request: number): CfqQueue {
    const { requests } = this.#host;
    const priority = requests.priority[request];
    if (!isSyncRequest(requests, request))
      return (this.#async[priority] ??= this.#make(false, priority));
    const task = this.taskOf(request);
    let { queue } = task;
    if (queue !== undefined && queue.isShared && queue.isToSplit) queue = this.#split(queue);
    else if (queue !== undefined && queue.joins >= 0) queue = this.#join(queue);
    if (queue === undefined) {
      queue = this.#make(true, priority);
      queue.tasks = 1;
    } else if (priority !== task.priority) queue.setPriority(priority);
    task.priority = priority;
    task.queue = queue;
    return queue;
  }

  /** Has two queues become one when their tasks next ask for something: the fewer tasks move. */
  joinLater(a: CfqQueue, b: CfqQueue): void {
    let target = b;
    while (target.joins >= 0) {
      target = this.#queues[target.joins];
      if (target === a) return;
    }
    if (a.tasks === 0) return;
    if (target.tasks >= a.tasks) a.joins = target.id;
    else target.joins = a.id;
  }

  #join(queue: CfqQueue): CfqQueue {
    const into = this.#queues[queue.joins];
    queue.tasks--;
    into.tasks++;
    into.isShared = true;
    return into;
  }

  /** The last task of a queue keeps it; any other gets one of its own. */
  #split(queue: CfqQueue): CfqQueue | undefined {
    if (queue.tasks > 1) {
      queue.tasks--;
      return undefined;
    }
    queue.isShared = false;
    queue.isToSplit = false;
    return queue;
  }

  #make(isSync: boolean, priority: number): CfqQueue {
    const { requests, rotational } = this.#host;
    const queue = new CfqQueue(this.#queues.length, isSync, requests, rotational);
    queue.setPriority(priority);
    this.#queues.push(queue);
    return queue;
  }
}

/** Whether a request belongs to its task's sync queue. */
export function isSyncRequest(requests: RequestTable, request: number): boolean {
  return requests.op[request] === Op.read || requests.has(request, RequestFlag.sync);
}
