/** A map that is only partly in memory, to the nanosecond and against its arithmetic. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { loadProfile } from '../../../src/device/registry.ts';
import { ssdProfileSchema, type SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { runDirectLoop } from '../../../src/workload/bare/direct-loop.ts';
import {
  Bench,
  CHANNEL_NS,
  LINK_NS,
  mapFaults,
  PROGRAM_NS,
  READ_NS,
  smallProfile,
} from './small.ts';

type CachedMap = NonNullable<SsdProfile['ftl']['cached_map']>;

/** 512 units; entries of 64 bytes, so that a translation page of 4 KiB has 64 of them: 8 pages. */
const ENTRY = 64;
const PAGE_UNITS = 64;
const ONE_READ = 3000 + READ_NS + CHANNEL_NS + LINK_NS;
const PAGE_READ = READ_NS + CHANNEL_NS;
const PROGRAM = 2 * CHANNEL_NS + PROGRAM_NS;

function bench(
  cached_map: CachedMap | undefined,
  ftl: Partial<SsdProfile['ftl']> = {},
  rest: Parameters<typeof smallProfile>[0] = {},
): Bench {
  return new Bench(smallProfile({ ...rest, ftl: { cached_map, ...ftl } }));
}

/** Memory for so many whole translation pages. */
const pages = (n: number): CachedMap => ({ bytes: n * 4096, entry_bytes: ENTRY });
/** Memory for so many entries, each on its own. */
const entries = (n: number): CachedMap => ({
  bytes: n * ENTRY,
  entry_bytes: ENTRY,
  segment_entries: 1,
});

function one(drive: Bench, op: Op, unit: number, units = 1, flags = 0): number {
  const start = drive.events.nowNs;
  drive.submit(0, op, unit * 8, units * 8, flags);
  drive.run();
  return drive.doneNs[0] - start;
}

test('a miss is one page read more, a hit is none', () => {
  const drive = bench(pages(2));
  assert.equal(one(drive, Op.read, 0), PAGE_READ + ONE_READ);
  assert.equal(drive.drive.explain(0).dieWait, PAGE_READ);
  assert.equal(one(drive, Op.read, 5), ONE_READ);
  assert.equal(one(drive, Op.read, PAGE_UNITS), PAGE_READ + ONE_READ);
  // Two fit: the first is still there, a third drives out the one used least recently.
  assert.equal(one(drive, Op.read, 1), ONE_READ);
  assert.equal(one(drive, Op.read, 2 * PAGE_UNITS), PAGE_READ + ONE_READ);
  assert.equal(one(drive, Op.read, 2), ONE_READ);
  assert.equal(one(drive, Op.read, PAGE_UNITS + 1), PAGE_READ + ONE_READ);
  const { mapHits, mapMisses, mapReads, mapWrites } = drive.drive.counters;
  assert.deepEqual([mapHits, mapMisses, mapReads, mapWrites], [3, 4, 4, 0]);
});

test('single entries: the neighbour is a miss', () => {
  const drive = bench(entries(4));
  assert.equal(one(drive, Op.read, 0), PAGE_READ + ONE_READ);
  assert.equal(one(drive, Op.read, 0), ONE_READ);
  assert.equal(one(drive, Op.read, 1), PAGE_READ + ONE_READ);
});

test('a read over two translation pages waits for the one and then for the other', () => {
  const drive = bench(pages(2));
  const whole = bench(undefined);
  const without = one(whole, Op.read, PAGE_UNITS - 1, 2);
  assert.equal(one(drive, Op.read, PAGE_UNITS - 1, 2), 2 * PAGE_READ + without);
});

test('reads that miss the same translation page read it once', () => {
  const drive = bench(pages(2));
  for (let tag = 0; tag < 4; tag++) drive.submit(tag, Op.read, tag * 16, 8);
  drive.run();
  assert.equal(drive.drive.counters.mapReads, 1);
  assert.equal(drive.doneNs[0], PAGE_READ + ONE_READ);
});

test('a durable write that misses waits for a page read, one that hits does not', () => {
  const drive = bench(pages(2));
  const write = 2000 + LINK_NS + PROGRAM;
  assert.equal(one(drive, Op.write, 0, 1, DeviceFlag.fua), PAGE_READ + write);
  assert.equal(one(drive, Op.write, 1, 1, DeviceFlag.fua), write);
  // A buffered one is acknowledged before the map is asked.
  assert.equal(one(drive, Op.write, 200), 2000 + LINK_NS);
});

test('a dirty page that makes room is written; one of which single entries are held is read first', () => {
  for (const [map, reads] of [
    [pages(1), 0],
    [entries(1), 1],
  ] as const) {
    const array = { channels: 1, chips_per_channel: 1, blocks_per_plane: 64 };
    const drive = bench(map, {}, { array });
    one(drive, Op.write, 0, 1, DeviceFlag.fua);
    const evictNs = drive.events.nowNs;
    // What drives it out is a read: it waits for its own page, and for nothing else.
    assert.equal(one(drive, Op.read, PAGE_UNITS), PAGE_READ + ONE_READ);
    // The one die then reads the page that is to be written.
    const restNs = 3000 + 2 * PAGE_READ + (reads === 0 ? LINK_NS : PAGE_READ);
    assert.equal(drive.events.nowNs - evictNs, restNs);
    const start = drive.events.nowNs;
    drive.submit(1, Op.flush, 0, 0);
    drive.run();
    assert.equal(drive.doneNs[1] - start, PROGRAM);
    assert.equal(drive.drive.counters.mapWrites, 1);
    // Clean by now: no write.
    one(drive, Op.read, 0);
    one(drive, Op.read, PAGE_UNITS);
    one(drive, Op.flush, 0, 0);
    assert.equal(drive.drive.counters.mapWrites, 1);
    assert.deepEqual(mapFaults(drive.drive), []);
  }
});

test('what is dirty of a page goes out with it', () => {
  const drive = bench(entries(8));
  for (let n = 0; n < 8; n++) one(drive, Op.write, n, 1, DeviceFlag.fua);
  for (let n = 0; n < 8; n++) one(drive, Op.read, 100 + n);
  one(drive, Op.flush, 0, 0);
  assert.equal(drive.drive.counters.mapWrites, 1);
});

test('under uniform random reads the hit ratio is the share of the map that is in memory', (t) => {
  for (const map of [pages(2), pages(4), pages(6), entries(64), entries(256)]) {
    const drive = bench(map);
    const random = new RandomStream(1, 'load');
    const count = 8000;
    const run = (): void => {
      for (let n = 0; n < count; n++) {
        drive.submit(0, Op.read, random.below(512) * 8, 8);
        drive.run();
      }
    };
    run();
    const before = drive.drive.counters.mapHits;
    run();
    const ratio = (drive.drive.counters.mapHits - before) / count;
    const share = map.bytes / (512 * ENTRY);
    t.diagnostic(`${share}: ${ratio}`);
    assert.ok(Math.abs(ratio - share) < 4 * Math.sqrt((share * (1 - share)) / count));
  }
});

test('with all of it in memory a drive is as one whose map is ideal, to the nanosecond', () => {
  const run = (
    ftl: Partial<SsdProfile['ftl']>,
    initial_fill: number,
    writes: boolean,
    isAligned: boolean,
  ) => {
    const drive = bench(ftl.cached_map, { ...ftl, initial_fill }, { capacity_sectors: 3072 });
    const random = new RandomStream(4, 'load');
    const done: number[] = [];
    let sent = 0;
    drive.onComplete = (tag) => {
      done.push(drive.events.nowNs, tag);
      if (sent++ >= 3000) return;
      const isRead = !writes || random.below(3) === 0;
      const units = 1 + random.below(4);
      const sector = random.below(384 - units) * 8 + (isAligned ? 0 : random.below(3));
      drive.submit(tag, isRead ? Op.read : Op.write, sector, units * 8);
    };
    for (let tag = 0; tag < 8; tag++) drive.onComplete(tag);
    drive.run();
    assert.equal(drive.drive.counters.mapWrites, 0);
    return done;
  };
  const whole = { cached_map: pages(8) };
  assert.deepEqual(run(whole, 0, true, true), run({}, 0, true, true));
  assert.deepEqual(run({ cached_map: entries(512) }, 1, false, false), run({}, 1, false, false));
  // With streams the rest of a cut unit is read as soon as it is dirty: streams on both sides.
  const streams = { directive: 2 };
  assert.deepEqual(run(whole, 0, true, false), run({ streams }, 0, true, false));
});

test('collection writes the pages that map what it moves', () => {
  const run = (cached_map: CachedMap | undefined): Bench => {
    const drive = bench(cached_map, {}, { capacity_sectors: 3072 });
    const random = new RandomStream(2, 'load');
    let sent = 0;
    drive.onComplete = (tag) => {
      if (sent++ < 4000) drive.submit(tag, Op.write, random.below(384) * 8, 8);
    };
    for (let tag = 0; tag < 8; tag++) drive.onComplete(tag);
    drive.run();
    assert.deepEqual(mapFaults(drive.drive), []);
    return drive;
  };
  const ideal = run(undefined);
  const small = run(entries(4));
  assert.ok(small.drive.counters.gcUnits > 0 && small.drive.counters.mapWrites > 100);
  assert.ok(small.events.nowNs > 1.3 * ideal.events.nowNs);
});

test('trimmed pages of the map need no read, and what is unmapped stays so', () => {
  const drive = bench(entries(4));
  one(drive, Op.discard, 0, 2 * PAGE_UNITS);
  one(drive, Op.flush, 0, 0);
  assert.equal(drive.drive.counters.mapWrites, 2);
  assert.equal(drive.drive.counters.mapReads, 0);
  assert.equal(one(drive, Op.read, 3), 3000 + PAGE_READ + LINK_NS);
});

test('a drive that was written in part has the pages that map that part', () => {
  const drive = bench(pages(1), { initial_fill: 0.5 });
  const { ftl, geometry } = drive.drive;
  assert.equal(geometry.mappedUnits, 512 + 8);
  for (let page = 0; page < 8; page++) {
    assert.equal(ftl.lookup(512 + page) >= 0, page < 4);
  }
  assert.deepEqual(mapFaults(drive.drive), []);
  // Beyond it there is nothing to read, not even the map.
  assert.equal(one(drive, Op.read, 500), 3000 + LINK_NS);
});

test('memory for less than a segment, or segments that do not divide a page, are errors', () => {
  const parse = (cached_map: CachedMap) =>
    ssdProfileSchema.safeParse({ ...smallProfile(), ftl: { ...smallProfile().ftl, cached_map } });
  assert.match(
    parse({ bytes: 1000, entry_bytes: 64 }).error!.issues[0].message,
    /at least a segment's, 4096/,
  );
  assert.match(
    parse({ bytes: 4096, entry_bytes: 64, segment_entries: 7 }).error!.issues[0].message,
    /divisor of the 64 entries/,
  );
});

test('collection that feeds itself: what it moves dirties the map, whose writes make it collect more, and it ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 24 }),
      fc.integer({ min: 2400, max: 3200 }),
      fc.integer({ min: 0, max: 1e6 }),
      (held, capacity_sectors, seed) => {
        const run = (cached_map: CachedMap | undefined): Bench => {
          const drive = bench(cached_map, {}, { capacity_sectors });
          const { blocks, capacitySectors } = drive.drive;
          const random = new RandomStream(seed, 'load');
          const units = Math.floor(capacitySectors / 8);
          let sent = 0;
          drive.onComplete = (tag) => {
            if (sent++ < 1500) drive.submit(tag, Op.write, random.below(units) * 8, 8);
          };
          for (let tag = 0; tag < 8; tag++) drive.onComplete(tag);
          // Each round of collection writes less of the map than it was fed: it dies down.
          let events = 0;
          while (drive.events.step()) {
            assert.ok(++events < 1e6, 'goes on without end');
            assert.ok(blocks.free.every((free) => free >= 0));
          }
          assert.deepEqual(mapFaults(drive.drive), []);
          return drive;
        };
        const ideal = run(undefined).drive.counters;
        const fed = run(entries(held)).drive.counters;
        // The host writes the same; the map's own writes go to the same blocks.
        assert.ok(fed.mapWrites > 0 && ideal.gcUnits > 0);
        assert.ok(fed.gcUnits > ideal.gcUnits, `${fed.gcUnits} moved, ${ideal.gcUnits} without`);
        assert.ok(fed.erases > ideal.erases);
      },
    ),
    { numRuns: 12 },
  );
});

test("MQSim's default drive with its cached map: a lone 4 KiB read is two page reads", () => {
  const at = (name: string) =>
    runDirectLoop(loadProfile(name), { write: false, outstanding: 1, requests: 500 }).mean_us;
  // 88.906 us with an ideal map, 165.0 with the cached one (../shared/validation/mqsim).
  assert.ok(Math.abs(at('mqsim-default') - 88.9) < 0.5);
  assert.ok(Math.abs(at('mqsim-default-cached-map') / 165 - 1) < 0.1);
});
