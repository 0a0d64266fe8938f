/** The golden values of WRITEOUT.md section 9 that concern memory: they follow from the rules. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cyclicControl } from '../../src/fs/writeback-control.ts';
import { Lru } from '../../src/mm/lru.ts';
import { Machine } from '../../src/mm/machine.ts';
import { flusherKick } from '../../src/mm/pageout/flusher.ts';
import { throttleThreshold } from '../../src/mm/naps.ts';
import { extendRange, pageoutUnit } from '../../src/mm/pageout/pageout-work.ts';
import { kswapdMayWrite } from '../../src/mm/pageout/linux-3.2.ts';
import { Page } from '../../src/mm/page-table.ts';
import { findWay, HISTORY, pageoutWays } from '../../src/mm/pageout/registry.ts';
import { scanAmounts } from '../../src/mm/scan-amounts.ts';
import { scanControl } from '../../src/mm/scan-control.ts';
import { ratelimitPages } from '../../src/mm/throttle/throttle.ts';
import { writeChunk } from '../../src/mm/throttle/writer-writes.ts';
import {
  DEF_PRIORITY,
  defaultVmOptions,
  MAX_WRITEBACK_PAGES,
  minFreeKbytes,
  type VmOptions,
} from '../../src/mm/vm-options.ts';
import { Topology } from '../../src/mm/topology.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { MS, PAGE_BYTES, PAGE_SECTORS } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

const MIB_PAGES = 256;

test('watermarks of one zone of low memory', () => {
  for (const [mib, min, low, high] of [
    [256, 512, 640, 768],
    [512, 724, 905, 1086],
    [1024, 1024, 1280, 1536],
    [2048, 1448, 1810, 2172],
    [4096, 2048, 2560, 3072],
  ]) {
    const pages = mib * MIB_PAGES;
    // A machine whose devices reach all of its memory has one zone.
    const [zone] = new Topology({ ...defaultVmOptions, pages, arch: 'ppc64' }, false).zones;
    assert.deepEqual([zone.min, zone.low, zone.high], [min, low, high], `${mib} MiB`);
  }
});

test('min_free_kbytes', () => {
  for (const [mib, kib] of [
    [256, 2048],
    [512, 2896],
    [1024, 4096],
    [2048, 5792],
    [4096, 8192],
    [8192, 11585],
  ]) {
    // The table's 11584 for 8 GiB is the root rounded down to a page.
    assert.ok(Math.abs(minFreeKbytes(mib * MIB_PAGES) - kib) <= 1, `${mib} MiB`);
  }
});

test('what V6 asks the flusher for', () => {
  assert.deepEqual([1, 8, 32, 100].map(flusherKick), [32, 256, 1024, 1024]);
});

test('3.2: when kswapd may write, and when a batch of 32 is throttled', () => {
  assert.deepEqual([12, 11, 10, 9, 8, 0].map(kswapdMayWrite), [
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
  assert.deepEqual(
    [12, 11, 10, 9, 8, 7].map((priority) => throttleThreshold(32, priority)),
    [32, 16, 8, 4, 2, 1],
  );
  assert.equal(DEF_PRIORITY, 12);
});

test('how often a writer checks the limits, and what it then has to write', () => {
  assert.equal(ratelimitPages(131072, 1), 1024);
  assert.equal(ratelimitPages(131072, 4), 1024);
  assert.equal(ratelimitPages(131072, 16), 256);
  assert.equal(writeChunk(1024, 1024), 1536);
  assert.equal(MAX_WRITEBACK_PAGES, 1024);
});

test('background and dirty limits are 10 and 20 % of the dirtyable pages', () => {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const machine = new Machine(events, queue, defaultVmOptions, findWay('writepage'));
  const { dirtyable } = machine.memory;
  assert.deepEqual(machine.memory.dirtyLimits(), [
    Math.floor(dirtyable / 10),
    Math.floor(dirtyable / 5),
  ]);
});

/** Dirties pages of files in the given order (oldest first) and reclaims one batch by itself. */
function reclaimed(
  way: string,
  pages: readonly (readonly [file: string, index: number])[],
  changes: Partial<VmOptions> = {},
) {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const options = { ...defaultVmOptions, pages: 1024, ...changes };
  const machine = new Machine(events, queue, options, findWay(way));
  const { memory, files, allocator, reclaim } = machine;
  const inodes = new Map<string, number>();
  for (const [file, index] of pages) {
    const inode = files.inodeOf(inodes.get(file) ?? files.open(file, 256 * PAGE_BYTES));
    if (!inodes.has(file)) inodes.set(file, inode.number);
    const frame = allocator.tryFast(0);
    memory.addToCache(frame, inode, index);
    memory.setDirty(frame);
  }
  const task = machine.spawn(
    'reclaimer',
    (function* () {
      const [node] = memory.topology.nodes;
      node.domains[0].lruvecs[0].savedScan[Lru.inactiveFile] = 32;
      yield* reclaim.direct(node, 0);
    })(),
  );
  machine.runUntilDone([task]);
  const first = (sector: number) => (sector - queue.seen[0].sector) / PAGE_SECTORS;
  return {
    machine,
    writes: queue.seen.map(({ sector, sectors }) => [first(sector), sectors / PAGE_SECTORS]),
  };
}

test('range: dirty pages 5, 9, 7 of a file are written as the span 5..9', () => {
  const indices = [5, 9, 7];
  const { machine, writes } = reclaimed(
    'range',
    indices.map((index) => ['a', index] as const),
  );
  // 6 and 8 are not cached, so they are not dirty: the span is walked, and 5, 7, 9 are written.
  assert.deepEqual(writes, [
    [0, 1],
    [2, 1],
    [4, 1],
  ]);
  assert.equal(machine.memory.stat.nrVmscanWrite, 0, 'ranges are not counted as vmscan writes');
});

test('range: pages of the span that are dirty but not in the batch are written too', () => {
  const all = Array.from({ length: 40 }, (_, i) => ['a', i] as const);
  // 40 dirty pages, a batch of 32: the oldest is page 39, so the span is wider than the batch.
  const order = [39, ...Array.from({ length: 39 }, (_, i) => i)].map((i) => all[i]);
  const { machine, writes } = reclaimed('range', order);
  assert.deepEqual(writes, [[0, 40]]);
  assert.equal(machine.memory.stat.pagesExtra, 8);
});

test('range: two files interleaved are written one range after the other', () => {
  const { machine, writes } = reclaimed('range', [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    ['b', 2],
  ]);
  assert.equal(writes.length, 2);
  assert.deepEqual(
    writes.map(([, pages]) => pages),
    [2, 2],
  );
  assert.ok(writes[0][0] < writes[1][0], 'the oldest file first');
  assert.equal(machine.memory.stat.pagesExtra, 0);
});

test('range: a single page goes through writepage, with PG_reclaim', () => {
  const { machine } = reclaimed('range', [['a', 5]]);
  assert.equal(machine.memory.stat.nrVmscanWrite, 1);
});

test('around: the contiguous dirty neighbours, back to a multiple of 32 and 32 in all', () => {
  const around = (target: number, dirty: readonly number[]) =>
    reclaimed('around', [
      ['a', target],
      ...dirty.filter((index) => index !== target).map((index) => ['a', index] as const),
    ]).writes;
  const all = Array.from({ length: 64 }, (_, i) => i);
  // From 40: back to 32 (a multiple of 32), forward to 63.
  assert.deepEqual(around(40, all)[0][1], 32);
  // From 31: at most 16 back, to 15; forward to 46.
  assert.deepEqual(around(31, all)[0][1], 32);
  // A gap ends it on either side.
  assert.deepEqual(around(40, [37, 39, 40, 41, 43])[0][1], 3);
});

test('pageout work at 100 MiB/s: units of 256 pages, aligned, which grow to 8 of them', () => {
  assert.equal(pageoutUnit(25_600), 256);
  const range = { first: 2560, pages: 256 };
  assert.ok(extendRange(range, 2600, 256) && range.pages === 256, 'inside');
  assert.ok(!extendRange({ ...range }, 2816 + 256, 256), 'more than a unit behind');
  assert.ok(!extendRange({ ...range }, 2560 - 257, 256), 'more than a unit before');
  for (let at = 0; at < 3; at++) assert.ok(extendRange(range, range.first - 1, 256));
  while (extendRange(range, range.first + range.pages, 256));
  assert.deepEqual(range, { first: 2560 - 3 * 256, pages: 2048 });
});

test('range-early-return: in laptop mode the set-aside pages stay locked for ever', () => {
  const pages = Array.from({ length: 40 }, (_, i) => ['a', i] as const);
  for (const [way, laptopMode, locked] of [
    ['range', true, 0],
    ['range-early-return', false, 0],
    // 40 pages scanned are fewer than the 48 from which on it may write.
    ['range-early-return', true, 40],
  ] as const) {
    const { machine } = reclaimed(way, pages, { laptopMode });
    const { flags } = machine.memory.table;
    assert.equal(flags.filter((of) => (of & Page.locked) !== 0).length, locked, way);
    if (locked === 0) continue;
    const waiter = machine.spawn('waiter', machine.files.fsync(0));
    assert.throws(() => machine.runUntilDone([waiter]), /waiter waits in write_cache_pages/);
  }
});

test('around-2002: 32 pages in the order in which they became dirty, wanted or not', () => {
  const order = [
    ...Array.from({ length: 20 }, (_, i) => 40 + i),
    ...Array.from({ length: 40 }, (_, i) => i),
  ];
  const { machine, writes } = reclaimed(
    'around-2002',
    order.map((index) => ['a', index] as const),
  );
  // Two clusters: the run from 40 on and the first of the other, each bio as the writer ends it.
  assert.equal(writes[0][1], 20);
  assert.equal(
    machine.memory.stat.nrVmscanWrite,
    writes.reduce((sum, [, pages]) => sum + pages, 0),
  );
  assert.equal(machine.memory.stat.pgrotated, 0, 'nothing comes back to the tail');
});

test('P0 to P10 name ways', () => {
  assert.deepEqual(
    [...HISTORY.keys()],
    ['P0', 'P1', 'P1s', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10'],
  );
  for (const [number, name] of HISTORY) assert.equal(findWay(number), pageoutWays.get(name));
});

/** A machine with so many clean pages of one file on its inactive list. */
function withInactive(pages: number, changes: Partial<VmOptions> = {}) {
  const events = new EventQueue();
  const options = { ...defaultVmOptions, pages: 262_144, arch: 'ppc64' as const, ...changes };
  const machine = new Machine(events, new StubQueue(events, 1 * MS), options, findWay('writepage'));
  const { memory, files, allocator } = machine;
  const inode = files.inodeOf(files.open('a', pages * PAGE_BYTES));
  for (let index = 0; index < pages; index++) {
    memory.addToCache(allocator.tryFast(0), inode, index);
  }
  return { machine, inode };
}

test('scan targets are size >> priority, and what is under 32 is carried over', () => {
  const { memory } = withInactive(131_072).machine;
  const [domain] = memory.topology.domains;
  const sc = scanControl(false, 0, domain);
  const amounts = new Int32Array(4);
  const at = (priority: number) => {
    sc.priority = priority;
    scanAmounts(memory, domain.lruvecs[0], sc, amounts);
    return amounts[Lru.inactiveFile];
  };
  assert.deepEqual([12, 11, 9, 0].map(at), [32, 64, 256, 131_072]);
  const half = withInactive(65_536).machine.memory;
  const [lruvec] = half.topology.domains[0].lruvecs;
  const seen = [0, 0, 0, 0].map(() => {
    scanAmounts(half, lruvec, scanControl(false, 0, half.topology.domains[0]), amounts);
    return amounts[Lru.inactiveFile];
  });
  assert.deepEqual(seen, [0, 32, 0, 32]);
});

test('writers run free up to 15 %, and reclaim waits above 22 % under write-back', () => {
  for (const [share, waits] of [
    [0.219, false],
    [0.221, true],
  ] as const) {
    const { machine } = withInactive(4096);
    const { memory, reclaim, events } = machine;
    memory.limits.update();
    const { dirtyable } = memory;
    assert.ok(Math.abs(memory.limits.freerun - 0.15 * dirtyable) <= 1);
    memory.nrWriteback = Math.ceil(share * dirtyable);
    const task = machine.spawn(
      'reclaimer',
      (function* () {
        yield* reclaim.shrinkDomain(
          memory.topology.domains[0],
          scanControl(false, 0, memory.topology.domains[0]),
        );
      })(),
    );
    while (events.nowNs < 150 * MS && events.step());
    memory.nrWriteback = 0;
    machine.runUntilDone([task]);
    assert.equal(memory.stat.congestionWaits[0] > 0, waits, `${share}`);
  }
});

test('ext4 raises a slice to the dirty run, at most 32768 pages; xfs asks for four times as many', () => {
  const { machine, inode } = withInactive(40_000, { fileSystem: 'ext4' });
  for (let index = 0; index < 40_000; index++) {
    machine.memory.setDirty(inode.mapping.frameAt(index));
  }
  const wbc = cyclicControl(0, MAX_WRITEBACK_PAGES);
  assert.equal(inode.bdi.fs.bumpedSlice(inode, MAX_WRITEBACK_PAGES, wbc), 32_768);
  const all = Array.from({ length: 200 }, (_, i) => ['a', i] as const);
  const { writes } = reclaimed('writepage', all, { fileSystem: 'xfs' });
  // The page that reclaim wants, and 4 x 32 behind it; a bio holds 128.
  assert.deepEqual(writes.slice(0, 2), [
    [0, 128],
    [128, 1],
  ]);
});

test('high orders wait for the flusher 10 times (RFC) or 50 times (V3), 100 ms each', () => {
  assert.equal(findWay('nodirect-rfc').rules?.cleanRounds, 10);
  assert.equal(findWay('nodirect').rules?.cleanRounds, 50);
});

/** Each value of section 9: the file that holds its test, and how that test's name begins. */
const CHECKLIST = [
  ['watermarks of 256 MiB to 4 GiB', 'mm/golden', 'watermarks of one zone'],
  ['scan target size >> priority, carried over', 'mm/golden', 'scan targets are size >> priority'],
  ['pool of 128: congested at 113, clear under 103', 'block/golden', 'a pool of 128 is congested'],
  ['full at 128, 32 more, never above 192', 'block/golden', 'full at 128, a batch of 32'],
  ['request of 1024 sectors, 128 segments', 'block/golden', 'a request grows to 1024 sectors'],
  ['plug: 4 requests or 3 ms', 'block/golden', '2.6.34: the plug goes at the fourth'],
  ['task plug: 16', 'block/golden', '3.x: a task plugs 16 requests'],
  ['range {5,9,7}', 'mm/golden', 'range: dirty pages 5, 9, 7'],
  ['range of one page', 'mm/golden', 'range: a single page goes through writepage'],
  ['range A1 B1 A2 B2', 'mm/golden', 'range: two files interleaved'],
  ['V6 kick', 'mm/golden', 'what V6 asks the flusher for'],
  ['lumpy wait 10 and 50', 'mm/golden', 'high orders wait for the flusher'],
  ['3.2 throttle, kswapd at 9 and under', 'mm/golden', '3.2: when kswapd may write'],
  ['limits 10 and 20 %', 'mm/golden', 'background and dirty limits'],
  ['freerun 15 %, throttle_vm_writeout 22 %', 'mm/golden', 'writers run free up to 15 %'],
  ['ratelimit_pages and write_chunk', 'mm/golden', 'how often a writer checks the limits'],
  ["Wu's unit and cap", 'mm/golden', 'pageout work at 100 MiB/s'],
  ['flusher slice 1024, ext4 32768, xfs x4', 'mm/golden', 'ext4 raises a slice'],
] as const;

test('every value of section 9 has its test', () => {
  for (const [value, file, name] of CHECKLIST) {
    const text = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
    const titles = [...text.matchAll(/^ *test\(\s*['"`](.*)['"`],/gm)].map(([, title]) => title);
    assert.ok(
      titles.some((title) => title.includes(name)),
      `${value}: no test in ${file} is called "${name}"`,
    );
  }
});
