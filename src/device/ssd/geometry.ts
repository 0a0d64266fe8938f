/**
 * Where things are on the flash, and how long the flash takes: all numbers derived from a profile
 * once.
 *
 * The map works in *units* (4 KiB as a rule). Units lie in *pages*; a *row* is the page of one
 * number in each plane that works together, sensed by one read; a *program unit* is what one program
 * command fills (one row, or the rows of one word line). A *lane* is a place that is written and
 * collected on its own: a die, or a plane of it when planes do not work together.
 *
 * A physical unit is one integer, lane-major: lane, block in lane, unit in block. Lanes are numbered
 * channel first, then chip, die and plane. The order in which they are filled is another matter
 * (`allocation-order.ts`).
 */

import { NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import { SECTOR_BYTES } from '../../sim/units.ts';
import { lanesInOrder } from './allocation-order.ts';
import { mapLayout } from './cached-map.ts';
import type { SsdProfile } from './profile.ts';

const ns = (us: number): number => Math.round(us * 1000);
/** Bytes at MiB/s -> ns per byte. */
const nsPerByte = (mibPerS: number): number => 1e9 / (mibPerS * 1024 * 1024);

/** What `array.read_4k_us` is for: a sense of which at most so much is wanted. */
export const SMALL_READ_BYTES = 4096;

export class Geometry {
  readonly channels: number = 0;
  /** What works on its own: dies, or chips where a chip serves one command at a time. */
  readonly dies: number = 0;
  readonly chips: number = 0;
  readonly lanes: number = 0;
  readonly unitBytes: number = 0;
  readonly unitSectors: number = 0;
  readonly unitsPerRow: number = 0;
  readonly unitsPerProgram: number = 0;
  readonly unitsPerBlock: number = 0;
  readonly blocksPerLane: number = 0;
  readonly blocks: number = 0;
  readonly unitsPerLane: number = 0;
  readonly physicalUnits: number = 0;
  /** Units the host has, and those and the translation pages behind them. */
  readonly logicalUnits: number = 0;
  readonly mappedUnits: number = 0;
  /** Lanes in the order in which they are filled, and by lane its place there. */
  readonly laneAt: Int32Array = NO_INTS;
  readonly placeOf: Int32Array = NO_INTS;

  /** Sense time by page type, ns. */
  readonly senseNs: Float64Array = NO_FLOATS;
  /** Sense time by page type when at most `SMALL_READ_BYTES` are wanted, ns. */
  readonly senseSmallNs: Float64Array = NO_FLOATS;
  readonly programNs: Float64Array = NO_FLOATS;
  readonly eraseNs: number = 0;
  readonly channelNsPerByte: number = NaN;
  readonly channelCommandNs: number = 0;
  readonly channelMaxBytes: number = 0;
  readonly codewordBytes: number = 0;

  readonly #lanesPerPlane: number = 0;

  constructor(p: SsdProfile) {
    const a = p.array;
    const planesTogether = a.multiplane ? a.planes_per_die : 1;
    this.channels = a.channels;
    this.chips = a.channels * a.chips_per_channel;
    const dies = this.chips * a.dies_per_chip;
    this.dies = a.chip_serves_one === true ? this.chips : dies;
    this.lanes = dies * (a.planes_per_die / planesTogether);
    this.#lanesPerPlane = dies;
    this.unitBytes = p.ftl.unit_bytes;
    this.unitSectors = this.unitBytes / SECTOR_BYTES;
    this.unitsPerRow = (a.page_bytes / this.unitBytes) * planesTogether;
    this.unitsPerProgram = this.unitsPerRow * a.pages_per_program;
    this.unitsPerBlock = this.unitsPerRow * a.pages_per_block;
    this.blocksPerLane = a.blocks_per_plane;
    this.blocks = this.lanes * this.blocksPerLane;
    this.unitsPerLane = this.unitsPerBlock * this.blocksPerLane;
    this.physicalUnits = this.unitsPerLane * this.lanes;
    this.logicalUnits = Math.ceil(p.capacity_sectors / this.unitSectors);
    this.mappedUnits = this.logicalUnits + mapLayout(p, this.logicalUnits).pages;
    this.laneAt = lanesInOrder(p);
    this.placeOf = new Int32Array(this.lanes);
    this.laneAt.forEach((lane, place) => (this.placeOf[lane] = place));
    this.senseNs = Float64Array.from(a.read_us, ns);
    this.senseSmallNs = Float64Array.from(a.read_4k_us ?? a.read_us, ns);
    this.programNs = Float64Array.from(a.program_us, ns);
    this.eraseNs = ns(a.erase_us);
    this.channelNsPerByte = nsPerByte(a.channel_mib_per_s);
    this.channelCommandNs = ns(a.command_us);
    this.channelMaxBytes = a.channel_max_transfer_bytes;
    this.codewordBytes = a.codeword_bytes;
  }

  blockOf(physical: number): number {
    return (physical / this.unitsPerBlock) | 0;
  }

  laneOfBlock(block: number): number {
    return (block / this.blocksPerLane) | 0;
  }

  /**
   * The physical unit that belongs to a logical one by its address: program units go round the lanes
   * in their order.
   */
  homeOf(logical: number): number {
    return this.laneOfUnit(logical) * this.unitsPerLane + this.nthInLane(logical);
  }

  /** The lane that a logical unit belongs to by its address. */
  laneOfUnit(logical: number): number {
    const stripe = (logical / this.unitsPerProgram) | 0;
    return this.laneAt[stripe - ((stripe / this.lanes) | 0) * this.lanes];
  }

  /** How many logical units come before this one in its lane. */
  nthInLane(logical: number): number {
    const stripe = (logical / this.unitsPerProgram) | 0;
    const inLane = (stripe / this.lanes) | 0;
    return inLane * this.unitsPerProgram + logical - stripe * this.unitsPerProgram;
  }

  /** The logical unit that is the nth of a lane's. */
  unitOfLane(lane: number, nth: number): number {
    const inLane = (nth / this.unitsPerProgram) | 0;
    const stripe = inLane * this.lanes + this.placeOf[lane];
    return stripe * this.unitsPerProgram + nth - inLane * this.unitsPerProgram;
  }

  dieOfLane(lane: number): number {
    return lane % this.dies;
  }

  channelOfDie(die: number): number {
    return die % this.channels;
  }

  /** The die a lane lies in, whether or not it works on its own. */
  trueDieOfLane(lane: number): number {
    return lane % this.#lanesPerPlane;
  }

  /** From a lane to that of the die's next plane. */
  get planeStride(): number {
    return this.#lanesPerPlane;
  }

  /** The row a physical unit lies in, numbered over the whole drive. */
  rowOf(physical: number): number {
    return (physical / this.unitsPerRow) | 0;
  }

  /** Page number within its block. */
  pageOf(physical: number): number {
    return ((physical % this.unitsPerBlock) / this.unitsPerRow) | 0;
  }

  /** How long the sense of a page takes when `bytes` of it are wanted, ns. */
  senseTime(physical: number, bytes: number): number {
    const times = bytes <= SMALL_READ_BYTES ? this.senseSmallNs : this.senseNs;
    return times[this.pageOf(physical) % times.length];
  }

  programTime(physical: number): number {
    return this.programNs[this.pageOf(physical) % this.programNs.length];
  }

  /** Time of a transfer over a channel without its command, ns. */
  channelTime(bytes: number): number {
    return Math.round(bytes * this.channelNsPerByte);
  }
}
