/** MQSim's cases, and the profile of ours that a case's configuration and workload come to. */

import { readFileSync } from 'node:fs';
import { loadProfile } from '../../src/device/registry.ts';
import type { Geometry } from '../../src/device/ssd/geometry.ts';
import { ssdProfileSchema, type SsdProfile } from '../../src/device/ssd/profile.ts';
import { Steady, type Start } from '../../src/device/ssd/start.ts';
import { assumedBlocks, choicesOf, heldShare } from './mqsim-start.ts';
import { validationData } from './shared.ts';

export interface MqsimCase {
  readonly ssdconfig: Readonly<Record<string, string>>;
  readonly workload: Readonly<Record<string, string>>;
  readonly result: {
    readonly flows?: readonly {
      IOPS: number;
      Write_Request_Count: number;
      End_to_End_Request_Delay: number;
    }[];
    readonly ftl?: Readonly<Record<string, number>>;
  };
}

export const mqsimCases: Readonly<Record<string, MqsimCase>> =
  validationData === undefined
    ? {}
    : (JSON.parse(readFileSync(`${validationData}mqsim/cases.json`, 'utf8')) as Record<
        string,
        MqsimCase
      >);

export const SECTOR = 512;
export const PAGE = 8192;

/** Requests of half a page that touch the first half of theirs only: run as pages of that size. */
export const isHalfPages = ({ workload: w }: MqsimCase): boolean =>
  w.Average_Request_Size === '8' && w.Address_Alignment_Unit === '16';

const softFree = ({ ssdconfig: s }: MqsimCase): number =>
  Math.floor(Number(s.GC_Exec_Threshold) * Number(s.Block_No_Per_Plane));

/** The blocks that its preconditioner fills of a plane that holds so many pages, the emptiest first. */
function assumedUsed(of: MqsimCase, pages: number): number[] {
  const { ssdconfig: s, workload: w } = of;
  const blocks = Number(s.Block_No_Per_Plane);
  return assumedBlocks(
    {
      occupancy: Number(w.Initial_Occupancy_Percentage) / 100,
      overProvisioning: Number(s.Overprovisioning_Ratio),
      blocks,
      softFree: softFree(of),
      pagesPerBlock: Number(s.Page_No_Per_Block),
      choices: choicesOf(s.GC_Block_Selection_Policy, blocks),
    },
    pages,
  );
}

/** A drive as its preconditioner takes it to be. */
export function assumedStart(of: MqsimCase, profile: SsdProfile): (geometry: Geometry) => Start {
  const free = profile.gc.start_free_blocks + 2;
  return (geometry) =>
    new Steady(geometry, free, true, undefined, (units, full) => {
      const used = assumedUsed(of, units);
      // A lane with a page less may have a block less.
      return Int32Array.from({ length: full }, (_, i) => used[used.length - full + i] ?? 0);
    });
}

/** A case's drive. */
export function mqsimProfile(of: MqsimCase, rules: boolean): SsdProfile {
  const { ssdconfig: s, workload: w } = of;
  const base = loadProfile('mqsim-default') as SsdProfile;
  // Both reads of a request, of the map and of the data, pass our front; its delay is a request's.
  const delayUs =
    Number(s.SATA_Processing_Delay) / 1000 / (s.Ideal_Mapping_Table === 'true' ? 1 : 2);
  const isCached = w.Device_Level_Data_Caching_Mode === 'WRITE_CACHE';
  const page = isHalfPages(of) ? PAGE / 2 : PAGE;
  const lanes =
    Number(s.Flash_Channel_Count) *
    Number(s.Chip_No_Per_Channel) *
    Number(s.Die_No_Per_Chip) *
    Number(s.Plane_No_Per_Die);
  const blocks = Number(s.Block_No_Per_Plane);
  const pages = lanes * blocks * 256;
  const isSteady = s.Enabled_Preconditioning === 'true';
  // A steady drive holds what was put on it to begin with, and that is what is overwritten.
  const held = isSteady ? heldShare(Number(w.Initial_Occupancy_Percentage) / 100) : 1;
  const logical = Math.floor(pages * (1 - Number(s.Overprovisioning_Ratio)) * held);
  const memoryBytesPerNs =
    (2 * Number(s.Data_Cache_DRAM_Data_Busrt_Size) * Number(s.Data_Cache_DRAM_Data_Rate)) / 1000;
  // Its estimate of a DRAM access counts half the rows of one that spans several.
  const rows = Number(w.Average_Request_Size ?? 1) * SECTOR > PAGE ? 2 : 1;
  // It counts sectors where we count pages, and a trace's requests start in the middle of one.
  const parts = w.File_Path === undefined ? 1 : 2;
  const requestBytes = Number(w.Average_Request_Size ?? 1) * SECTOR;
  const chips = Number(s.Flash_Channel_Count) * Number(s.Chip_No_Per_Channel);
  const together = w.Address_Distribution === 'STREAMING' ? Number(s.Plane_No_Per_Die) : 1;
  const flashBytesPerNs = (chips * together * page) / 775_000;
  // Its pages are programmed while they yet wait for the DRAM, so that what waits takes no place.
  const waitingBytes =
    memoryBytesPerNs * rows < flashBytesPerNs
      ? Number(w.Average_No_of_Reqs_in_Queue ?? 0) * requestBytes
      : 0;
  return ssdProfileSchema.parse({
    ...base,
    capacity_sectors: (logical * page) / SECTOR,
    controller: {
      ...base.controller,
      serial_us: s.HostInterface_Type === 'SATA' ? delayUs : 0,
    },
    array: {
      ...base.array,
      channels: Number(s.Flash_Channel_Count),
      chips_per_channel: Number(s.Chip_No_Per_Channel),
      dies_per_chip: Number(s.Die_No_Per_Chip),
      planes_per_die: Number(s.Plane_No_Per_Die),
      blocks_per_plane: blocks,
      page_bytes: page,
      multiplane: false,
      pairs_planes: rules ? 'in-line' : true,
      chip_serves_one: rules,
      commands_yield: rules,
    },
    buffer: {
      ...base.buffer,
      write_back: isCached && !rules,
      admission: 'in-order',
      // What may be on its way to the flash at once: a page a plane. Under its rules a cache before the drive.
      bytes: isCached && !rules ? lanes * PAGE * parts + waitingBytes : base.buffer.bytes,
      ...(isCached &&
        !rules && {
          mib_per_s: (memoryBytesPerNs * rows * 1e9) / 2 ** 20,
          access_us: 0.026,
        }),
    },
    ftl: {
      ...base.ftl,
      unit_bytes: page,
      initial_fill: isSteady ? 'steady' : 0,
      unmapped_reads: 'flash',
    },
    gc: {
      ...base.gc,
      // Under its rules a block that is full starts the collection of one: as many stay free as were when
      // its three were open, and one more for the block that levelling empties without being asked to.
      start_free_blocks:
        isSteady && rules
          ? blocks - assumedUsed(of, Math.round(logical / lanes)).length - 2
          : softFree(of),
      preemptible: rules ? 'reads' : true,
      policy: s.GC_Block_Selection_Policy === 'GREEDY' ? 'greedy' : 'random-greedy',
      choices: Math.floor(Math.log2(blocks)),
    },
  });
}
