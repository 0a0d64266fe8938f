/**
 * IO priorities (ioprio_set(2), include/linux/ioprio.h): a class and a level within it. A task has one;
 * what it submits from then on carries it.
 */

/** Classes, by the kernel's numbers. None stands for best effort at the level of a task that is not nice. */
export const IoClass = { none: 0, realTime: 1, bestEffort: 2, idle: 3 } as const;
export type IoClass = (typeof IoClass)[keyof typeof IoClass];

/** Levels of a class, 0 the most urgent (IOPRIO_NR_LEVELS). */
export const IO_LEVELS = 8;
/** The level of best effort when none is asked for (IOPRIO_BE_NORM). */
const NORMAL_LEVEL = 4;

/** Priorities that have a meaning, for tables by priority. */
export const IO_PRIORITIES = 4 * IO_LEVELS;

/**
 * A class and level in one small number, as rows of the bio and request tables hold it.
 * @param level 0..7
 * @throws RangeError for a class or level that there is none of
 */
export function ioPriority(ioClass: IoClass, level = NORMAL_LEVEL): number {
  if (!(ioClass >= 0 && ioClass <= 3 && level >= 0 && level < IO_LEVELS)) {
    throw new RangeError(`no IO priority has class ${ioClass} and level ${level}`);
  }
  return ioClass * IO_LEVELS + level;
}

/** The class that an elevator goes by. */
export function classOf(priority: number): IoClass {
  const ioClass = (priority >> 3) as IoClass;
  return ioClass === IoClass.none ? IoClass.bestEffort : ioClass;
}

/** The level that an elevator goes by: the idle class has but one, the last. */
export function levelOf(priority: number): number {
  const ioClass = priority >> 3;
  if (ioClass === IoClass.none) return NORMAL_LEVEL;
  return ioClass === IoClass.idle ? IO_LEVELS - 1 : priority & (IO_LEVELS - 1);
}

/** Each task's priority. */
export class TaskPriorities {
  #byTask = new Uint8Array(64);

  /** @param task 0..65535 */
  set(task: number, priority: number): void {
    if (task >= this.#byTask.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(task + 1)));
      grown.set(this.#byTask);
      this.#byTask = grown;
    }
    this.#byTask[task] = priority;
  }

  of(task: number): number {
    return task < this.#byTask.length ? this.#byTask[task] : 0;
  }
}
