/**
 * From a flash drive's datasheet to a profile: what the maker states, and for the rest a stated
 * assumption, the same for all drives.
 *
 * Rated rates are those of a deep queue, so each is one over what a command does alone; rated
 * latencies, and rates at one outstanding, are those of the lone request. What neither tells - how
 * many dies, what of a read's latency takes the die - follows from capacity and kind of cell.
 */

import * as z from 'zod';
import { profileBase } from '../device/profile.ts';
import { ssdProfileSchema, type SsdProfile } from '../device/ssd/profile.ts';
import { GIB, KIB, MIB, SECTOR_BYTES } from '../sim/units.ts';

const positive = z.number().positive();

/** What a datasheet may say; only name, title, interface, cell and capacity are needed. */
export const flashDatasheetSchema = z.strictObject({
  $schema: z.string().optional(),
  kind: z.literal('ssd'),
  name: profileBase.name,
  title: profileBase.title,
  sources: profileBase.sources.meta({ description: 'Key of this file -> where it is from.' }),
  interface: z.enum(['sata2', 'sata3', 'pcie2x4', 'pcie3x2', 'pcie3x4', 'pcie4x4', 'pcie5x4']),
  cell: z.enum(['slc', 'mlc', 'tlc', 'qlc']),
  capacity_bytes: positive,
  flash_bytes: positive.optional().meta({ description: 'Of the flash, spare included.' }),
  read_MBps: positive.optional().meta({ description: 'In order, 128 KiB, deep queue.' }),
  write_MBps: positive.optional(),
  read_iops: positive.optional().meta({ description: '4 KiB at random, deep queue.' }),
  write_iops: positive.optional().meta({ description: 'The same of a fresh drive.' }),
  steadyWrite_iops: positive.optional().meta({ description: 'The same in steady state.' }),
  read_iops_depth1: positive.optional(),
  write_iops_depth1: positive.optional(),
  readLatency_us: positive.optional().meta({ description: 'Of a lone 4 KiB read, typical.' }),
  writeLatency_us: positive.optional(),
  powerLossProtection: z.boolean().optional(),
  adapter: z.enum(['plain', 'rated']).optional().meta({
    description:
      "SATA: a plain host adapter (when absent), or the one the maker's rates were taken with.",
  }),
  writeBuffer_mib: positive.optional().meta({ description: 'Of writes, not the map.' }),
  channels: z.int().min(1).optional(),
  dies: z.int().min(1).optional(),
});
export type FlashDatasheet = z.infer<typeof flashDatasheetSchema>;

/** Payload rate, MB/s: SATA less 8b/10b; PCIe less coding and packet headers (about a tenth). */
const LINKS = {
  sata2: 300,
  sata3: 600,
  pcie2x4: 1750,
  pcie3x2: 1750,
  pcie3x4: 3500,
  pcie4x4: 7000,
  pcie5x4: 14000,
} as const;

/**
 * By bits a cell: a typical die, GiB; a typical sense, us, and how page types differ from it (the
 * modes of the 860 PRO and of the 7300 PRO, of their mean); a typical program of a word line, us.
 */
const CELLS = {
  slc: { bits: 1, dieGib: 8, read_us: 25, types: [1], program_us: 250 },
  mlc: { bits: 2, dieGib: 32, read_us: 58, types: [0.85, 1.15], program_us: 1300 },
  tlc: { bits: 3, dieGib: 64, read_us: 78, types: [0.75, 0.95, 1.3], program_us: 2100 },
  qlc: { bits: 4, dieGib: 128, read_us: 120, types: [0.7, 0.9, 1.1, 1.3], program_us: 7000 },
} as const;

/** Firmware before a lone read's sense, us: the median of the drives fitted here (3 to 21). */
const READ_US = 12;
/** Host time between requests that rates at one outstanding hold, us: as measured with those drives. */
const HOST_US = { sata: 13, nvme: 3 } as const;
/** Firmware of a buffered write where no latency is stated, us. */
const WRITE_US = { sata: 20, nvme: 8 } as const;
/**
 * What a command takes the link of a plain SATA host adapter beside its payload, us: drives of two makers,
 * all rated at about 100 k IOPS, give the same 74 k reads and 63 k writes on one (sata-random-4k.csv).
 */
const PLAIN = {
  read_us: 6.7,
  write_us: 9,
  source: 'assumption: a plain host adapter, as measured with three drives',
} as const;
const PAGE_BYTES = 16 * KIB;
/** Share of the dies that a deep queue of random reads keeps busy. */
const MOST_BUSY = 0.95;
const PLANES = 2;
const CHANNEL_MIB = { sata: 400, nvme: 667 } as const;

/** The profile, and in its `sources` what each number comes from. */
export function profileOfFlashDatasheet(sheet: FlashDatasheet): SsdProfile {
  const sources: Record<string, string> = {};
  const isSata = sheet.interface.startsWith('sata');
  const bus = isSata ? 'sata' : 'nvme';
  const cell = CELLS[sheet.cell];
  const sourceOf = (key: keyof FlashDatasheet): string => sheet.sources[key] ?? 'datasheet';
  const given = <K extends keyof FlashDatasheet>(key: K): FlashDatasheet[K] => sheet[key];
  const round = (x: number): number => Number(x.toPrecision(4));

  const rawLink = LINKS[sheet.interface];
  const linkMBps = isSata ? rawLink : Math.min(rawLink, sheet.read_MBps ?? Infinity);
  sources.link =
    !isSata && sheet.read_MBps !== undefined
      ? `${sourceOf('read_MBps')}: read in order`
      : `${sheet.interface} less its coding`;
  const link4kUs = 4096 / linkMBps;

  const channelUs = (4 / CHANNEL_MIB[bus] / KIB) * 1e6;
  const serialReadUs = sheet.read_iops === undefined ? 0 : 1e6 / sheet.read_iops;
  const serialWriteUs = sheet.write_iops === undefined ? 0 : 1e6 / sheet.write_iops;
  const isPlain = isSata && sheet.adapter !== 'rated';
  const commandUs = isSata ? Math.max(isPlain ? PLAIN.read_us : 0, serialReadUs - link4kUs) : 0;
  const perWriteUs = isSata ? Math.max(isPlain ? PLAIN.write_us : 0, serialWriteUs - link4kUs) : 0;
  const serialSource = (isPlainTime: boolean, rate: 'read_iops' | 'write_iops'): string => {
    if (isPlainTime) return PLAIN.source;
    return sheet[rate] === undefined ? 'assumption: none' : `${sourceOf(rate)}: one over it`;
  };
  sources[isSata ? 'link.per_command_us' : 'controller.serial_read_us'] = serialSource(
    commandUs === PLAIN.read_us,
    'read_iops',
  );
  sources[isSata ? 'link.per_write_us' : 'controller.serial_write_us'] = serialSource(
    perWriteUs === PLAIN.write_us,
    'write_iops',
  );

  // A plain adapter takes in a lone request's way what the host took of the rated one's.
  const hostUs = isPlain ? 0 : HOST_US[bus];
  const readUs =
    given('readLatency_us') ??
    (sheet.read_iops_depth1 === undefined ? undefined : 1e6 / sheet.read_iops_depth1 - hostUs);
  const restUs = READ_US + channelUs + link4kUs + (isSata ? commandUs : serialReadUs);
  const senseUs = readUs === undefined ? cell.read_us : Math.max(5, readUs - restUs);
  sources['array.read_us'] =
    (sheet.readLatency_us !== undefined
      ? `${sourceOf('readLatency_us')}: of a lone read, less firmware, channel and link`
      : sheet.read_iops_depth1 !== undefined
        ? `${sourceOf('read_iops_depth1')}: less ${hostUs} us of the host, firmware, channel and link`
        : `assumption: typical of ${sheet.cell} cells`) +
    '; page types apart as measured drives have them';
  // As many as the capacity makes, and as the rated reads keep busy.
  const busy = (serialReadUs === 0 ? 0 : (senseUs + channelUs) / serialReadUs) / MOST_BUSY;
  const dies =
    given('dies') ?? powerOfTwo(Math.max(sheet.capacity_bytes / (cell.dieGib * GIB), busy));
  const channels = given('channels') ?? Math.min(8, dies);
  const perChannel = Math.max(1, Math.round(dies / channels));
  sources.array = `assumption: ${cell.dieGib} GiB a die of ${sheet.cell} cells, ${PLANES} planes, 16 KiB pages, 8 channels at most; more dies where the rated reads need them`;
  const lanes = channels * perChannel;
  const pages = 256 * cell.bits;
  const flash = given('flash_bytes') ?? sheet.capacity_bytes * 1.0737;
  const blocks = Math.ceil(flash / (lanes * PLANES * pages * PAGE_BYTES));
  sources['array.blocks_per_plane'] =
    sheet.flash_bytes === undefined
      ? 'assumption: as many GiB of flash as the drive has GB'
      : sourceOf('flash_bytes');

  // What a program unit takes so that all dies give the rate of writing in order.
  const writeMBps = sheet.write_MBps;
  const isDieBound = writeMBps !== undefined && writeMBps < 0.85 * linkMBps;
  const unitBytes = PLANES * PAGE_BYTES * cell.bits;
  const channelMib = Math.max(CHANNEL_MIB[bus], round((1.3 * linkMBps) / channels));
  const transferUs = (unitBytes * 1e6) / (channelMib * MIB);
  const programUs = isDieBound
    ? Math.max(100, (lanes * unitBytes) / writeMBps - transferUs)
    : cell.program_us;
  sources['array.program_us'] = isDieBound
    ? `${sourceOf('write_MBps')}: written in order, by all dies`
    : `assumption: typical of ${sheet.cell} cells, as the link bounds writing in order`;
  sources['array.erase_us'] = 'assumption: typical';

  const lone =
    given('writeLatency_us') ??
    (sheet.write_iops_depth1 === undefined ? undefined : 1e6 / sheet.write_iops_depth1 - hostUs);
  const leastWriteUs = isPlain ? WRITE_US.sata : 1;
  const writeUs =
    lone === undefined
      ? WRITE_US[bus]
      : Math.max(leastWriteUs, lone - link4kUs - (isSata ? perWriteUs : serialWriteUs));
  sources['controller.write_us'] =
    sheet.writeLatency_us !== undefined
      ? `${sourceOf('writeLatency_us')}: of a lone write, less the link`
      : sheet.write_iops_depth1 !== undefined
        ? `${sourceOf('write_iops_depth1')}: less ${hostUs} us of the host and the link`
        : 'assumption: typical of such drives';
  sources['controller'] =
    `assumption: ${READ_US} us of firmware before a read; a flush writes the map, with power-loss protection nothing`;

  const isProtected = given('powerLossProtection') ?? false;
  sources['buffer'] =
    sheet.powerLossProtection === undefined
      ? 'assumption: no power-loss protection; two program units a die'
      : `${sourceOf('powerLossProtection')}; assumption: two program units a die`;
  const bufferBytes = Math.max(
    (given('writeBuffer_mib') ?? 0) * MIB,
    sheet.writeBuffer_mib === undefined ? Math.max(8 * MIB, 2 * lanes * unitBytes) : 2 * unitBytes,
  );
  if (sheet.writeBuffer_mib !== undefined) sources['buffer.bytes'] = sourceOf('writeBuffer_mib');
  sources['ftl'] = 'assumption: 4 KiB units; all of the drive written once';
  sources['gc'] = 'assumption: greedy, begun at two free blocks';
  sources['queue_depth'] = isSata
    ? 'NCQ: 32 tags'
    : 'assumption: the depth Linux gives an NVMe queue';
  sources['capacity_sectors'] = sourceOf('capacity_bytes');

  return ssdProfileSchema.parse({
    kind: 'ssd',
    name: sheet.name,
    title: sheet.title,
    sources,
    capacity_sectors: Math.floor(sheet.capacity_bytes / SECTOR_BYTES / 8) * 8,
    queue_depth: isSata ? 32 : 1024,
    link: {
      mib_per_s: round((linkMBps * 1e6) / MIB),
      full_duplex: !isSata,
      per_command_us: round(commandUs),
      ...(isSata && { per_write_us: round(perWriteUs), queued_flush: false }),
    },
    controller: {
      read_us: READ_US,
      write_us: round(writeUs),
      write_per_4k_us: 0,
      flush_us: isProtected ? 10 : 1500,
      discard_us: 10,
      serial_us: 0,
      ...(!isSata && {
        serial_read_us: round(serialReadUs),
        serial_write_us: round(serialWriteUs),
      }),
    },
    array: {
      channels,
      chips_per_channel: 1,
      dies_per_chip: perChannel,
      planes_per_die: PLANES,
      blocks_per_plane: blocks + 16,
      pages_per_block: pages,
      page_bytes: PAGE_BYTES,
      pages_per_program: cell.bits,
      multiplane: true,
      channel_mib_per_s: channelMib,
      channel_max_transfer_bytes: PAGE_BYTES,
      codeword_bytes: 4096,
      command_us: 0,
      read_us: cell.types.map((share) => round(share * senseUs)),
      program_us: [round(programUs)],
      erase_us: 3500,
      hold_during_transfer: true,
      read_burst: 8,
    },
    buffer: {
      bytes: bufferBytes,
      power_loss_protected: isProtected,
      write_back: true,
      ...(isSata && { reports_volatile: true }),
    },
    ftl: { unit_bytes: 4096, initial_fill: 1 },
    gc: { policy: 'greedy', start_free_blocks: 2 },
  });
}

/** The next, or the last where that is nearly enough; 4 at least. */
function powerOfTwo(x: number): number {
  return Math.max(4, 2 ** Math.ceil(Math.log2(x) - 0.4));
}
