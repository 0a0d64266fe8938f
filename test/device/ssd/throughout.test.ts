/** What must hold at every moment of a run, for any drive under any load. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { BlockState, GC_RESERVE, Stream } from '../../../src/device/ssd/blocks.ts';
import { SlotState } from '../../../src/device/ssd/buffer.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { drive } from './random-load.ts';
import { profiles } from './random-profiles.ts';
import { Bench, smallProfile } from './small.ts';

/** Events between two looks at the whole map. */
const LOOK_EVERY = 500;

/** One use of a buffer's slot, from when data got into it until it is given back. */
interface Holding {
  slot: number;
  use: number;
}

/**
 * Follows the data through a drive's buffer from outside: in which slot it is, and whether what is
 * given back has been programmed, or overwritten by what has been, or trimmed.
 */
class BufferWatch {
  readonly #bench: Bench;
  /** By slot: how often it was given back, and when data last got into it: time, and number. */
  readonly #uses: number[];
  readonly #inNs: number[] = [];
  readonly #inOrder: number[] = [];
  #order = 0;
  /** By unit: the number of the data placed on the flash last, and of the last trim. */
  readonly #placed = new Map<number, number>();
  readonly #trimmed = new Map<number, number>();
  /** By tag: what a durable write's data is in. */
  readonly #durable = new Map<number, Holding[]>();

  constructor(bench: Bench, programNs: number) {
    const { buffer, ftl } = bench.drive;
    this.#bench = bench;
    this.#uses = Array.from({ length: buffer.slots }, () => 0);
    let justPlaced: number[] = [];
    const arrived = buffer.arrived.bind(buffer);
    buffer.arrived = (slot) => {
      const tag = buffer.owner[slot];
      const at = arrived(slot);
      this.#inNs[at] = bench.events.nowNs;
      this.#inOrder[at] = ++this.#order;
      if (tag >= 0) this.#durable.get(tag)!.push({ slot: at, use: this.#uses[at] });
      return at;
    };
    const place = ftl.place.bind(ftl);
    ftl.place = (logicals, count, physical) => {
      justPlaced = [...logicals.subarray(0, count)];
      place(logicals, count, physical);
    };
    const unmap = ftl.unmap.bind(ftl);
    ftl.unmap = (logical) => {
      this.#trimmed.set(logical, ++this.#order);
      unmap(logical);
    };
    const release = buffer.release.bind(buffer);
    buffer.release = (slot) => {
      const logical = buffer.logical[slot];
      const order = this.#inOrder[slot];
      const placed = this.#placed.get(logical) ?? 0;
      if (buffer.stale[slot] === 0) {
        const nth = justPlaced.indexOf(logical);
        assert.ok(nth >= 0, 'given back without having been programmed');
        justPlaced.splice(nth, 1);
        assert.ok(bench.events.nowNs - this.#inNs[slot] >= programNs, 'sooner than a program');
        assert.ok(order > placed, 'older data over newer');
        this.#placed.set(logical, order);
      } else {
        assert.ok(Math.max(placed, this.#trimmed.get(logical) ?? 0) > order, 'lost');
      }
      this.#uses[slot]++;
      release(slot);
    };
  }

  /** What the buffer has now, data still on the link left out. */
  holdings(): Holding[] {
    const { buffer } = this.#bench.drive;
    return this.#uses.flatMap((use, slot) =>
      buffer.state[slot] > SlotState.arriving ? [{ slot, use }] : [],
    );
  }

  expectDurable(tag: number): void {
    this.#durable.set(tag, []);
  }

  /** The slots that a durable write's data went to. */
  durable(tag: number): Holding[] {
    return this.#durable.get(tag) ?? [];
  }

  areGone(holdings: readonly Holding[]): boolean {
    return holdings.every(({ slot, use }) => this.#uses[slot] > use);
  }
}

/** The shortest program, ns. */
function programNs({ array, slc }: SsdProfile): number {
  return Math.min(...array.program_us, slc?.program_us ?? Infinity) * 1000;
}

test('a flush ends when all buffered before it is programmed, a durable write when its data is', () => {
  let flushes = 0;
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const bench = new Bench(profile);
      const watch = new BufferWatch(bench, programNs(profile));
      const { write_back: isBack, power_loss_protected: isProtected } = profile.buffer;
      const before = new Map<number, Holding[]>();
      const writes = new Set<number>();
      drive(bench, seed, 1000, {
        submits(tag, op, flags) {
          before.delete(tag);
          writes.delete(tag);
          watch.expectDurable(tag);
          if (op === Op.flush && isBack && !isProtected) before.set(tag, watch.holdings());
          const isFua = flags === DeviceFlag.fua && !isProtected;
          if (op === Op.write && (!isBack || isFua)) writes.add(tag);
        },
        completes(tag) {
          if (before.has(tag)) flushes += Math.min(1, before.get(tag)!.length);
          assert.ok(watch.areGone(before.get(tag) ?? []), 'flushed');
          if (writes.has(tag)) assert.ok(watch.durable(tag).length > 0);
          assert.ok(watch.areGone(watch.durable(tag)), 'durable');
        },
      });
    }),
    { numRuns: 60, examples: [[smallProfile(), 1]] },
  );
  assert.ok(flushes > 100, `${flushes} flushes had something to wait for`);
});

/** Blocks whose count of valid units is not what the map says, lanes whose count of free ones is not. */
function countFaults({ drive: { blocks, ftl, geometry } }: Bench): string[] {
  const valid = new Int32Array(geometry.blocks);
  const free = new Int32Array(geometry.lanes);
  for (let logical = 0; logical < geometry.mappedUnits; logical++) {
    const physical = ftl.lookup(logical);
    if (physical >= 0) valid[geometry.blockOf(physical)]++;
  }
  const faults: string[] = [];
  for (let block = 0; block < geometry.blocks; block++) {
    if (blocks.state[block] === BlockState.free) free[geometry.laneOfBlock(block)]++;
    if (blocks.valid[block] !== valid[block]) faults.push(`block ${block}`);
  }
  free.forEach((count, lane) => {
    if (blocks.free[lane] !== count) faults.push(`lane ${lane}`);
  });
  return faults;
}

/** Collection beside the host that takes a free block for a program that only joins another plane's. */
const joiningProfile = smallProfile({
  capacity_sectors: 3581,
  link: { full_duplex: false },
  array: {
    chips_per_channel: 1,
    planes_per_die: 2,
    blocks_per_plane: 27,
    page_bytes: 4096,
    hold_during_transfer: false,
    read_us: [50, 61, 83],
    sends_padding: false,
    pairs_planes: true,
  },
  buffer: { write_back: false },
  ftl: { unit_bytes: 2048, initial_fill: 0 },
  gc: { soft_free_blocks: 5 },
  slc: {
    bits_per_cell: 2,
    read_us: 20,
    program_us: 90,
    static_blocks: 0,
    dynamic_share: 1,
    when_full: 'fold',
  },
});

test('the host leaves the hard limit of free blocks, collection always finds one, counts are true', () => {
  fc.assert(
    fc.property(profiles, fc.integer({ min: 0, max: 1e6 }), (profile, seed) => {
      const bench = new Bench(profile);
      const { blocks } = bench.drive;
      const allocate = blocks.allocate.bind(blocks);
      blocks.allocate = (lane, stream) => {
        assert.ok(blocks.hasRoom(lane, stream), `stream ${stream} without a place`);
        const free = blocks.free[lane];
        const physical = allocate(lane, stream);
        const left = blocks.free[lane];
        assert.ok(left >= 0);
        if (left < free && stream !== Stream.gc)
          assert.ok(left >= GC_RESERVE, `${left} free blocks`);
        return physical;
      };
      let steps = 0;
      drive(bench, seed, 1500, {
        steps() {
          if (++steps % LOOK_EVERY === 0) assert.deepEqual(countFaults(bench), []);
        },
      });
      assert.deepEqual(countFaults(bench), []);
    }),
    { numRuns: 60, examples: [[joiningProfile, 1]] },
  );
});

test('without collection the host fills a lane up to the hard limit, which is for collection', () => {
  const { blocks } = new Bench(smallProfile({ ftl: { initial_fill: 0 } })).drive;
  while (blocks.hasRoom(0, Stream.host)) {
    blocks.allocate(0, Stream.host);
    blocks.programmed(0, Stream.host);
  }
  assert.equal(blocks.free[0], GC_RESERVE);
  assert.ok(blocks.hasRoom(0, Stream.gc));
});

test('a read to fill a unit that starts collection, which gives the lane back, does not hang', () => {
  const profile = smallProfile({
    capacity_sectors: 1661,
    array: {
      channels: 1,
      chips_per_channel: 1,
      planes_per_die: 2,
      blocks_per_plane: 24,
      page_bytes: 4096,
      read_us: [50, 61, 83],
      suspend: {
        program_us: 88,
        erase_us: 0,
        program_interval_us: 0,
        erase_interval_us: 333,
        resume_us: 20,
        at_most: 1,
      },
      read_retry: [
        { share: 0.3, extra_reads: 3, added_us: 2 },
        { share: 0.3, added_us: 89 },
      ],
    },
    ftl: {
      unit_bytes: 4096,
      allocation: 'next-free',
      plane_allocation: 'DWPC',
      unmapped_reads: 'flash',
      initial_fill: 'steady',
    },
    gc: {
      preemptible: false,
      policy: 'windowed',
      choices: 2,
      window_blocks: 4,
      start_free_blocks: 2,
      copyback: true,
      idle: { after_us: 1733.009, free_blocks: 2 },
    },
    wear: { dynamic: true },
    slc: {
      bits_per_cell: 4,
      read_us: 31,
      program_us: 140,
      pages_per_program: 1,
      static_blocks: 1,
      dynamic_share: 0,
      when_full: 'direct',
      fold_after_us: 211.007,
    },
  });
  drive(new Bench(profile), 424388, 2500);
});
