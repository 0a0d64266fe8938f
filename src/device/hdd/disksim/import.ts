/**
 * A DiskSim disk as a disktime profile: `FILE.diskspecs` with the `.model` and `.seek` it names.
 *
 * Every key of the files ends up in the account: what was carried, and where to; what has no effect
 * here; what was approximated; what has no counterpart.
 */

import { basename } from 'node:path';
import { InputError } from '../../../sim/input-error.ts';
import { sectorsOf } from '../geometry.ts';
import { hddSchema, type HddProfile } from '../profile.ts';
import { Account, type ReportLine } from './account.ts';
import { BUS_FIELDS, busOf, type BusOptions } from './bus.ts';
import { controllerOf } from './controller.ts';
import { layoutOf, mechanicsOf, type HddInput } from './model.ts';
import { readDefinitions, type Block } from './parameters.ts';

export interface Imported {
  readonly profile: HddProfile;
  readonly report: readonly ReportLine[];
}

export interface ImportOptions extends BusOptions {
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
    mechanics: mechanicsOf(model, file, account),
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
  const bus = setBus(input, disk, account, options);
  if (cache.segments === 0) cache.readAhead = 'none';
  const checked = hddSchema.safeParse(input);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new InputError(`${issue.path.join('.')}: ${issue.message}`, { file, line: disk.line });
  }
  settleLayout(checked.data, model, account);
  return { profile: checked.data, report: account.lines([...blocksOf(disk), ...bus]) };
}

/** The slower of bus and disk counts. Returns the definition of the bus, when there is one. */
function setBus({ link, sources }: HddInput, disk: Block, account: Account, options: BusOptions) {
  const own_ms = link.sector_us / 1000;
  const bus = busOf(disk, options);
  const [read_ms, write_ms] = (bus?.times_ms ?? [0, 0]).map((ms) => Math.max(ms, own_ms));
  link.sector_us = 1000 * read_ms;
  link.writeSector_us = 1000 * write_ms;
  if (bus === undefined) return [];
  const isBusSlower = Math.max(...bus.times_ms) > own_ms;
  if (isBusSlower) sources['link.sector_us'] = sources['link.writeSector_us'] = bus.source;
  if (bus.block === undefined) return [];
  for (const key of bus.block.entries.keys()) {
    const isCarried = BUS_FIELDS.includes(key);
    const where = 'link.sector_us, link.writeSector_us: the slower of bus and disk';
    account.note(bus.block, key, isCarried ? 'carried' : 'no counterpart', isCarried ? where : '');
  }
  return [bus.block];
}

/**
 * What the file says of the layout and cannot be: sectors that the zones do not hold are none, and a
 * defective sector whose spare holds data stays where it was.
 * @throws InputError when the layout is impossible all the same
 */
function settleLayout(profile: HddProfile, model: Block, account: Account): void {
  const { layout, mechanics } = profile;
  const blocks = model.block('Layout Model').blocks('Zones');
  const held = (): number => sectorsOf(layout, mechanics.surfaces);
  layout.zones.forEach((zone, i) => {
    const all = zone.remaps;
    zone.remaps = [];
    for (const remap of all) {
      zone.remaps.push(remap);
      if (attempt(held) instanceof InputError) zone.remaps.pop();
    }
    const lost = all.length - zone.remaps.length;
    if (lost === 0) return;
    const note = `${lost} of ${all.length} stay where they were, for their spare holds data`;
    account.note(blocks[i], 'defects', 'approximated', note);
  });
  const sectors = attempt(held);
  if (sectors instanceof InputError) {
    throw new InputError(sectors.message, { file: model.file, line: model.line });
  }
  if (sectors >= layout.capacity_sectors) return;
  const note = `layout.capacity_sectors: ${sectors}, for the zones hold no more`;
  account.note(model, 'Block count', 'approximated', note);
  layout.capacity_sectors = sectors;
}

function attempt<T>(work: () => T): T | InputError {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
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
    return disk.count(key, 0) > 0;
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
