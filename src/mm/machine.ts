/** A machine's memory put together: the page cache over one disk's queue, and its threads. */

import type { BlockQueue } from '../block/bio.ts';
import type { EventQueue } from '../sim/events.ts';
import type { Task, TaskBody } from '../sim/task.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { Eviction } from './eviction.ts';
import { Files } from './files.ts';
import { Flushers } from './flushers.ts';
import { Kswapd } from './kswapd.ts';
import { reclaimRules } from './kernel.ts';
import { Memory, type Mount } from './memory.ts';
import { KilledError, OomKiller } from './oom-killer.ts';
import { PageAllocator } from './page-allocator.ts';
import type { PageoutWay } from './pageout/way.ts';
import { Reclaim } from './reclaim.ts';
import { Swap, SWAP_DISK, type SwapDevice } from './swap.ts';
import type { VmOptions } from './vm-options.ts';

/** A task's body, which ends early when the task is killed. */
function* untilKilled(body: TaskBody): TaskBody {
  try {
    yield* body;
  } catch (error) {
    if (!(error instanceof KilledError)) throw error;
  }
}

/** A swap area of `bytes` at the far end of the first disk, or of the one that is for swap alone. */
function swapOn(memory: Memory, bytes: number): Swap {
  const slots = Math.floor(bytes / PAGE_BYTES);
  const inode = memory.newInode(`${SWAP_DISK}/swapper`, 0);
  inode.isSwapBacked = true;
  const { disk } = inode.bdi.fs;
  const first = disk.blocks - slots;
  const device: SwapDevice = {
    submit: (op, number, slot, pages, flags, task) =>
      disk.submitPages(op, number, first + slot, slot, pages, flags, task),
    isCongested: () => disk.queue.isCongested(false),
  };
  return new Swap(device, inode, slots);
}

export class Machine {
  readonly events: EventQueue;
  readonly memory: Memory;
  readonly reclaim: Reclaim;
  readonly flusher: Flushers;
  /** One a node. */
  readonly kswapds: readonly Kswapd[];
  readonly allocator: PageAllocator;
  readonly files: Files;

  /**
   * @param queue the disk of the first file system
   * @param mounts further disks, each with a file system of its own; or SWAP_DISK, for swap alone
   */
  constructor(
    events: EventQueue,
    queue: BlockQueue,
    options: VmOptions,
    way: PageoutWay,
    mounts: readonly Mount[] = [],
  ) {
    this.events = events;
    const rules = { ...reclaimRules(options.kernel), ...way.rules };
    this.memory = new Memory(events, queue, options, rules, mounts);
    this.memory.keepsDirtyOrder = way.keepsDirtyOrder ?? false;
    if (options.swapBytes > 0) this.memory.swap = swapOn(this.memory, options.swapBytes);
    this.flusher = new Flushers(this.memory);
    const eviction = new Eviction(this.memory, this.flusher);
    this.reclaim = new Reclaim(this.memory, this.flusher, eviction, way);
    this.kswapds = this.memory.topology.nodes.map(
      (node) => new Kswapd(this.memory, this.reclaim, node),
    );
    const oom = new OomKiller(this.memory);
    this.allocator = new PageAllocator(this.memory, this.kswapds, this.reclaim, oom);
    this.files = new Files(this.memory, this.allocator, this.flusher, eviction);
    oom.anonymous = this.files.anonymous;
    for (const kswapd of this.kswapds) this.spawn(`kswapd${kswapd.node.number}`, kswapd.run());
    for (const { name, body } of this.flusher.threads()) this.spawn(name, body);
    for (const { fs } of this.memory.bdis) {
      for (const { name, body } of fs.threads()) this.spawn(name, body);
    }
  }

  /** Time the kswapds were awake so far, summed over them, ns. */
  kswapdAwakeNs(): number {
    const { kswapdAwakeNs } = this.memory.stat;
    return this.kswapds.reduce((sum, kswapd) => sum + kswapd.awakeNs(), kswapdAwakeNs);
  }

  /**
   * Starts a task at the current time.
   * @param group its memory cgroup, by name
   */
  spawn(name: string, body: TaskBody, group?: string): Task {
    const { memory } = this;
    const task = memory.scheduler.spawn(name, () => untilKilled(body));
    if (group !== undefined) memory.groupOfTask[task.id] = memory.groupNumber(group);
    return task;
  }

  /**
   * Runs until every one of `tasks` has ended.
   * @param onStep called now and then with the simulated time, for progress
   * @throws DeadlockError the moment tasks wait for each other in a circle
   * @throws Error when nothing at all is left to happen and a task still sleeps
   */
  runUntilDone(tasks: readonly Task[], onStep: (nowNs: number) => void = () => {}): void {
    let steps = 0;
    for (const task of tasks) {
      while (!task.isDone) {
        if (!this.events.step()) {
          throw new Error(`deadlock: task "${task.name}" waits for ${task.waitingFor} for ever`);
        }
        if ((++steps & 0xffff) === 0) onStep(this.events.nowNs);
      }
    }
  }
}
