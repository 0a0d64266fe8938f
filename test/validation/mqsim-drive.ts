/**
 * A drive of ours with what MQSim has before and beside it, as far as a case has that: the queue that
 * requests are fetched from, the map, the write cache, and its levelling.
 */

import { Op } from '../../src/device/device.ts';
import { BlockState, Stream, type Blocks } from '../../src/device/ssd/blocks.ts';
import { SsdDrive } from '../../src/device/ssd/drive.ts';
import type { Geometry } from '../../src/device/ssd/geometry.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { SECOND } from '../../src/sim/units.ts';
import { MqsimCache, type Piece } from './mqsim-cache.ts';
import { assumedStart, PAGE, SECTOR, type MqsimCase } from './mqsim-case.ts';
import { MqsimMapping } from './mqsim-mapping.ts';

export interface MqsimOutcome {
  readonly iops: number;
  readonly meanUs: number;
  readonly writeAmplification: number;
  /** Pages programmed, for the host and for collection. */
  readonly pages: number;
  /** Reads of the map on flash a request. */
  readonly mapReads: number;
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

export class MqsimDrive {
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
      pages: hostUnits + gcUnits,
      writeAmplification: hostUnits > 0 ? (hostUnits + gcUnits) / hostUnits : 1,
      mapReads: mapping === undefined ? 0 : (mapping.flashMisses + mapping.writebacks) / ended,
    };
  }
}
