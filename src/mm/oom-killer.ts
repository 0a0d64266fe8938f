/**
 * The OOM killer (mm/oom_kill.c): when reclaim makes no progress any more, the task with the most
 * memory of its own dies. Its memory is free at once; the task itself ends at its next call for more.
 * That is an outcome, which is counted (`oom_kill`), not a fault.
 */

import type { Anonymous } from './anonymous.ts';
import type { Memory } from './memory.ts';
import { Page } from './page-table.ts';

export class OomKiller {
  readonly #memory: Memory;
  /** Where programs have their memory; known once there are programs. */
  anonymous: Anonymous | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * Kills the task with the most memory.
   * @param group of this memory cgroup; -1 for any
   * @throws KilledError when no task has any: the running one dies then
   */
  kill(group: number): void {
    const memory = this.#memory;
    let victim = -1;
    let most = 0;
    for (const { id, isDone } of memory.scheduler.tasks) {
      if (isDone && memory.pinnedBy[id] === undefined) continue;
      if (group >= 0 && memory.groupOfTask[id] !== group) continue;
      const pages = (memory.pinnedBy[id] ?? 0) + (this.anonymous?.pagesOf(id) ?? 0);
      if (pages <= most) continue;
      victim = id;
      most = pages;
    }
    memory.stat.oomKill++;
    if (victim < 0) throw new KilledError();
    memory.killed.add(victim);
    this.anonymous?.exit(victim);
    this.#freePinned(victim);
  }

  #freePinned(task: number): void {
    const memory = this.#memory;
    const { table } = memory;
    if ((memory.pinnedBy[task] ?? 0) === 0) return;
    memory.pinnedBy[task] = 0;
    for (let frame = 0; frame < table.frames; frame++) {
      if (table.has(frame, Page.pinned) && table.index[frame] === task) memory.free(frame);
    }
  }
}

/** Thrown in a task that was killed, at its next call for memory: it ends. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}
