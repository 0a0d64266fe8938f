/**
 * MQSim's cases on our model: its configuration and workload translated, and either its rules or
 * those of a real drive.
 *
 * Its rules are, on the flash, `chip_serves_one`, `commands_yield`, planes that pair in line and
 * collection that holds up its chip; in the map what `mqsim-mapping.ts` says; at the start what
 * `mqsim-start.ts` says, and the levelling that follows. Without them dies work on their own, commands
 * slip in between transfers, write-backs of the map are programmed, and a drive starts as it settles. All
 * else is the same in both; docs/VALIDATION-MQSIM.md says which is right.
 */

import { readFileSync } from 'node:fs';
import { Op } from '../../src/device/device.ts';
import { loadProfile } from '../../src/device/registry.ts';
import { BlockState, Stream, type Blocks } from '../../src/device/ssd/blocks.ts';
import { SsdDrive } from '../../src/device/ssd/drive.ts';
import type { Geometry } from '../../src/device/ssd/geometry.ts';
import { ssdProfileSchema, type SsdProfile } from '../../src/device/ssd/profile.ts';
import { Steady, type Start } from '../../src/device/ssd/start.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { SECOND } from '../../src/sim/units.ts';
import { MqsimCache, type Piece } from './mqsim-cache.ts';
import { MqsimMapping } from './mqsim-mapping.ts';
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

export interface MqsimOutcome {
  readonly iops: number;
  readonly meanUs: number;
  readonly writeAmplification: number;
  /** Reads of the map on flash a request. */
  readonly mapReads: number;
}

const SECTOR = 512;
const PAGE = 8192;

/** Requests of half a page that touch the first half of theirs only: run as pages of that size. */
const isHalfPages = ({ workload: w }: MqsimCase): boolean =>
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
function assumedStart(of: MqsimCase, profile: SsdProfile): (geometry: Geometry) => Start {
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
      // Under its rules a block that is full starts the collection of one: as many stay free as were.
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

/**
 * Its static wear levelling: what it holds against the threshold is the difference of the numbers of the
 * blocks erased most and least, not of their erases (Flash_Block_Manager_Base::
 * Get_min_max_erase_difference). So the first erase of a plane sets it off, for the first block, which
 * its preconditioner has filled most; the next is one that maps are written to, and never is.
 */
function levelOnce(blocks: Blocks, geometry: Geometry): void {
  const { lanes, blocksPerLane } = geometry;
  const erases = new Uint8Array(lanes);
  const isDone = new Uint8Array(lanes);
  const erased = blocks.erased.bind(blocks);
  blocks.erased = (block) => {
    erases[geometry.laneOfBlock(block)] = 1;
    erased(block);
  };
  const takeVictim = blocks.takeVictim.bind(blocks);
  blocks.takeVictim = (lane) => {
    if (erases[lane] === 0 || isDone[lane] === 1) return takeVictim(lane);
    isDone[lane] = 1;
    let fullest = lane * blocksPerLane;
    for (let block = fullest; block < (lane + 1) * blocksPerLane; block++) {
      const isFull = blocks.state[block] === BlockState.full;
      if (isFull && blocks.valid[block] > blocks.valid[fullest]) fullest = block;
    }
    blocks.policy.remove(fullest, blocks.valid[fullest]);
    blocks.state[fullest] = BlockState.emptying;
    return fullest;
  };
}

/** A drive, MQSim's map before it where the case has one, and requests through both. */
class MqsimRun {
  readonly events = new EventQueue();
  readonly drive: SsdDrive;
  ended = 0;
  sumNs = 0;
  mapping: MqsimMapping | undefined;
  readonly #isCached: boolean;
  readonly #cache: MqsimCache | undefined;
  readonly #linkNsPerSector: number;
  readonly #onArrived: number;
  readonly #arrives: (() => void)[] = [];
  #linkFreeNs = 0;
  readonly #places: boolean;
  readonly #placed = new Set<number>();
  readonly #mostInside: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #free: number[] = [];
  readonly #then: (() => void)[] = [];
  #nextTag = 0;

  /**
   * @param span sectors from 0 that are touched; translation pages lie behind them
   * @param scale divides the size of the map's cache
   */
  constructor(of: MqsimCase, profile: SsdProfile, rules: boolean, span: number, scale: number) {
    const isAssumed = rules && of.ssdconfig.Enabled_Preconditioning === 'true';
    this.drive = new SsdDrive(profile, this.events, {
      start: isAssumed ? assumedStart(of, profile) : undefined,
    });
    if (isAssumed && of.ssdconfig.Static_Wearleveling_Enabled === 'true') {
      levelOnce(this.drive.blocks, this.drive.geometry);
    }
    this.#places = rules && of.ssdconfig.Enabled_Preconditioning !== 'true';
    this.#mostInside = Number(of.ssdconfig.Queue_Fetch_Size);
    this.#isCached = of.workload.Device_Level_Data_Caching_Mode === 'WRITE_CACHE';
    this.#linkNsPerSector = (SECTOR * 1e9) / (profile.link.mib_per_s * 2 ** 20);
    this.#onArrived = this.events.register(() => this.#arrives.shift()!());
    if (this.#isCached && rules) this.#cache = this.#makeCache(of);
    this.drive.attach({
      complete: (tag) => {
        this.#free.push(tag);
        this.#then[tag]();
      },
    });
    if (of.ssdconfig.Ideal_Mapping_Table === 'true') return;
    const { unitSectors } = this.drive.geometry;
    // In the order of planes.
    const at = (page: number): number => Math.ceil(span / unitSectors + page) * unitSectors;
    this.mapping = new MqsimMapping(
      {
        readTranslation: (page, then) => this.#submit(Op.read, at(page), 1, then),
        writeTranslation: (page, then) => this.#submit(Op.write, at(page), unitSectors, then),
      },
      // Entries of 9 and 6 bytes at the default geometry: two, or one, page numbers and a bit a sector.
      Math.floor(Number(of.ssdconfig.CMT_Capacity) / 9 / scale),
      Math.floor(PAGE / 6),
      rules,
    );
  }

  #submit(op: Op, sector: number, sectors: number, then: () => void): void {
    const tag = this.#free.pop() ?? this.#nextTag++;
    this.#then[tag] = then;
    this.drive.submit(tag, op, sector, sectors, 0);
  }

  /** A request arrives now; no more than Queue_Fetch_Size are in the drive at once. */
  request(op: Op, sector: number, sectors: number, then: () => void): void {
    const startNs = this.events.nowNs;
    const fetch = (): void => {
      this.#inside++;
      this.#serve(op, sector, sectors, () => {
        this.#inside--;
        this.ended++;
        this.sumNs += this.events.nowNs - startNs;
        this.#waiting.shift()?.();
        then();
      });
    };
    if (this.#inside < this.#mostInside) fetch();
    else this.#waiting.push(fetch);
  }

  #makeCache({ ssdconfig: s }: MqsimCase): MqsimCache {
    const flash = (op: Op) => (piece: Piece, done: () => void) => {
      this.#translate(piece.page, op, () => this.#submit(op, piece.sector, piece.sectors, done));
    };
    const dram = {
      rowBytes: Number(s.Data_Cache_DRAM_Row_Size),
      burstBytes: Number(s.Data_Cache_DRAM_Data_Busrt_Size),
      transferNs: 1000 / Number(s.Data_Cache_DRAM_Data_Rate),
      openNs: Number(s.Data_Cache_DRAM_tRCD) + Number(s.Data_Cache_DRAM_tCL),
      closeNs: Number(s.Data_Cache_DRAM_tRP),
    };
    const most = (this.drive.geometry.lanes * PAGE) / SECTOR;
    return new MqsimCache(
      this.events,
      { read: flash(Op.read), write: flash(Op.write) },
      dram,
      most,
    );
  }

  /** A request's parts in pages. */
  #pieces(sector: number, sectors: number): Piece[] {
    const { unitSectors } = this.drive.geometry;
    const pieces: Piece[] = [];
    for (let from = sector; from < sector + sectors;) {
      const page = Math.floor(from / unitSectors);
      const end = Math.min(sector + sectors, (page + 1) * unitSectors);
      pieces.push({ page, sector: from, sectors: end - from });
      from = end;
    }
    return pieces;
  }

  #translate(page: number, op: Op, then: () => void): void {
    const known = (): void => {
      if (this.#places) this.#place(page, op);
      then();
    };
    if (this.mapping === undefined) known();
    else this.mapping.translate(page, known);
  }

  #serve(op: Op, sector: number, sectors: number, end: () => void): void {
    const cache = this.#cache;
    if (cache !== undefined && op === Op.write) {
      // Its data comes over the link first.
      const now = this.events.nowNs;
      this.#linkFreeNs = Math.max(now, this.#linkFreeNs) + sectors * this.#linkNsPerSector;
      this.#arrives.push(() => cache.write(this.#pieces(sector, sectors), end));
      this.events.schedule(Math.round(this.#linkFreeNs), this.#onArrived, 0);
    } else if (cache !== undefined) {
      cache.read(this.#pieces(sector, sectors), end);
    } else if (this.mapping === undefined) {
      this.#submit(op, sector, sectors, end);
    } else {
      this.#serveByPage(op, sector, sectors, end);
    }
  }

  #serveByPage(op: Op, sector: number, sectors: number, end: () => void): void {
    let left = 0;
    const pieceDone = (): void => {
      if (--left === 0) end();
    };
    // A cached write is acknowledged without its place being known.
    const isAckedFirst = this.#isCached && op === Op.write;
    if (isAckedFirst) {
      left++;
      this.#submit(op, sector, sectors, pieceDone);
    }
    for (const piece of this.#pieces(sector, sectors)) {
      if (!isAckedFirst) left++;
      this.#translate(piece.page, op, () => {
        if (!isAckedFirst) this.#submit(op, piece.sector, piece.sectors, pieceDone);
      });
    }
  }

  /**
   * What is read before it was written gets a page then and there
   * (Address_Mapping_Unit_Page_Level::online_create_entry_for_reads), which moves the plane's next one on.
   */
  #place(page: number, op: Op): void {
    if (this.#placed.has(page)) return;
    this.#placed.add(page);
    if (op !== Op.read) return;
    const { blocks, geometry } = this.drive;
    const lane = Math.floor(geometry.homeOf(page) / geometry.unitsPerLane);
    // The last page of a block is left to a write, which closes it.
    const isLast = blocks.nextUnit(lane, Stream.host) + 1 === geometry.unitsPerBlock;
    if (!isLast) blocks.allocate(lane, Stream.host);
  }

  outcome(): MqsimOutcome {
    const { hostUnits, gcUnits } = this.drive.counters;
    const { mapping, ended } = this;
    return {
      iops: (ended * SECOND) / this.events.nowNs,
      meanUs: this.sumNs / ended / 1000,
      writeAmplification: hostUnits > 0 ? (hostUnits + gcUnits) / hostUnits : 1,
      mapReads: mapping === undefined ? 0 : (mapping.flashMisses + mapping.writebacks) / ended,
    };
  }
}

/**
 * Runs a case.
 * @param scale divides its time, the span that it touches and the cache of its map, which leaves
 *   rates and shares as they are
 */
export function runMqsimCase(of: MqsimCase, rules: boolean, scale = 1): MqsimOutcome {
  const profile = mqsimProfile(of, rules);
  return of.workload.File_Path === undefined
    ? runSynthetic(of, profile, rules, scale)
    : runTrace(of, profile, rules);
}

function runSynthetic(
  of: MqsimCase,
  profile: SsdProfile,
  rules: boolean,
  scale: number,
): MqsimOutcome {
  const { ssdconfig: s, workload: w } = of;
  const sectors = Number(w.Average_Request_Size);
  const step = isHalfPages(of) ? sectors : Number(w.Address_Alignment_Unit);
  const share = s.Enabled_Preconditioning === 'true' ? 1 : Number(w.Working_Set_Percentage) / 100;
  const places = Math.floor((profile.capacity_sectors * share) / step / scale);
  const run = new MqsimRun(of, profile, rules, places * step, scale);
  const random = new RandomStream(1, 'mqsim');
  const isRandom = w.Address_Distribution === 'RANDOM_UNIFORM';
  const readShare = Number(w.Read_Percentage) / 100;
  const requests = Number(w.Total_Requests_To_Generate) / scale;
  let begun = 0;
  const next = (): void => {
    if (requests > 0 && begun >= requests) return;
    const place = isRandom ? random.below(places) : begun % places;
    begun++;
    const op = random.uniform() < readShare ? Op.read : Op.write;
    run.request(op, place * step, sectors, next);
  };
  for (let n = Number(w.Average_No_of_Reqs_in_Queue); n > 0; n--) next();
  const stopNs = Number(w.Stop_Time) / scale;
  if (stopNs > 0) run.events.advanceTo(stopNs);
  else while (run.ended < requests && run.events.step());
  return run.outcome();
}

/** Lines of: arrival ns, device, sector, sectors, 0 a write and 1 a read. */
function runTrace(of: MqsimCase, profile: SsdProfile, rules: boolean): MqsimOutcome {
  const file = `${validationData}mqsim/${of.workload.File_Path}`;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const span = profile.capacity_sectors - 2 ** 22;
  const run = new MqsimRun(of, profile, rules, span, 1);
  const requests = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const arrive = run.events.register((n) => {
    const [, , sector, sectors, isRead] = requests[n];
    const at = sector % span;
    run.request(isRead === 1 ? Op.read : Op.write, at, Math.min(sectors, span - at), () => {});
  });
  requests.forEach(([ns], n) => run.events.schedule(ns, arrive, n));
  while (run.ended < requests.length && run.events.step());
  return run.outcome();
}
