/**
 * A DiskSim disk as a disktime profile: `FILE.diskspecs` with the `.model` and `.seek` it names.
 *
 * Every key of the files ends up in the account: what was carried, and where to; what has no effect
 * here; what was approximated; what has no counterpart.
 */

import { basename } from 'node:path';
import { InputError } from '../../../sim/input-error.ts';
import { hddSchema, type HddProfile } from '../profile.ts';
import { Account, type ReportLine } from './account.ts';
import { controllerOf } from './controller.ts';
import { layoutOf, mechanicsOf, type HddInput } from './model.ts';
import { readDefinitions, type Block } from './parameters.ts';

export interface Imported {
  readonly profile: HddProfile;
  readonly report: readonly ReportLine[];
}

/**
 * Time of a sector on a bus of which nothing is known, ms: the mean of the figures published with
 * the DiskSim drives that leave it to the bus (0.170, 0.148 and 0.071).
 */
const ASSUMED_BUS_MS = 0.13;

export interface ImportOptions {
  /**
   * Time of a sector on the bus, ms, reading and writing. DiskSim keeps it apart from the disk, in
   * the `disksim_bus` of the system's file; the slower of bus and disk counts.
   */
  readonly bus_ms?: readonly [number, number] | undefined;
  /** The profile's name; the file's when not given. */
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  /** What the files are taken from, for `sources`; their names when not given. */
  readonly source?: string | undefined;
}

/**
 * Reads a parameter file and what it names.
 * @throws InputError naming file and line
 */
export function importDisksim(file: string, options: ImportOptions = {}): Imported {
  const disks = readDefinitions(file).filter((block) => block.type === 'disksim_disk');
  if (disks.length !== 1) {
    throw new InputError(`expected one disksim_disk { }, found ${disks.length}`, { file });
  }
  const [disk] = disks;
  const account = new Account();
  const model = disk.block('Model');
  account.note(disk, 'Model', 'carried', 'mechanics, layout');
  if (model.type !== 'dm_disk') disk.fail('Model', 'a dm_disk { }');
  const input: HddInput = {
    name: nameOf(options.name ?? basename(file).replace(/\.[^.]*$/, '')),
    kind: 'hdd',
    title: options.title ?? `${disk.name}, imported from DiskSim`,
    mechanics: mechanicsOf(model, account),
    layout: layoutOf(model, account),
    ...controllerOf(disk, account),
    sources: sourcesOf(options.source ?? 'DiskSim parameters', disk, model),
  };
  const { cache, mechanics } = input;
  const needed = 1 + Math.max(...input.layout.zones.map((zone) => zone.lastCylinder));
  if (needed > mechanics.cylinders) {
    const note = `mechanics.cylinders: ${needed}, for the last zone ends there`;
    account.note(model, 'Number of cylinders', 'approximated', note);
    mechanics.cylinders = needed;
  }
  mechanics.zeroLatencyAccess = zeroLatencyOf(disk, account);
  mechanics.minimumWriteSeek_ms =
    disk.number('Time scale for overheads', 1) * disk.number('Minimum seek delay', 0);
  account.note(disk, 'Minimum seek delay', 'carried', 'mechanics.minimumWriteSeek_ms');
  setBus(input, options.bus_ms);
  if (cache.segments === 0) cache.readAhead = 'none';
  const checked = hddSchema.safeParse(input);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new InputError(`${issue.path.join('.')}: ${issue.message}`, { file, line: disk.line });
  }
  return { profile: checked.data, report: account.lines(blocksOf(disk)) };
}

function setBus({ link, sources }: HddInput, given: readonly [number, number] | undefined): void {
  const own_ms = link.sector_us / 1000;
  const isAssumed = given === undefined && own_ms === 0;
  const [read_ms, write_ms] = isAssumed
    ? [ASSUMED_BUS_MS, ASSUMED_BUS_MS]
    : (given ?? [own_ms, own_ms]).map((ms) => Math.max(ms, own_ms));
  link.sector_us = 1000 * read_ms;
  link.writeSector_us = 1000 * write_ms;
  if (given !== undefined) {
    sources['link.sector_us'] = sources['link.writeSector_us'] =
      "the slower of the disk's own and of the bus it was measured on";
  }
  if (isAssumed) {
    sources['link.sector_us'] = sources['link.writeSector_us'] =
      "assumption: the bus is not in the disk's file; mean of three published figures";
  }
}

function nameOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+/, '');
}

function zeroLatencyOf(disk: Block, account: Account): boolean | 'reads' | 'writes' {
  const [reads, writes] = ['Immediate buffer read', 'Immediate buffer write'].map((key) => {
    if (disk.entries.has(key)) account.note(disk, key, 'carried', 'mechanics.zeroLatencyAccess');
    return disk.count(key, 0) === 1;
  });
  return reads && writes ? true : reads ? 'reads' : writes ? 'writes' : false;
}

/** A block and all blocks within it, in the order of the files. */
function blocksOf(block: Block): Block[] {
  const found = [block];
  for (const { value } of block.entries.values()) {
    const inner = Array.isArray(value) ? value : [value];
    for (const item of inner) {
      if (typeof item === 'object' && 'entries' in item) found.push(...blocksOf(item as Block));
    }
  }
  return found;
}

function sourcesOf(source: string, disk: Block, model: Block): Record<string, string> {
  const specs = `${source}, ${basename(disk.file)}`;
  const mechanics = `${source}, ${basename(model.file)}`;
  const noEffect = 'assumption: of no effect with one range of dirty sectors written at once';
  return {
    mechanics,
    'mechanics.minimumWriteSeek_ms': specs,
    'mechanics.readSettle_ms': 'assumption: within the seek times',
    layout: mechanics,
    'layout.serpentine_cylinders': 'assumption: of no effect in this order of tracks',
    overhead: specs,
    'overhead.flush_ms': 'assumption: not in the source',
    cache: specs,
    writeCache: specs,
    'writeCache.idle_ms': 'assumption: dirty sectors are written at once',
    'writeCache.high_share': noEffect,
    'writeCache.low_share': noEffect,
    'writeCache.ageLimit_ms': noEffect,
    'writeCache.window': noEffect,
    'writeCache.destageMax_sectors': 'assumption: a whole segment',
    queue: specs,
    'queue.ageLimit_ms': 'assumption: not in the source',
    link: specs,
    'link.writeStart_sectors': 'assumption: ten as in the DiskSim source, all where it is held',
    'link.command_us': 'assumption: within the overheads',
  };
}
