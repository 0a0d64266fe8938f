/** Whatever programs do, no page is lost, and the page counts balance. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Machine } from '../../src/mm/machine.ts';
import type { Memory } from '../../src/mm/memory.ts';
import { Page, type PageList } from '../../src/mm/page-table.ts';
import { findWay, pageoutWays } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import type { FileCalls } from '../../src/mm/file-calls.ts';
import { EventQueue } from '../../src/sim/events.ts';
import type { Sleeping } from '../../src/sim/task.ts';
import { MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

type Call = [kind: number, file: number, page: number, pages: number];

const FILES = ['a', 'b', 'c'];

function* program(calls: readonly Call[], files: FileCalls): Sleeping<void> {
  const open = FILES.map((name) => files.open(name, 40 * PAGE_BYTES));
  for (const [kind, which, page, pages] of calls) {
    const file = open[which];
    const at = page * PAGE_BYTES;
    const bytes = pages * PAGE_BYTES - (pages % 3) * 100;
    if (kind <= 3) yield* files.write(file, at, bytes);
    else if (kind <= 5) yield* files.touch(file, at, bytes);
    else if (kind <= 7) yield* files.read(file, at, bytes);
    else if (kind === 8) yield* files.fsync(file);
    else if (kind === 9) yield* files.truncate(file, at);
    else if (kind === 10) {
      // Unlinked while open, closed, and made anew under the same name.
      yield* files.unlink(FILES[which]);
      yield* files.close(file);
      open[which] = files.open(FILES[which], 0);
    } else yield* files.sleepNs(pages * 100 * MS);
  }
}

function check(memory: Memory): void {
  const { table, stat } = memory;
  const seen = new Uint8Array(table.frames);
  const walk = (list: PageList, isActive: boolean) => {
    let count = 0;
    for (let frame = list.head(); frame >= 0; frame = list.older(frame)) {
      assert.equal(seen[frame]++, 0, 'a page is on one list only');
      assert.ok(table.has(frame, Page.lru));
      assert.equal(table.has(frame, Page.active), isActive);
      assert.ok(!table.has(frame, Page.free));
      count++;
    }
    assert.equal(count, list.size);
  };
  for (const { lruvecs } of memory.topology.domains) {
    for (const { lists } of lruvecs) lists.forEach((list, i) => walk(list, i % 2 === 1));
  }
  let dirty = 0;
  let writeback = 0;
  let free = 0;
  let pinned = 0;
  let cached = 0;
  for (let frame = 0; frame < table.frames; frame++) {
    if (table.has(frame, Page.dirty)) dirty++;
    if (table.has(frame, Page.writeback)) writeback++;
    if (table.has(frame, Page.pinned)) pinned++;
    if (table.has(frame, Page.free)) {
      free++;
      assert.equal(
        table.flags[frame],
        Page.free,
        'no free page is dirty, locked or under write-back',
      );
      assert.equal(table.inode[frame], -1);
    }
    if (table.inode[frame] >= 0) {
      cached++;
      const { mapping } = memory.inodes[table.inode[frame]];
      assert.equal(mapping.frameAt(table.index[frame]), frame);
      assert.equal(mapping.isDirty(table.index[frame]), table.has(frame, Page.dirty));
    }
  }
  assert.equal(dirty, memory.nrDirty);
  assert.equal(writeback, memory.nrWriteback);
  assert.equal(free, memory.freePages);
  assert.equal(
    cached,
    memory.inodes.reduce((sum, inode) => sum + inode.mapping.pageCount, 0),
  );
  assert.equal(free + pinned + cached, table.frames, 'no page is lost');
  assert.equal(
    stat.pagesDirtied,
    stat.pagesCleanedTotal + memory.nrDirty + stat.pagesTruncated,
    'dirtied = cleaned + still dirty + truncated',
  );
}

const call = fc.tuple(fc.nat(11), fc.nat(2), fc.nat(120), fc.integer({ min: 1, max: 40 }));

for (const way of pageoutWays.keys()) {
  test(`${way}: pages are conserved under random programs`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(call, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 200, max: 400 }),
        (programs, pages) => {
          const events = new EventQueue();
          const queue = new StubQueue(events, 2 * MS);
          const options = { ...defaultVmOptions, pages };
          const machine = new Machine(events, queue, options, findWay(way));
          // Several programs that share files would unlink under one another; one is enough here,
          // the others only write and read.
          const tasks = programs.map((calls, i) =>
            machine.spawn(
              `p${i}`,
              program(i === 0 ? calls : calls.filter(([kind]) => kind < 9), machine.files),
            ),
          );
          for (const task of tasks) {
            let steps = 0;
            while (!task.isDone) {
              assert.ok(events.step(), `${task.name} waits for ${task.waitingFor} for ever`);
              if (++steps % 64 === 0) assert.ok(steps < 1_000_000);
            }
          }
          machine.runUntilDone([machine.spawn('sync', machine.files.sync())]);
          check(machine.memory);
          assert.equal(machine.memory.nrDirty, 0);
        },
      ),
      { numRuns: 60 },
    );
  });
}
