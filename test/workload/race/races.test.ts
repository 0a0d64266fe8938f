/** S19 and S20 of WRITEOUT.md: which ways can deadlock, and which cannot. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findWay, pageoutWays } from '../../../src/mm/pageout/registry.ts';
import {
  exploreExhaustively,
  exploreRandomly,
  randomSchedule,
  runRace,
} from '../../../src/workload/race/race.ts';
import { findRace, races } from '../../../src/workload/race/registry.ts';

test('S19, range: the last iput in reclaim closes a circle through the journal', () => {
  const found = exploreRandomly(findRace('S19'), findWay('range'), 200, 1);
  assert.ok(found.deadlocks > 0);
  assert.match(found.first ?? '', /reclaimer waits in ext3_delete_inode for the journal/);
  assert.match(found.first ?? '', /held by kjournald/);
  assert.match(found.first ?? '', /kjournald waits .* for the open handles of the journal/);
  assert.ok([...found.inversions].some((text) => text.includes('journal within journal')));
  assert.ok(exploreExhaustively(findRace('S19'), findWay('range'), 9, 5000).deadlocks > 0);
});

test('S19, range: a linked file has a cheap last iput, and nothing hangs', () => {
  const found = exploreRandomly(findRace('S19-linked'), findWay('range'), 300, 1);
  assert.equal(found.deadlocks, 0);
  assert.equal(found.finalIputs, 0);
});

test('S19-umount: what igrab holds is busy after the umount; what is held by a page never is', () => {
  for (const way of ['range', 'around-2002']) {
    const found = exploreRandomly(findRace('S19-umount'), findWay(way), 200, 1);
    assert.ok(found.busyInodes > 0);
    // The reclaimer's iput then ends the inode, on a file system that has gone.
    assert.ok(found.finalIputs > 0);
  }
  for (const way of ['around', 'linux-4.11']) {
    const found = exploreRandomly(findRace('S19-umount'), findWay(way), 300, 1);
    assert.deepEqual([found.deadlocks, found.busyInodes, found.finalIputs], [0, 0, 0]);
    assert.deepEqual([...found.inversions], []);
  }
});

test('S19-freeing: igrab fails, the range is skipped: no write of it, no wait, no crash', () => {
  for (const way of ['range', 'around', 'linux-4.11']) {
    const found = exploreRandomly(findRace('S19-freeing'), findWay(way), 300, 1);
    assert.equal(found.refusals > 0, way === 'range');
    assert.deepEqual([found.deadlocks, found.unpinnedUses], [0, 0]);
    // In other schedules range has it before its end begins, and ends it.
    assert.equal(found.finalIputs > 0, way === 'range');
  }
});

test('S20, range: page locks of two files close a circle', () => {
  const found = exploreRandomly(findRace('S20'), findWay('range'), 100, 1);
  assert.ok(found.deadlocks > 0);
  assert.match(found.first ?? '', /waits in write_cache_pages for the lock of page/);
});

test('S19, around-2002: it holds the inode by igrab too, and ends the same way', () => {
  const found = exploreRandomly(findRace('S19'), findWay('around-2002'), 100, 1);
  assert.match(found.first ?? '', /reclaimer waits in ext3_delete_inode for the journal/);
  for (const race of ['S19-linked', 'S20']) {
    assert.equal(exploreRandomly(findRace(race), findWay('around-2002'), 200, 1).deadlocks, 0);
  }
});

test('S19, pageout work: with igrab the flusher runs last iputs, with get_page no one for reclaim does', () => {
  const byInode = exploreRandomly(findRace('S19'), findWay('pageout-work-igrab'), 200, 1);
  assert.ok(byInode.finalIputs > 0);
  assert.equal(exploreRandomly(findRace('S19'), findWay('pageout-work'), 200, 1).finalIputs, 0);
});

/** They hold inodes by igrab in a reclaimer's context, or pages of several files locked. */
const UNSAFE = ['range', 'range-early-return', 'around-2002'];

for (const way of [...pageoutWays.values()].filter(({ name }) => !UNSAFE.includes(name))) {
  test(`${way.name}: no circle in any race, and not a lock order that could close one`, () => {
    for (const race of races.values()) {
      const random = exploreRandomly(race, way, 200, 1);
      assert.equal(random.deadlocks, 0, random.first);
      assert.deepEqual([...random.inversions], []);
      const all = exploreExhaustively(race, way, 5, 3000);
      assert.equal(all.deadlocks, 0, all.first);
    }
  });
}

test('one seed, one schedule, one outcome', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const run = () => runRace(findRace('S19'), findWay('range'), randomSchedule(seed));
    assert.deepEqual(run(), run());
  }
});
