/**
 * pageout-work (P8): the flusher writes around the page that reclaim wants (Wu Fengguang, "writeback:
 * introduce the pageout work", February and March 2012; not merged).
 *
 * Reclaim queues a file and a range: about 10 ms of the disk's bandwidth around the page, aligned. A
 * page in or next to a range that waits joins it, up to 8 units, 80 ms, beside which a seek is little.
 * Past 128 ranges reclaim is held back; when 256 were looked through in vain the page is dealt
 * with as in 3.2 (so the pool of 1024 never runs out). Background and periodic write-back yield to such work.
 *
 * pageout-work keeps the page (get_page); the flusher locks it when its turn comes, sees whether it is
 * still its file's, and pins the inode with I_SYNC, which whoever ends the inode waits for (Wu and Kara).
 * A page so kept is told from another by its file and index, so it is not kept from being freed.
 *
 * pageout-work-igrab: as first posted. The range holds the inode by igrab, and the flusher gives it
 * back: an iput that may be the last, in the thread that all reclaim waits for (Morton, van Riel).
 */

import { rangeControl } from '../../fs/writeback-control.ts';
import { version } from '../../sim/kernel-version.ts';
import type { Sleeping } from '../../sim/task.ts';
import type { Flusher, PageoutRange } from '../flusher.ts';
import { igrab, type Inode, InodeState } from '../inode.ts';
import type { Memory } from '../memory.ts';
import { LockPlace, Page } from '../page-table.ts';
import type { Reclaim } from '../reclaim.ts';
import type { ScanControl } from '../scan-control.ts';
import { MIN_WRITEBACK_PAGES } from '../vm-options.ts';
import { Writer } from '../vm-stat.ts';
import { writeCachePages } from '../write-cache-pages.ts';
import { linux32 } from './linux-3.2.ts';
import { type PageoutWay, Verdict } from './way.ts';
import { nothingDeferred } from './write-reclaim-page.ts';

/** Units a range grows to by joining. */
const MAX_UNITS = 8;
/** Ranges that reclaim looks through, and those from which on it is held back. */
const SEARCH_DEPTH = 256;
const LOTS = 128;

/**
 * Pages of one unit: 8 to 15 ms of the disk's bandwidth.
 * @param bandwidth pages/s
 */
export function pageoutUnit(bandwidth: number): number {
  return 2 ** Math.floor(Math.log2(bandwidth + MIN_WRITEBACK_PAGES)) / 64;
}

/** Whether a range has page `index`, or takes it in by growing (extend_writeback_range). */
export function extendRange(
  range: Pick<PageoutRange, 'first' | 'pages'>,
  index: number,
  unit: number,
): boolean {
  const end = range.first + range.pages;
  if (index >= range.first && index < end) return true;
  if (range.pages >= MAX_UNITS * unit) return false;
  if (index < range.first && range.first - index <= unit && range.first >= unit) {
    range.first -= unit;
    range.pages += unit;
    return true;
  }
  if (index < end || index - end >= unit) return false;
  range.pages += unit;
  return true;
}

/** What the flusher then does for a page at the tail; undefined when the inode cannot be held. */
type Writing = (
  reclaim: Reclaim,
  flusher: Flusher,
  range: HeldRange,
) => (() => Sleeping<void>) | undefined;

interface HeldRange {
  readonly inode: Inode;
  readonly frame: number;
  readonly index: number;
  readonly range: { first: number; pages: number };
}

/** The range as the flusher's control; not longer than it has become by now. */
function controlOf({ range }: HeldRange) {
  return rangeControl(Writer.kicked, range.first, range.first + range.pages - 1);
}

/** get_page: what is held is the page, and whose it is is asked under its lock. */
const byPage: Writing = ({ memory }, flusher, held) =>
  function* () {
    const { inode, frame, index } = held;
    while (isStill(memory, held) && !memory.tryLock(frame, LockPlace.pageoutWork)) {
      yield* memory.waitOnPage(inode, index, Page.locked, 'writeback_inode_page');
    }
    if (!isStill(memory, held)) return;
    // Someone writes the inode back, or ends it: reclaim will ask again.
    const isBusy = inode.has(InodeState.sync) || inode.isGoing;
    if (!isBusy) inode.state |= InodeState.sync;
    memory.unlock(frame);
    if (!isBusy) yield* flusher.writePinned(inode, controlOf(held));
  };

function isStill({ table }: Memory, { inode, frame, index }: HeldRange): boolean {
  return table.inode[frame] === inode.number && table.index[frame] === index;
}

/** igrab: the inode is held from here to the flusher's iput. */
const byInode: Writing = ({ memory, eviction }, _flusher, held) => {
  if (!igrab(held.inode)) {
    memory.stat.igrabRefused++;
    return undefined;
  }
  return function* () {
    yield* writeCachePages(memory, held.inode, controlOf(held));
    yield* eviction.iput(held.inode, true);
  };
};

/** flush_inode_page. False when the queue takes no more, or the inode cannot be held. */
function queue(reclaim: Reclaim, frame: number, writing: Writing): boolean {
  const { memory } = reclaim;
  const inode = memory.inodes[memory.table.inode[frame]];
  const index = memory.table.index[frame];
  const flusher = reclaim.flusher.of(inode.bdi);
  const unit = pageoutUnit(inode.bdi.bandwidth.average);
  const joins = (range: PageoutRange) => range.inode === inode && extendRange(range, index, unit);
  if (flusher.hasPageout(joins, SEARCH_DEPTH)) return true;
  if (flusher.pageoutsQueued >= SEARCH_DEPTH) return false;
  const range = { first: index - (index % unit), pages: unit };
  const write = writing(reclaim, flusher, { inode, frame, index, range });
  if (write === undefined) return false;
  flusher.queuePageout(Object.assign(range, { inode, write }));
  return true;
}

/** Reclaim is held back while more ranges wait than the disk writes in some seconds. */
function* holdBack(reclaim: Reclaim): Sleeping<void> {
  const { bdis } = reclaim.memory;
  if (bdis.some((bdi) => reclaim.flusher.of(bdi).pageoutsQueued > LOTS)) {
    yield* reclaim.naps.timed();
  }
}

function wayBy(writing: Writing, name: string, summary: string): PageoutWay {
  return {
    name,
    summary,
    kernel: version(3, 3),
    rules: { throttlesOnWriteback: true },
    deferred: false,
    directWakesFlusher: true,
    pageout(reclaim: Reclaim, frame: number, sc: ScanControl) {
      if (!queue(reclaim, frame, writing)) return linux32.pageout(reclaim, frame, sc);
      // Reclaimed as soon as the flusher has written it.
      reclaim.memory.table.flags[frame] |= Page.reclaim;
      return Verdict.keep;
    },
    cleanList: nothingDeferred,
    afterBatch: holdBack,
  };
}

export const pageoutWork = wayBy(
  byPage,
  'pageout-work',
  'the flusher writes 1 to 8 MiB around the target, held by its page (Wu, 2012)',
);

export const pageoutWorkIgrab = wayBy(
  byInode,
  'pageout-work-igrab',
  'the same, the inode held by igrab, as first posted',
);
