/** A cache of single-level cells, to the nanosecond. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { Bench, CHANNEL_NS, ERASE_NS, LINK_NS, mapFaults, READ_NS, smallProfile } from './small.ts';

type Slc = NonNullable<SsdProfile['slc']>;

const SLC_READ_NS = 20_000;
const SLC_PROGRAM_NS = 100_000;
const TLC_PROGRAM_NS = 900_000;
/** A page of two units over the channel, then into the cache. */
const CACHED_PAGE = 2 * CHANNEL_NS + SLC_PROGRAM_NS;
/** Three pages in one shot. */
const TLC_PROGRAM = 6 * CHANNEL_NS + TLC_PROGRAM_NS;
/** A block of the cache holds three pages: they are read, programmed in one shot, and it is erased. */
const FOLD = 3 * (SLC_READ_NS + 2 * CHANNEL_NS) + TLC_PROGRAM + ERASE_NS;
/** Firmware, and the first page over the link: from then on the die is busy. */
const FIRST = 2000 + 2 * LINK_NS;

/** One die of blocks of nine pages, three bits a cell. */
function bench(over: Partial<Slc> = {}, rest: Parameters<typeof smallProfile>[0] = {}): Bench {
  const slc: Slc = {
    bits_per_cell: 3,
    read_us: SLC_READ_NS / 1000,
    program_us: SLC_PROGRAM_NS / 1000,
    static_blocks: 8,
    dynamic_share: 0,
    when_full: 'direct',
    ...over,
  };
  return new Bench(
    smallProfile({
      capacity_sectors: 4000,
      ...rest,
      array: {
        channels: 1,
        chips_per_channel: 1,
        blocks_per_plane: 64,
        pages_per_block: 9,
        pages_per_program: 3,
        program_us: [TLC_PROGRAM_NS / 1000],
        ...rest.array,
      },
      buffer: { bytes: 98304, ...rest.buffer },
      ftl: { initial_fill: 0, ...rest.ftl },
      slc,
    }),
  );
}

/** Writes pages one after the other and drains the buffer; how long it takes until all is down. */
function write(drive: Bench, pages: number, from = 0): number {
  const start = drive.events.nowNs;
  let sent = 0;
  drive.onComplete = (tag) => {
    if (tag < 8 && sent < pages) drive.submit(tag, Op.write, (from + sent++) * 16, 16);
  };
  for (let tag = 0; tag < 8; tag++) drive.onComplete(tag);
  const before = drive.order.length;
  while (drive.order.length < before + pages) drive.events.step();
  drive.onComplete = undefined;
  drive.submit(9, Op.flush, 0, 0);
  while (drive.order.at(-1) !== 9) drive.events.step();
  return drive.doneNs[9] - start;
}

const cached = (drive: Bench): number => drive.drive.blocks.slc!.count(0);

test('until it is full, writes go at the rate of single-level cells', () => {
  const drive = bench();
  assert.equal(write(drive, 24), FIRST + 24 * CACHED_PAGE);
  assert.equal(cached(drive), 8);
});

test('past a full cache they go at the rate of the other cells, a word line at a time', () => {
  const drive = bench();
  assert.equal(write(drive, 24 + 12), FIRST + 24 * CACHED_PAGE + 4 * TLC_PROGRAM);
  assert.equal(cached(drive), 8);
  assert.equal(drive.drive.counters.foldedUnits, 0);
});

test('where the host waits, each block of a full cache is folded before the next is written', () => {
  const drive = bench({ when_full: 'fold' });
  const blocks = 5;
  assert.equal(
    write(drive, 24 + 3 * blocks),
    FIRST + 24 * CACHED_PAGE + blocks * (FOLD + 3 * CACHED_PAGE),
  );
  // Folding of one more has begun: the cache is full again.
  assert.equal(Math.floor(drive.drive.counters.foldedUnits / 6), blocks);
});

test('idle time empties it: the next burst goes as the first did', () => {
  const drive = bench({ fold_after_us: 1000 });
  const first = write(drive, 30);
  assert.equal(cached(drive), 8);
  const start = drive.events.nowNs;
  drive.run();
  assert.equal(drive.events.nowNs - start, 1_000_000 + 8 * FOLD);
  assert.equal(cached(drive), 0);
  assert.equal(drive.drive.nextEventNs(), Infinity);
  assert.equal(write(drive, 30, 100), first);
});

test('a request that comes while it is folded in idle time waits for one operation', () => {
  const drive = bench({ fold_after_us: 1000 });
  write(drive, 24);
  drive.events.advanceTo(drive.events.nowNs + 1_000_000 + 2 * FOLD + 10_000);
  const start = drive.events.nowNs;
  drive.submit(0, Op.read, 23 * 16, 8);
  while (drive.order.at(-1) !== 0) drive.events.step();
  const read = 3000 + SLC_READ_NS + CHANNEL_NS + LINK_NS;
  // The die is at the first read of a fold.
  assert.equal(drive.doneNs[0] - start, read + SLC_READ_NS + 2 * CHANNEL_NS - 10_000 - 3000);
  assert.ok(cached(drive) >= 5);
});

test('reads of it are fast, and as slow as others once it is folded', () => {
  const drive = bench({ fold_after_us: 1000 });
  write(drive, 24);
  const read = (): number => {
    const start = drive.events.nowNs;
    drive.submit(0, Op.read, 16, 8);
    const before = drive.order.length;
    while (drive.order.length === before) drive.events.step();
    return drive.doneNs[0] - start - 3000 - CHANNEL_NS - LINK_NS;
  };
  assert.equal(read(), SLC_READ_NS);
  drive.run();
  assert.equal(read(), READ_NS);
});

test('what was overwritten in the cache is not folded', () => {
  const drive = bench({ fold_after_us: 1000 });
  write(drive, 12);
  write(drive, 12);
  drive.run();
  assert.equal(drive.drive.counters.foldedUnits, 24);
  assert.deepEqual(mapFaults(drive.drive), []);
});

test('the dynamic part shrinks as the drive fills', (t) => {
  const sizes = [0, 0.2, 0.4, 0.6, 0.8, 1].map((initial_fill) => {
    const drive = bench(
      { static_blocks: 0, dynamic_share: 0.5 },
      { ftl: { initial_fill }, capacity_sectors: 6400 },
    );
    let most = 0;
    for (let n = 0; n < 40; n++) {
      write(drive, 3, 3 * n);
      most = Math.max(most, cached(drive));
    }
    return most;
  });
  t.diagnostic(sizes.join(' '));
  // Half of the 64 blocks to begin with; 44 blocks' worth of data when it is full.
  assert.equal(sizes[0], 32);
  for (let i = 1; i < sizes.length; i++) assert.ok(sizes[i] < sizes[i - 1]);
  assert.ok(sizes[5] <= 10);
});

test('a dynamic cache that is full is folded when free blocks get short', () => {
  const drive = bench(
    { static_blocks: 0, dynamic_share: 1 },
    { ftl: { initial_fill: 0.5 }, capacity_sectors: 6400 },
  );
  for (let n = 0; n < 30; n++) {
    write(drive, 10, (n * 10) % 380);
    assert.ok(drive.drive.blocks.free[0] >= 1);
  }
  assert.ok(drive.drive.counters.foldedUnits > 0);
  assert.deepEqual(mapFaults(drive.drive), []);
});
