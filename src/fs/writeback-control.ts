/** What is to be written and how: struct writeback_control, the contract between mm and fs. */

/** In whose context a page is written: file systems refuse some of them (PF_MEMALLOC, PF_KSWAPD). */
export const Caller = {
  /** A flusher, a throttled writer, a program's sync. */
  ordinary: 0,
  /** A task reclaiming for its own allocation. */
  directReclaim: 1,
  kswapd: 2,
} as const;
export type Caller = (typeof Caller)[keyof typeof Caller];

export interface WritebackControl {
  /** On whose behalf, for the counts: a `Writer` of mm. */
  readonly writer: number;
  readonly caller: Caller;
  /** First and last page index, inclusive; ignored when cyclic. */
  start: number;
  end: number;
  /** Go on where the last cyclic walk stopped, and wrap round once. */
  cyclic: boolean;
  /** WB_SYNC_ALL: wait for pages that are under write-back already, and write them again. */
  sync: boolean;
  /** Walk only what was dirty at the start (PAGECACHE_TAG_TOWRITE, 2.6.36). */
  tagged: boolean;
  /** Pages still to write; counts down. Only a walk that is not `sync` stops at 0. */
  nrToWrite: number;
  /** Periodic write-back of what is old. */
  forKupdate: boolean;
  /** Pages a file system would not write now. */
  pagesSkipped: number;
}

/** A control for `pages` pages of whatever inode, going on where the last walk stopped. */
export function cyclicControl(writer: number, pages: number): WritebackControl {
  return { ...rangeControl(writer, 0, Infinity, pages), cyclic: true };
}

/** A control for the pages `start` to `end` of one inode, not waiting for any. */
export function rangeControl(
  writer: number,
  start: number,
  end: number,
  pages = Infinity,
  caller: Caller = Caller.ordinary,
): WritebackControl {
  return {
    writer,
    caller,
    start,
    end,
    cyclic: false,
    sync: false,
    tagged: false,
    nrToWrite: pages,
    forKupdate: false,
    pagesSkipped: 0,
  };
}

/** WB_SYNC_ALL over a range: every page of it that is dirty now. */
export function syncControl(
  writer: number,
  start = 0,
  end = Infinity,
  tagged = false,
): WritebackControl {
  return { ...rangeControl(writer, start, end), sync: true, tagged };
}
