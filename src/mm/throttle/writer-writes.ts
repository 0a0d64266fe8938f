/**
 * Dirty throttling until 3.1 (balance_dirty_pages of 2.6.34): who dirties memory faster than its
 * disk takes it writes pages out itself, whosever they are, and naps in between.
 */

import type { Sleeping } from '../../sim/task.ts';
import { MS } from '../../sim/units.ts';
import { cyclicControl } from '../../fs/writeback-control.ts';
import type { Bdi } from '../bdi.ts';
import type { Flushers } from '../flushers.ts';
import type { Memory } from '../memory.ts';
import { Writer } from '../vm-stat.ts';
import { type DirtyThrottle, EXCEEDED_RATELIMIT, ratelimitPages } from './throttle.ts';

/** Naps grow from one jiffy at HZ 1000 to HZ/10. */
const FIRST_PAUSE_NS = 1 * MS;
const LONGEST_PAUSE_NS = 100 * MS;

/** sync_writeback_pages: what a throttled writer has to write. */
export function writeChunk(dirtied: number, ratelimit: number): number {
  const pages = Math.max(dirtied, ratelimit);
  return pages + (pages >> 1);
}

export class WriterWrites implements DirtyThrottle {
  readonly #memory: Memory;
  readonly #flushers: Flushers;
  readonly #ratelimit: number;
  /** Pages dirtied since the last check, by processor (bdp_ratelimits). */
  readonly #dirtied: Int32Array;

  constructor(memory: Memory, flushers: Flushers) {
    this.#memory = memory;
    this.#flushers = flushers;
    this.#ratelimit = ratelimitPages(memory.options.pages, memory.options.cpus);
    this.#dirtied = new Int32Array(memory.options.cpus);
  }

  get #cpu(): number {
    return this.#memory.scheduler.current.id % this.#dirtied.length;
  }

  dirtied(bdi: Bdi, pages: number): boolean {
    const limit = bdi.dirtyExceeded ? EXCEEDED_RATELIMIT : this.#ratelimit;
    return (this.#dirtied[this.#cpu] += pages) >= limit;
  }

  wrote(): void {}

  *balance(bdi: Bdi): Sleeping<void> {
    const memory = this.#memory;
    const { limits, scheduler } = memory;
    const cpu = this.#cpu;
    const chunk = writeChunk(this.#dirtied[cpu], this.#ratelimit);
    this.#dirtied[cpu] = 0;
    const startedNs = memory.events.nowNs;
    const task = scheduler.current.id;
    let pauseNs = FIRST_PAUSE_NS;
    let written = 0;
    let limit: number;
    for (;;) {
      limits.update();
      limit = limits.limitFor(bdi, task);
      if (bdi.nrDirty + bdi.nrWriteback <= limit) break;
      if (memory.nrDirty + memory.nrWriteback < limits.freerun) break;
      bdi.dirtyExceeded = true;
      if (bdi.nrDirty > limit) {
        const wbc = cyclicControl(Writer.throttled, chunk);
        yield* this.#flushers.of(bdi).writebackInodes(wbc, Infinity);
        written += chunk - wbc.nrToWrite;
        limits.update();
        limit = limits.limitFor(bdi, task);
      }
      if (bdi.nrDirty + bdi.nrWriteback <= limit || written >= chunk) break;
      yield* memory.ioSleepNs(pauseNs, 'balance_dirty_pages');
      pauseNs = Math.min(LONGEST_PAUSE_NS, pauseNs * 2);
    }
    if (bdi.nrDirty + bdi.nrWriteback < limit) bdi.dirtyExceeded = false;
    memory.stat.stalledThrottleNs += memory.events.nowNs - startedNs;
    if (!bdi.writebackRunning && memory.nrDirty > limits.background) {
      this.#flushers.of(bdi).startBackground();
    }
  }
}
