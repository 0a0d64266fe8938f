/**
 * How much of memory may be dirty: in all, and for each disk (mm/page-writeback.c, get_dirty_limits
 * of 2.6.34; global_dirty_limits and bdi_dirty_limit of 3.2).
 */

import { version } from '../sim/kernel-version.ts';
import { PAGE_BYTES, SECOND } from '../sim/units.ts';
import type { Bdi } from './bdi.ts';
import type { Memory } from './memory.ts';
import { GlobalProportion, Proportion } from './proportions.ts';

/** VM_COMPLETIONS_PERIOD_LEN of 3.7: 3 s. */
const COMPLETIONS_PERIOD_NS = 3 * SECOND;

export class DirtyLimits {
  /** Pages at which the flusher begins, and at which writers are held back; of the last `update`. */
  background = 0;
  dirty = 0;
  readonly #memory: Memory;
  /** Completions of all disks (vm_completions), pages dirtied by all tasks (vm_dirties). */
  readonly #completions: GlobalProportion;
  readonly #dirties: GlobalProportion;
  readonly #tasks: Proportion[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
    // calc_period_shift: a period is so many completions as may be dirty at once, four times.
    this.update();
    const shift = 2 + Math.floor(Math.log2(Math.max(2, this.dirty - 1)));
    const isTimed = memory.options.kernel >= version(3, 7);
    this.#completions = isTimed
      ? new GlobalProportion(0, COMPLETIONS_PERIOD_NS)
      : new GlobalProportion(shift);
    this.#dirties = new GlobalProportion(shift);
  }

  /** Reckons both limits anew from the memory that could be dirty. */
  update(): void {
    const { options, dirtyable } = this.#memory;
    // "remove the internal 5% low bound on dirty_ratio", 2.6.37.
    const least = options.kernel < version(2, 6, 37) ? 5 : 0;
    const share = (bytes: number, ratio: number) =>
      bytes > 0 ? Math.ceil(bytes / PAGE_BYTES) : Math.floor((dirtyable * ratio) / 100);
    this.dirty = share(options.dirtyBytes, Math.max(least, options.dirtyRatio));
    this.background = share(options.dirtyBackgroundBytes, options.dirtyBackgroundRatio);
    if (this.background >= this.dirty) this.background = this.dirty >> 1;
  }

  /** dirty_freerun_ceiling: under it no one is held back. Of the last `update`. */
  get freerun(): number {
    return (this.background + this.dirty) / 2;
  }

  /** A page of the disk's is written. */
  completed(bdi: Bdi): void {
    bdi.written++;
    bdi.completions.add(this.#completions, this.#memory.events.nowNs);
  }

  /** The running task has dirtied a page. */
  dirtiedBy(task: number): void {
    if (this.#memory.options.kernel >= version(3, 2)) return;
    (this.#tasks[task] ??= new Proportion()).add(this.#dirties, this.#memory.events.nowNs);
  }

  /** The disk's share of recent completions, 0..1. */
  shareOf(bdi: Bdi): number {
    return bdi.completions.share(this.#completions, this.#memory.events.nowNs);
  }

  /** bdi_dirty_limit: a disk's part of `limit` pages. */
  partOf(bdi: Bdi, limit: number): number {
    return Math.floor(limit * this.shareOf(bdi));
  }

  /**
   * A disk's limit as a task of 2.6.34 sees it: its part, but not over what is left in all
   * (clip_bdi_dirty_limit), and up to an eighth less for who dirties most (task_dirty_limit).
   */
  limitFor(bdi: Bdi, task: number): number {
    const memory = this.#memory;
    const left = Math.max(0, this.dirty - memory.nrDirty - memory.nrWriteback);
    const part = Math.min(this.partOf(bdi, this.dirty), left + bdi.nrDirty + bdi.nrWriteback);
    const mine = this.#tasks[task]?.share(this.#dirties, memory.events.nowNs) ?? 0;
    return Math.max(part >> 1, part - Math.floor((part >> 3) * mine));
  }
}
