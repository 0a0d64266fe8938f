/**
 * Dirty throttling of 2.6.34 (mm/page-writeback.c): a writer that dirties memory faster than the
 * disk takes it writes pages out itself.
 */

import { MS } from '../sim/units.ts';
import type { Sleeping } from '../sim/task.ts';
import { cyclicControl, type Flusher } from './flusher.ts';
import type { Memory } from './memory.ts';
import { Writer } from './vm-stat.ts';

/** How many pages a processor may dirty between two checks (set_ratelimit): 16..1024. */
export function ratelimitPages(totalPages: number, cpus: number): number {
  return Math.max(16, Math.min(1024, Math.floor(totalPages / (cpus * 32))));
}

/** sync_writeback_pages: what a throttled writer has to write. */
export function writeChunk(dirtied: number, ratelimit: number): number {
  const pages = Math.max(dirtied, ratelimit);
  return pages + (pages >> 1);
}

export class DirtyThrottle {
  readonly #memory: Memory;
  readonly #flusher: Flusher;
  #dirtied = 0;
  #isExceeded = false;

  constructor(memory: Memory, flusher: Flusher) {
    this.#memory = memory;
    this.#flusher = flusher;
  }

  /** balance_dirty_pages_ratelimited: call after a write(2) has dirtied `pages` pages. */
  *dirtied(pages: number): Sleeping<void> {
    const { options } = this.#memory;
    const ratelimit = this.#isExceeded ? 8 : ratelimitPages(options.pages, options.cpus);
    this.#dirtied += pages;
    if (this.#dirtied < ratelimit) return;
    const chunk = writeChunk(this.#dirtied, ratelimit);
    this.#dirtied = 0;
    yield* this.#balance(chunk);
  }

  /** balance_dirty_pages. */
  *#balance(chunk: number): Sleeping<void> {
    const memory = this.#memory;
    const started = memory.events.nowNs;
    let pauseMs = 1;
    let written = 0;
    for (;;) {
      const [background, dirty] = memory.dirtyLimits();
      const total = memory.nrDirty + memory.nrWriteback;
      if (total <= (background + dirty) / 2) break;
      if (memory.nrDirty > dirty) {
        const wbc = cyclicControl(Writer.throttled, chunk);
        yield* this.#flusher.writebackInodes(wbc, Infinity);
        written += chunk - wbc.nrToWrite;
      }
      this.#isExceeded = memory.nrDirty + memory.nrWriteback > memory.dirtyLimits()[1];
      if (!this.#isExceeded || written >= chunk) break;
      memory.fs.queue.unplug();
      yield* memory.scheduler.sleepNs(pauseMs * MS, 'balance_dirty_pages');
      pauseMs = Math.min(100, pauseMs * 2);
    }
    memory.stat.stalledThrottleNs += memory.events.nowNs - started;
    this.#isExceeded = memory.nrDirty + memory.nrWriteback > memory.dirtyLimits()[1];
    if (memory.nrDirty > memory.dirtyLimits()[0]) this.#flusher.startBackground();
  }
}
