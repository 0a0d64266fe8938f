/** What holds of memory whenever no task is in the middle of something. */

import assert from 'node:assert/strict';
import type { Inode } from '../../src/mm/inode.ts';
import { lruOf } from '../../src/mm/lru.ts';
import type { Memory } from '../../src/mm/memory.ts';
import { Page } from '../../src/mm/page-table.ts';
import { Reclaimer } from '../../src/mm/vm-stat.ts';

/** Every page is in one place, and what is counted is what there is. */
export function checkConserved(memory: Memory): void {
  checkLists(memory);
  checkPages(memory);
  checkCounters(memory);
  checkWatermarks(memory);
}

/** No page is on two lists, and each is on the list that its flags name. */
function checkLists(memory: Memory): void {
  const { table } = memory;
  const seen = new Uint8Array(table.frames);
  for (const { lruvecs } of memory.topology.domains) {
    for (const lruvec of lruvecs) {
      for (const [number, list] of lruvec.lists.entries()) {
        let count = 0;
        for (let frame = list.head(); frame >= 0; frame = list.older(frame)) {
          assert.equal(seen[frame]++, 0, 'a page is on one list only');
          assert.ok(table.has(frame, Page.lru));
          assert.ok(!table.has(frame, Page.free | Page.pinned));
          assert.equal(lruOf(table.flags[frame]), number);
          assert.equal(memory.lruvecOf(frame), lruvec);
          count++;
        }
        assert.equal(count, list.size);
      }
      assert.ok(lruvec.isolated[0] >= 0 && lruvec.isolated[1] >= 0);
    }
  }
  let isolated = 0;
  for (let frame = 0; frame < table.frames; frame++) {
    if (table.has(frame, Page.lru)) assert.equal(seen[frame], 1, 'a page marked so is on a list');
    else if (!table.has(frame, Page.free | Page.pinned)) isolated++;
  }
  assert.equal(isolated, memory.nrIsolated, 'what is on no list is in the hands of reclaim');
}

function checkPages(memory: Memory): void {
  const { table, swap } = memory;
  const places = { free: 0, pinned: 0, cached: 0, orphaned: 0 };
  const dirtyOf = memory.zones.map(() => 0);
  const writebackOf = memory.zones.map(() => 0);
  const charged = memory.groupPages.map(() => 0);
  for (let frame = 0; frame < table.frames; frame++) {
    const flags = table.flags[frame];
    const zone = table.zone[frame];
    if ((flags & Page.free) !== 0) {
      places.free++;
      assert.equal(flags, Page.free, 'no free page is dirty, locked or under write-back');
      assert.equal(table.inode[frame], -1);
      continue;
    }
    if (table.group.length > 0) charged[table.group[frame]]++;
    if ((flags & (Page.dirty | Page.swapBacked)) === Page.dirty) dirtyOf[zone]++;
    if ((flags & Page.writeback) !== 0) writebackOf[zone]++;
    if ((flags & Page.pinned) !== 0) {
      places.pinned++;
      continue;
    }
    if (table.inode[frame] < 0) {
      places.orphaned++;
      continue;
    }
    places.cached++;
    const inode = memory.inodes[table.inode[frame]];
    const index = table.index[frame];
    assert.equal(inode.mapping.frameAt(index), frame);
    assert.equal(inode.isSwapBacked, (flags & Page.swapBacked) !== 0);
    if (!inode.isSwapBacked) assert.equal(inode.mapping.isDirty(index), (flags & Page.dirty) !== 0);
    if ((flags & Page.swapCache) !== 0) {
      assert.equal(swap?.inode.mapping.frameAt(table.slot[frame]), frame);
    }
  }
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  assert.deepEqual(
    dirtyOf,
    memory.zones.map(({ nrDirty }) => nrDirty),
  );
  assert.deepEqual(
    writebackOf,
    memory.zones.map(({ nrWriteback }) => nrWriteback),
  );
  assert.equal(sum(dirtyOf), memory.nrDirty);
  assert.equal(sum(writebackOf), memory.nrWriteback);
  assert.equal(places.free, memory.freePages);
  if (table.group.length > 0) assert.deepEqual(charged.slice(1), memory.groupPages.slice(1));
  // A page both mapped and in the swap cache is in two mappings.
  let mapped = 0;
  for (const { mapping } of memory.inodes) mapped += mapping.pageCount;
  let both = 0;
  for (let frame = 0; frame < table.frames; frame++) {
    const inTwo = table.has(frame, Page.swapCache) && table.inode[frame] !== swap?.inode.number;
    if (inTwo) both++;
  }
  assert.equal(places.cached + both, mapped);
  assert.equal(sum(Object.values(places)), table.frames, 'no page is lost');
  if (swap !== undefined) checkSlots(memory);
}

/** Every used slot of swap is someone's, or its page is in the swap cache. */
function checkSlots(memory: Memory): void {
  const { swap } = memory;
  if (swap === undefined) return;
  let used = 0;
  for (let slot = 0; slot < swap.slots; slot++) {
    const isCached = swap.inode.mapping.frameAt(slot) >= 0;
    if (swap.isOwned(slot)) {
      const owner: Inode = memory.inodes[swap.ownerInode[slot]];
      assert.equal(owner.mapping.slotAt(swap.ownerIndex[slot]), slot);
    }
    if (isCached || swap.isOwned(slot)) used++;
  }
  assert.equal(used, swap.used);
}

/** What programs take never goes below the min watermark: that is kept for the kernel itself. */
function checkWatermarks(memory: Memory): void {
  for (const zone of memory.zones) {
    if (zone.pages > zone.min) assert.ok(zone.buddy.freePages >= zone.min, `${zone.name} kept`);
    assert.ok(zone.min <= zone.low && zone.low <= zone.high);
  }
}

function checkCounters(memory: Memory): void {
  const { stat } = memory;
  assert.equal(
    stat.pagesDirtied,
    stat.pagesCleanedTotal + memory.nrDirty + stat.pagesTruncated,
    'dirtied = cleaned + still dirty + truncated',
  );
  const scanned = stat.pgscan[Reclaimer.direct] + stat.pgscan[Reclaimer.kswapd];
  const stolen = stat.pgsteal[Reclaimer.direct] + stat.pgsteal[Reclaimer.kswapd];
  assert.ok(stolen <= scanned);
  // Kinds are counted by list; lumpy reclaim takes pages of the other kind along.
  assert.equal(scanned, stat.pgscanKind[0] + stat.pgscanKind[1]);
  assert.equal(stolen, stat.pgstealKind[0] + stat.pgstealKind[1]);
  assert.equal(stat.pgalloc - stat.pgfree, memory.table.frames - memory.freePages);
  assert.equal(
    stat.writepage.reduce((sum, n) => sum + n, 0),
    stat.nrVmscanWrite,
  );
}
