/** A small flash drive with round times, and a way to drive it: for the tests beside this file. */

import type { CompletionSink, Op, Status } from '../../../src/device/device.ts';
import { BlockState } from '../../../src/device/ssd/blocks.ts';
import { Carried, Piece } from '../../../src/device/ssd/carried.ts';
import { SsdDrive, type SsdOptions } from '../../../src/device/ssd/drive.ts';
import { ssdProfileSchema, type SsdProfile } from '../../../src/device/ssd/profile.ts';
import { VictimRows } from '../../../src/device/ssd/victim-rows.ts';
import { EventQueue } from '../../../src/sim/events.ts';

type Over = { [K in keyof SsdProfile]?: Partial<SsdProfile[K]> };

/** 2 channels x 2 dies x 1 plane x 16 blocks x 8 pages of 8 KiB: 4 MiB, 2 MiB of it the host's. */
export function smallProfile(over: Over = {}): SsdProfile {
  const base: SsdProfile = {
    kind: 'ssd',
    name: 'small',
    title: 'for tests',
    sources: {},
    capacity_sectors: 4096,
    queue_depth: 32,
    link: { mib_per_s: 1000 / 1.048576, full_duplex: true, per_command_us: 0 },
    controller: {
      read_us: 3,
      write_us: 2,
      write_per_4k_us: 0,
      flush_us: 1,
      discard_us: 1,
      serial_us: 0,
    },
    array: {
      channels: 2,
      chips_per_channel: 2,
      dies_per_chip: 1,
      planes_per_die: 1,
      blocks_per_plane: 16,
      pages_per_block: 8,
      page_bytes: 8192,
      pages_per_program: 1,
      multiplane: false,
      // 1 byte a ns over the link, 2 ns a byte over a channel.
      channel_mib_per_s: 500 / 1.048576,
      channel_max_transfer_bytes: 65536,
      codeword_bytes: 4096,
      command_us: 0,
      read_us: [50],
      program_us: [500],
      erase_us: 2000,
      hold_during_transfer: true,
      read_burst: 8,
    },
    buffer: { bytes: 65536, power_loss_protected: false, write_back: true },
    ftl: { unit_bytes: 4096, initial_fill: 1 },
    gc: { policy: 'greedy', start_free_blocks: 2 },
  };
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] =
      typeof below === 'object' && typeof value === 'object' ? { ...below, ...value } : value;
  }
  return ssdProfileSchema.parse(merged);
}

export const READ_NS = 50_000;
export const PROGRAM_NS = 500_000;
export const ERASE_NS = 2_000_000;
/** 4 KiB over a channel, and over the link. */
export const CHANNEL_NS = 8192;
export const LINK_NS = 4096;

/** More than any test's load takes. */
const STEPS_MAX = 5e7;

/** A drive, and what it has completed. */
export class Bench implements CompletionSink {
  readonly events = new EventQueue();
  readonly drive: SsdDrive;
  readonly doneNs: number[] = [];
  readonly statuses: Status[] = [];
  readonly order: number[] = [];
  onComplete: ((tag: number) => void) | undefined;

  constructor(profile: SsdProfile = smallProfile(), explain = true, rest: SsdOptions = {}) {
    this.drive = new SsdDrive(profile, this.events, { explain, ...rest });
    this.drive.attach(this);
  }

  complete(tag: number, timeNs: number, status: Status): void {
    this.doneNs[tag] = timeNs;
    this.statuses[tag] = status;
    this.order.push(tag);
    this.onComplete?.(tag);
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags = 0): void {
    this.drive.submit(tag, op, sector, sectors, flags);
  }

  /**
   * Lets everything happen that is pending.
   * @param onStep called after each event
   * @throws Error when that never ends
   */
  run(onStep: () => void = () => {}): void {
    let steps = 0;
    while (this.events.step()) {
      onStep();
      if (++steps > STEPS_MAX) throw new Error('the drive does not come to rest');
    }
  }
}

/** Every logical unit is in one physical unit or none, rows and blocks hold what the map says, and the counts too. */
export function mapFaults(drive: SsdDrive): string[] {
  const { geometry, ftl, blocks } = drive;
  const { unitsPerRow, unitsPerBlock } = geometry;
  const faults: string[] = [];
  const valid = new Int32Array(geometry.blocks);
  const held = new Map<number, number[]>();
  const places = new Map<number, number>();
  const logicals = new Map<number, number>();
  // Of a map that is in memory as a whole, nothing asks that.
  const knowsLogical = geometry.mappedUnits > geometry.logicalUnits;
  for (let logical = 0; logical < geometry.mappedUnits; logical++) {
    const birth = ftl.birthOf(logical);
    if (birth < 0) continue;
    if (knowsLogical && ftl.logicalOf(birth) !== logical) faults.push(`${logical} is mistaken`);
    const place = ftl.whereabouts.find(birth);
    if (places.has(place)) faults.push(`${place} holds ${places.get(place)} and ${logical}`);
    places.set(place, logical);
    logicals.set(birth, logical);
    const physical = ftl.lookup(logical);
    if (physical !== place - (place % unitsPerRow)) faults.push(`${logical} is in another row`);
    held.set(physical, [...(held.get(physical) ?? []), logical]);
    valid[geometry.blockOf(physical)]++;
  }
  const rows = new VictimRows(geometry, ftl.whereabouts);
  const carried = new Carried(geometry);
  for (let block = 0; block < geometry.blocks; block++) {
    if (valid[block] !== blocks.valid[block]) {
      faults.push(
        `block ${block} counts ${blocks.valid[block]} valid units, holds ${valid[block]}`,
      );
    }
    // What is being filled is listed when it is full.
    if (blocks.state[block] === BlockState.open) continue;
    const found = new Map<number, number[]>();
    rows.begin(0, block, 0);
    while (rows.take(0, carried) > 0) {
      const row = block * unitsPerBlock + rows.row * unitsPerRow;
      found.set(
        row,
        birthsOf(carried, 0).map((birth) => logicals.get(birth) ?? -1),
      );
      while (carried.units[0] > 0) {
        carried.startProgram(0);
        carried.endProgram(0);
      }
    }
    const end = (block + 1) * unitsPerBlock;
    for (let row = block * unitsPerBlock; row < end; row += unitsPerRow) {
      const holds = (found.get(row) ?? []).toSorted((a, b) => a - b).join();
      const expected = (held.get(row) ?? []).join();
      if (holds !== expected) faults.push(`row at ${row} holds ${holds}, the map says ${expected}`);
    }
  }
  return faults;
}

/** All births that a lane has in hand, in their order; -1 for a unit of which nothing is known but its place. */
export function birthsOf(carried: Carried, lane: number): number[] {
  const births: number[] = [];
  for (let n = 0; n < carried.pieces[lane]; n++) {
    const at = carried.after(carried.first(lane), n);
    const end = births.length + carried.rows[at + Piece.size];
    for (let bit = 0; bit < 32; bit++) {
      if ((carried.rows[at + Piece.bits] & (1 << bit)) === 0) continue;
      births.push(carried.rows[at + Piece.group] * 32 + bit);
    }
    while (births.length < end) births.push(-1);
  }
  return births;
}
