/** Profiles of small flash drives in which every option is drawn: for the property tests beside this file. */

import fc from 'fast-check';
import { allocationOrders } from '../../../src/device/ssd/allocation-order.ts';
import { victimPolicyNames } from '../../../src/device/ssd/gc/registry.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { smallProfile } from './small.ts';

export const profiles: fc.Arbitrary<SsdProfile> = fc
  .record({
    channels: fc.integer({ min: 1, max: 3 }),
    chips: fc.integer({ min: 1, max: 2 }),
    dies: fc.integer({ min: 1, max: 2 }),
    planes: fc.integer({ min: 1, max: 2 }),
    multiplane: fc.boolean(),
    pagesPerBlock: fc.constantFrom(8, 8, 24, 40),
    pagesPerProgram: fc.constantFrom(1, 2),
    pageBytes: fc.constantFrom(4096, 8192),
    unitBytes: fc.constantFrom(2048, 4096),
    initialFill: fc.constantFrom(0, 0.37, 1, 'steady' as const),
    writeBack: fc.boolean(),
    isProtected: fc.boolean(),
    fullDuplex: fc.boolean(),
    hold: fc.boolean(),
    policy: fc.constantFrom(...victimPolicyNames),
    choices: fc.integer({ min: 1, max: 5 }),
    preemptible: fc.constantFrom(true, false, 'reads' as const),
    soft: fc.constantFrom(undefined, 3, 5),
    suspend: fc.option(
      fc.record({
        program_us: fc.integer({ min: 0, max: 90 }),
        erase_us: fc.integer({ min: 0, max: 300 }),
        program_interval_us: fc.constantFrom(0, 120),
        erase_interval_us: fc.constantFrom(0, 333),
        resume_us: fc.constantFrom(0, 20),
        at_most: fc.integer({ min: 1, max: 4 }),
      }),
      { nil: undefined },
    ),
    allocation: fc.constantFrom('next-free' as const, 'by-address' as const),
    planeAllocation: fc.constantFrom(undefined, ...allocationOrders),
    unmappedReads: fc.constantFrom(undefined, 'zeroes' as const, 'flash' as const),
    readRetry: fc.option(
      fc.array(
        fc.record({
          share: fc.constantFrom(0.01, 0.1, 0.3),
          extra_reads: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
          added_us: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      { nil: undefined },
    ),
    streams: fc.constantFrom(
      undefined,
      { directive: 2 },
      { directive: 4 },
      { detect: { counters: 64, hot_writes: 3, halve_after_writes: 100 } },
    ),
    idle: fc.option(
      fc.record({
        after_us: fc.constantFrom(0, 137.003, 1733.009),
        free_blocks: fc.integer({ min: 1, max: 9 }),
      }),
      { nil: undefined },
    ),
    wear: fc.option(
      fc.record({
        dynamic: fc.boolean(),
        static_threshold: fc.option(fc.integer({ min: 2, max: 6 }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
    slc: fc.option(
      fc.record({
        bits_per_cell: fc.constantFrom(2, 4),
        read_us: fc.constantFrom(20, 31),
        program_us: fc.constantFrom(90, 140),
        pages_per_program: fc.constant(1),
        static_blocks: fc.integer({ min: 0, max: 3 }),
        dynamic_share: fc.constantFrom(0, 0.3, 1),
        when_full: fc.constantFrom('direct' as const, 'fold' as const),
        fold_after_us: fc.constantFrom(undefined, 0, 211.007, 2311.013),
      }),
      { nil: undefined },
    ),
    cachedMap: fc.option(
      fc.record({
        bytes: fc.constantFrom(2048, 4096, 20_480),
        entry_bytes: fc.constantFrom(32, 128),
        segment_entries: fc.constantFrom(undefined, 1, 4),
      }),
      { nil: undefined },
    ),
    copyback: fc.boolean(),
    chipServesOne: fc.boolean(),
    commandsYield: fc.boolean(),
    sharedReady: fc.boolean(),
    pairsPlanes: fc.constantFrom(false, true, 'in-line' as const),
    sendsPadding: fc.boolean(),
    spare: fc.integer({ min: 7, max: 10 }),
  })
  .map((r) => {
    const soft = (r.soft ?? 2) - 2;
    const blocks = 24 + soft;
    // More open blocks need more spare ones.
    const mapBlocks = r.cachedMap === undefined ? 0 : 2;
    const cache = r.slc === undefined ? 0 : r.slc.static_blocks + 2;
    const spare = r.spare + soft + (r.streams?.directive ?? 2) - 2 + cache + mapBlocks;
    const lanePages = (blocks - spare) * r.pagesPerBlock;
    const bytes = r.channels * r.chips * r.dies * r.planes * lanePages * r.pageBytes;
    return smallProfile({
      // Not a whole number of units, now and then.
      capacity_sectors: bytes / 512 - 3,
      link: { full_duplex: r.fullDuplex },
      array: {
        channels: r.channels,
        chips_per_channel: r.chips,
        dies_per_chip: r.dies,
        planes_per_die: r.planes,
        multiplane: r.multiplane,
        pages_per_block: r.pagesPerBlock,
        pages_per_program: r.pagesPerProgram,
        page_bytes: r.pageBytes,
        blocks_per_plane: blocks,
        hold_during_transfer: r.hold,
        read_us: [50, 61, 83],
        suspend: r.suspend,
        read_retry: r.readRetry,
        sends_padding: r.sendsPadding,
        chip_serves_one: r.chipServesOne,
        commands_yield: r.commandsYield,
        shared_ready: r.sharedReady,
        pairs_planes: r.pairsPlanes,
      },
      buffer: { write_back: r.writeBack, power_loss_protected: r.isProtected },
      ftl: {
        unit_bytes: r.unitBytes,
        initial_fill: r.initialFill,
        allocation: r.allocation,
        plane_allocation: r.planeAllocation,
        unmapped_reads: r.unmappedReads,
        streams: r.streams,
        cached_map:
          r.cachedMap && r.unitBytes > r.cachedMap.bytes
            ? { ...r.cachedMap, bytes: r.unitBytes }
            : r.cachedMap,
      },
      gc: {
        policy: r.policy,
        choices: r.choices,
        window_blocks: 2 * r.choices,
        idle: r.idle,
        preemptible: r.preemptible === false && r.cachedMap !== undefined ? true : r.preemptible,
        soft_free_blocks: r.soft,
        copyback: r.copyback && r.unitBytes === r.pageBytes && !(r.multiplane && r.planes > 1),
      },
      wear: r.wear,
      slc: r.slc,
    });
  });
