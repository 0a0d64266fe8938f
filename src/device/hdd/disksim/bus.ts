/**
 * The bus a disk was measured on. DiskSim keeps it apart from the disk, in the `disksim_bus` of the
 * system's file; a `.diskspecs` that leaves all transfer time to it says 0 itself.
 *
 * In order: what the caller gives, the `.parv` he names, the one beside the `.diskspecs`, the shipped
 * ones of DiskSim's public set (`devices/hdd/disksim`), an assumption.
 */

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../../sim/input-error.ts';
import { DEVICES } from '../../profile.ts';
import type { Block } from './parameters.ts';
import { System } from './system.ts';

/** Time of a 512-byte sector on the bus, ms, reading and writing. */
export type BusTimes = readonly [read_ms: number, write_ms: number];

export interface Bus {
  readonly times_ms: BusTimes;
  /** Where the figures are from, for `sources`. */
  readonly source: string;
  /** The definition they come from, when a system file has it. */
  readonly block?: Block;
}

const PUBLISHED = join(DEVICES, 'hdd', 'disksim');
const FIELDS = ['Read block transfer time', 'Write block transfer time'];

/** Of a disk whose bus nobody knows: the middle one of the three that are published. */
const ASSUMED_MS = 0.148;

export interface BusOptions {
  readonly bus_ms?: BusTimes | undefined;
  /** The system file to take the bus from. */
  readonly parv?: string | undefined;
}

/**
 * The bus of `disk`; undefined where nothing says more of it than the disk's own file, which has a
 * transfer time.
 * @throws InputError naming file and line; when a named `.parv` does not hold the disk
 */
export function busOf(disk: Block, { bus_ms, parv }: BusOptions): Bus | undefined {
  if (bus_ms !== undefined) return { times_ms: bus_ms, source: 'the bus it was measured on' };
  if (parv !== undefined) {
    const found = inSystem(parv, disk);
    if (found !== undefined) return found;
    throw new InputError(`expected a topology with ${disk.name} on a bus`, { file: parv });
  }
  const beside = disk.file.replace(/\.[^./]*$/, '.parv');
  const found = existsSync(beside) ? inSystem(beside, disk) : undefined;
  if (found !== undefined) return found;
  if (disk.number('Bulk sector transfer time', 0) > 0) return undefined;
  for (const name of readdirSync(PUBLISHED).filter((file) => file.endsWith('.parv'))) {
    const published = inSystem(join(PUBLISHED, name), disk);
    if (published !== undefined) {
      return { ...published, source: `DiskSim 4.0 validation set (CMU PDL), ${name}` };
    }
  }
  const source = "assumption: the bus is not in the disk's file; median of three published figures";
  return { times_ms: [ASSUMED_MS, ASSUMED_MS], source };
}

function inSystem(file: string, disk: Block): Bus | undefined {
  const block = new System(file).busOf(disk.name);
  if (block === undefined) return undefined;
  const [read_ms, write_ms] = FIELDS.map((key) => {
    const ms = block.number(key);
    return ms >= 0 ? ms : block.fail(key, 'milliseconds, 0 or more');
  });
  return { times_ms: [read_ms, write_ms], source: basename(file), block };
}

/** The keys of a bus that end up in a profile. */
export const BUS_FIELDS: readonly string[] = FIELDS;
