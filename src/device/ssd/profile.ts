/** What a flash drive's profile says, and what of it can be built. Units are in the keys. */

import * as z from 'zod';
import { KIB, SECTOR_BYTES } from '../../sim/units.ts';
import { profileBase } from '../profile.ts';
import { allocationOrders } from './allocation-order.ts';
import { canNumber } from './births.ts';
import { mapLayout } from './cached-map.ts';
import { victimPolicyNames } from './gc/registry.ts';
import { queueClasses } from './queue-classes.ts';
import { hostStreams } from './streams.ts';

const count = (description: string) => z.int().min(1).meta({ description });
const microseconds = (description: string) => z.number().min(0).meta({ description });
const rate = (description: string) => z.number().positive().meta({ description });

const link = z
  .strictObject({
    mib_per_s: rate('Payload rate of the host link each way, MiB/s.'),
    full_duplex: z.boolean().meta({
      description: 'Reads and writes travel at once (PCIe), or share one wire (SATA).',
    }),
    per_command_us: microseconds('Time the link is taken per data transfer beside its payload.'),
    per_write_us: microseconds(
      'The same for data from the host (a Serial ATA write sets its transfer up twice); ' +
        'per_command_us when absent.',
    ).optional(),
    queued_flush: z
      .boolean()
      .optional()
      .meta({
        description:
          'A flush is queued among other commands (NVMe; true when absent). Serial ATA has no queued ' +
          'one: it waits until nothing else is outstanding, and what comes later waits for it.',
      }),
  })
  .meta({ description: 'The way between host memory and the drive.' });

const weight = (what: string) =>
  z
    .int()
    .min(1)
    .max(256)
    .meta({ description: `Commands of ${what} priority a round, 1 to 256.` });

const queues = z
  .strictObject({
    count: count('Submission queues; tags are dealt out to them in equal runs.'),
    burst: count('Commands taken from one queue in a row (Arbitration Burst).'),
    classes: z
      .array(z.enum(queueClasses))
      .min(1)
      .optional()
      .meta({
        description:
          'Priority of each queue in turn, for weighted round robin: urgent ones always go first, ' +
          'the others by weight; absent: plain round robin.',
      }),
    weights: z
      .strictObject({ high: weight('high'), medium: weight('medium'), low: weight('low') })
      .optional()
      .meta({ description: 'Weights of the classes; 1 each when absent.' }),
    doorbell_us: microseconds('From a submission until the controller has the command.').optional(),
  })
  .meta({
    description:
      'NVMe submission queues. Arbitration tells where commands wait for the serial part of the ' +
      "controller's work; absent: one queue.",
  });

const completion = z
  .strictObject({
    interrupt_us: microseconds('From a completion until the host has been interrupted.'),
    coalesce: z
      .strictObject({
        commands: z.int().min(2).max(256).meta({
          description: 'Completions of a queue that raise one interrupt (aggregation threshold).',
        }),
        us: microseconds('How long the first of them waits at most (aggregation time).'),
      })
      .optional()
      .meta({ description: 'Interrupt coalescing; absent: none.' }),
  })
  .meta({ description: 'How the host hears of completions; absent: at once.' });

const controller = z
  .strictObject({
    read_us: microseconds('Firmware latency of a read of more than 4 KiB, before the flash.'),
    read_4k_us: microseconds('The same for reads of up to 4 KiB; read_us when absent.').optional(),
    write_us: microseconds('Firmware latency of a write, before the buffer.'),
    write_per_4k_us: microseconds('Added to write_us per 4 KiB begun.'),
    fua_us: microseconds('Added to a write with FUA; 0 when absent.').optional(),
    flush_us: microseconds('Cost of a flush beside the programs that it waits for.'),
    discard_us: microseconds('Cost of a discard or write-zeroes command.'),
    serial_us: microseconds('Part of each command that the controller does one at a time.'),
    serial_read_us: microseconds('The same for reads; serial_us when absent.').optional(),
    serial_write_us: microseconds('The same for writes; serial_us when absent.').optional(),
  })
  .meta({ description: 'What the firmware adds to each command.' });

const array = z
  .strictObject({
    channels: count('Buses between controller and chips.'),
    chips_per_channel: count('Packages on a channel.'),
    dies_per_chip: count('Dies in a package; each works on its own.'),
    planes_per_die: count('Planes in a die.'),
    blocks_per_plane: count('Erase blocks in a plane.'),
    pages_per_block: count('Pages in a block.'),
    page_bytes: z.int().min(512).meta({ description: 'Data in a page of one plane, bytes.' }),
    pages_per_program: count(
      'Pages of a block that one program command fills: 1, or all levels of a word line (one-shot).',
    ),
    multiplane: z.boolean().meta({
      description:
        "A die's planes are programmed and erased together, as blocks that span them; " +
        'otherwise each plane is filled on its own, one command a die at a time.',
    }),
    channel_mib_per_s: rate('Transfer rate of a channel, MiB/s.'),
    channel_max_transfer_bytes: z.int().min(512).meta({
      description: 'Larger transfers go in pieces, each handed to the host link as it is in.',
    }),
    codeword_bytes: z.int().min(512).meta({
      description: 'Smallest piece read out of a page: an error correction word, bytes.',
    }),
    command_us: microseconds('Time a channel is taken by the command and address of a transfer.'),
    read_us: z
      .array(z.number().positive())
      .min(1)
      .meta({
        description:
          "Sense time of a page, by page type: page i of a block is of type i mod the list's " +
          'length (lower, middle, upper bit of a cell).',
      }),
    read_4k_us: z
      .array(z.number().positive())
      .min(1)
      .optional()
      .meta({ description: 'The same when at most 4 KiB are wanted; read_us when absent.' }),
    program_us: z
      .array(z.number().positive())
      .min(1)
      .meta({ description: 'Program time, by type of the first page as in read_us.' }),
    erase_us: microseconds('Erase time of a block.'),
    hold_during_transfer: z.boolean().meta({
      description: 'A die senses nothing new until the data of its last read has left it.',
    }),
    suspend: z
      .strictObject({
        program_us: microseconds('Until a program has stopped; absent: it cannot.').optional(),
        erase_us: microseconds('Until an erase has stopped; absent: it cannot.').optional(),
        program_interval_us: microseconds('Between suspend points; 0: anywhere.').optional(),
        erase_interval_us: microseconds('Between suspend points; 0: anywhere.').optional(),
        resume_us: microseconds('Before a stopped job goes on.'),
        at_most: count('How often one job may be stopped.'),
      })
      .optional()
      .meta({ description: 'Programs and erases stop for reads; absent: they do not.' }),
    read_retry: z
      .array(
        z.strictObject({
          share: z.number().min(0).max(1).meta({ description: 'Share of page reads, 0 to 1.' }),
          extra_reads: z.int().min(1).max(255).optional().meta({
            description: 'How many times these are sensed and sent again before they decode.',
          }),
          added_us: microseconds('What their sense takes longer, inside the die.').optional(),
        }),
      )
      .min(1)
      .optional()
      .meta({ description: 'Pages that do not decode at first; absent: all do.' }),
    sends_padding: z
      .boolean()
      .optional()
      .meta({
        description:
          'What fills up a program unit crosses the channel as well (true when absent): real drives ' +
          'scramble and protect whole pages.',
      }),
    chip_serves_one: z
      .boolean()
      .optional()
      .meta({
        description:
          'The dies of a chip take turns, one command at a time (false when absent: each works on ' +
          'its own, as real ones do).',
      }),
    shared_ready: z
      .boolean()
      .optional()
      .meta({
        description:
          'The dies of a chip share its ready/busy line and the controller goes by that: reads begin on ' +
          'all of them at once and are sent when the slowest has sensed, what comes meanwhile waits ' +
          "(false when absent: it asks for each die's status).",
      }),
    commands_yield: z
      .boolean()
      .optional()
      .meta({
        description:
          'A command is sent only when no data waits for the channel (false when absent: it slips in ' +
          'between two transfers).',
      }),
    pairs_planes: z
      .union([z.boolean(), z.literal('in-line')])
      .optional()
      .meta({
        description:
          'Where planes do not work together as a rule: reads, or programs, that wait for pages of the ' +
          'same number in several planes of a die go as one command (false when absent); "in-line": ' +
          'programs of any pages that wait, which NAND does not allow and MQSim does.',
      }),
    read_burst: count('Reads a die serves in a row while a program or erase waits for it.'),
    rest_after_program_us: microseconds(
      'How long a die takes nothing new after a program, though the data is down (3D XPoint ' +
        'verifies and rests); 0 when absent.',
    ).optional(),
    idle: z
      .strictObject({
        after_us: microseconds('All dies at rest for so long let the flash interface doze off.'),
        wake_us: microseconds('What the first read after that waits.'),
      })
      .optional()
      .meta({ description: 'Power saving between reads; absent: none.' }),
  })
  .meta({ description: 'The flash itself.' });

const buffer = z
  .strictObject({
    bytes: z
      .int()
      .min(KIB)
      .meta({ description: 'Write buffer, bytes, on its way to flash included.' }),
    power_loss_protected: z.boolean().meta({
      description: 'The buffer survives a power cut: a flush and FUA need not wait for the flash.',
    }),
    write_back: z.boolean().meta({
      description: 'A write is acknowledged from the buffer; otherwise when it is programmed.',
    }),
    mib_per_s: rate(
      "Rate of the buffer's memory, MiB/s: a write's data goes in, and a buffered read's comes out, " +
        'one transfer at a time; absent: no bottleneck.',
    ).optional(),
    reports_volatile: z
      .boolean()
      .optional()
      .meta({
        description:
          'The drive says that it has a volatile write cache, so that hosts flush it; whether it has ' +
          'one (write_back and not power_loss_protected) when absent. Serial ATA cannot say more than ' +
          'that there is a cache.',
      }),
    fua: z.boolean().optional().meta({
      description:
        'Forced unit access is offered (true when absent); otherwise hosts write and flush.',
    }),
    admission: z
      .enum(['in-turn', 'in-order'])
      .optional()
      .meta({
        description:
          'Whose data goes next into slots that get free: requests take turns (when absent), or the ' +
          'one that came first goes on.',
      }),
    access_us: microseconds('Time of a transfer of that memory beside its data.').optional(),
  })
  .meta({ description: 'The write buffer.' });

const ftl = z
  .strictObject({
    unit_bytes: z.int().min(512).max(16384).meta({
      description: 'What one map entry maps, bytes; smaller writes read, modify and write.',
    }),
    allocation: z
      .enum(['next-free', 'by-address'])
      .optional()
      .meta({
        description:
          'Where new data goes: to the next lane that is free (when absent), or to the lane its ' +
          'address belongs to.',
      }),
    plane_allocation: z
      .enum(allocationOrders)
      .optional()
      .meta({
        description:
          'Order in which lanes are filled, the first letter counting up fastest: channel, chip ' +
          "(way), die, plane, as in MQSim's Plane_Allocation_Scheme; CWDP when absent.",
      }),
    cached_map: z
      .strictObject({
        bytes: z.int().min(64).meta({ description: 'Memory for entries of the map, bytes.' }),
        entry_bytes: z.int().min(1).max(4096).meta({
          description: 'Bytes an entry takes in memory and in a translation page.',
        }),
        segment_entries: count(
          'Entries that are brought in and make room together: 1 (DFTL), or all of a translation ' +
            'page (of ftl.unit_bytes) when absent.',
        ).optional(),
      })
      .optional()
      .meta({
        description:
          'The map lies in translation pages on the flash, and memory holds this much of it; absent: ' +
          'all of it is in memory.',
      }),
    unmapped_reads: z
      .enum(['zeroes', 'flash'])
      .optional()
      .meta({
        description:
          'A read of what was never written, or trimmed: zeroes at once (when absent), or only after ' +
          'a page read, as drives do that keep no such record in their map.',
      }),
    streams: z
      .strictObject({
        directive: z
          .int()
          .min(2)
          .max(16)
          .optional()
          .meta({
            description:
              "Streams that writes may name (NVMe's streams directive, write life hints); a name beyond " +
              'them counts from the first again.',
          }),
        detect: z
          .strictObject({
            counters: count('Counters of recent writes that units share by hashing, two each.'),
            hot_writes: z.int().min(1).max(15).meta({
              description: 'Both counters of a unit at this or above: it is hot.',
            }),
            halve_after_writes: count('Units written after which all counters are halved.'),
          })
          .optional()
          .meta({ description: 'The drive finds out which units are hot; two streams.' }),
      })
      .optional()
      .meta({
        description:
          "The host's data goes to blocks of its own by stream: named by the write, or detected " +
          '(one of the two); absent: one stream.',
      }),
    initial_fill: z.union([z.number().min(0).max(1), z.literal('steady')]).meta({
      description:
        'Share of the capacity, from sector 0, that is taken as written once in order before the ' +
        'run, or "steady": all of it overwritten at random for long. Reads beyond what was ' +
        'written touch no flash.',
    }),
  })
  .meta({ description: 'The translation layer.' });

const gc = z
  .strictObject({
    preemptible: z
      .union([z.boolean(), z.literal('reads')])
      .optional()
      .meta({
        description:
          "The host's reads, and its programs for other lanes of the die, go between collection's " +
          'operations (true when absent); "reads": only reads do; false: a die that has to collect ' +
          'serves neither until its lanes have enough free blocks again.',
      }),
    policy: z.enum(victimPolicyNames).meta({ description: 'How a block to empty is chosen.' }),
    choices: count('Blocks that random-greedy draws and chooses among.').optional(),
    window_blocks: count('Oldest blocks that windowed chooses among.').optional(),
    start_free_blocks: count(
      'Collection runs in a lane (a die, or a plane of it) while it has this many free blocks or fewer, ' +
        "and the host waits there as long as it gains any; the last free block is always collection's.",
    ),
    soft_free_blocks: count(
      'Collection begins in a lane with this many free blocks or fewer already, beside the host: a die ' +
        'starts no operation of it while a read or a program of the host waits there. More than ' +
        'start_free_blocks, at which collection takes precedence; absent: it begins there.',
    ).optional(),
    copyback: z
      .boolean()
      .optional()
      .meta({
        description:
          'What collection moves stays inside the die: it crosses no channel. Only where a page is ' +
          'one mapping unit and planes are filled one by one. False when absent.',
      }),
    idle: z
      .strictObject({
        after_us: microseconds('Without a request outstanding for so long, the drive is idle.'),
        free_blocks: count('Then collection goes on until each lane has this many free blocks.'),
      })
      .optional()
      .meta({ description: 'Collection in idle time, until the next request; absent: none.' }),
  })
  .meta({ description: 'Garbage collection.' });

const wear = z
  .strictObject({
    dynamic: z.boolean().meta({
      description:
        'The host writes the free block erased least often, collection the one erased most often; ' +
        'otherwise both the one that has been free longest.',
    }),
    static_threshold: z
      .int()
      .min(2)
      .optional()
      .meta({
        description:
          'Erases a block may be ahead of the least worn full one of its lane before the latter is ' +
          'emptied; absent: never.',
      }),
  })
  .meta({ description: 'Wear levelling.' });

const slc = z
  .strictObject({
    bits_per_cell: z.int().min(2).max(5).meta({
      description: 'Bits a cell holds elsewhere: a block of the cache holds that part of a block.',
    }),
    read_us: z.number().positive().meta({ description: 'Sense time of a page in the cache.' }),
    program_us: z.number().positive().meta({ description: 'Program time of a page in the cache.' }),
    pages_per_program: count('Pages one program of the cache fills; 1 when absent.').optional(),
    static_blocks: z.int().min(0).meta({
      description: 'Blocks of each lane (a die, or a plane of it) that are kept for the cache.',
    }),
    dynamic_share: z
      .number()
      .min(0)
      .max(1)
      .meta({
        description:
          'Share of the blocks that are free beside those, or in the cache beyond them, that the ' +
          'cache may have as well: it shrinks as the drive fills.',
      }),
    dynamic_most_blocks: count('Blocks of a lane that this part has at most.').optional(),
    when_full: z.enum(['direct', 'fold']).meta({
      description: 'The host writes past a full cache, or waits until a block of it is folded.',
    }),
    fold_after_us: microseconds(
      'Without a request outstanding for so long, the cache is folded until one comes; absent: only ' +
        'when it is full or free blocks are short.',
    ).optional(),
  })
  .meta({ description: 'A cache of single-level cells; absent: none.' });

const shape = z.strictObject({
  ...profileBase,
  kind: z.literal('ssd'),
  capacity_sectors: z.int().min(8).meta({ description: 'What the host sees, 512-byte sectors.' }),
  queue_depth: z.int().min(1).max(65536).meta({ description: 'Requests outstanding at most.' }),
  link,
  controller,
  queues: queues.optional(),
  completion: completion.optional(),
  array,
  buffer,
  ftl,
  gc,
  wear: wear.optional(),
  slc: slc.optional(),
});

export type SsdProfile = z.infer<typeof shape>;

/** Blocks a lane needs beside those whose want starts collection: those open, one being emptied. */
export function keepBlocks(p: SsdProfile): number {
  // A cache has its own, one that is open and one that is folded.
  const cache = p.slc === undefined ? 0 : p.slc.static_blocks + 2;
  return 2 + hostStreams(p) + cache;
}

/** The first thing about a well-formed profile that cannot be built: path and reason. */
function impossibility(p: SsdProfile): { path: string[]; message: string } | undefined {
  const { array: a, ftl: f } = p;
  const planes = a.multiplane ? a.planes_per_die : 1;
  const unit = f.unit_bytes;
  if (p.queues !== undefined && p.queues.count > p.queue_depth) {
    return {
      path: ['queues', 'count'],
      message: `expected at most queue_depth, ${p.queue_depth}: a queue has at least one tag`,
    };
  }
  if (unit % SECTOR_BYTES !== 0 || a.page_bytes % unit !== 0) {
    return {
      path: ['ftl', 'unit_bytes'],
      message: `expected whole sectors that divide the page of ${a.page_bytes} bytes`,
    };
  }
  if (a.pages_per_block % a.pages_per_program !== 0) {
    return {
      path: ['array', 'pages_per_program'],
      message: `expected a divisor of the ${a.pages_per_block} pages of a block`,
    };
  }
  const retried = (a.read_retry ?? []).reduce((sum, { share }) => sum + share, 0);
  if (retried > 1 + 1e-9) {
    return { path: ['array', 'read_retry'], message: 'expected shares that sum to at most 1' };
  }
  if (p.slc !== undefined) {
    const pages = a.pages_per_block / p.slc.bits_per_cell;
    const perProgram = p.slc.pages_per_program ?? 1;
    if (!Number.isInteger(pages / perProgram)) {
      return {
        path: ['slc', 'bits_per_cell'],
        message:
          `expected whole programs of ${perProgram} pages in the ${a.pages_per_block} pages of a ` +
          `block divided by it`,
      };
    }
    if (perProgram > a.pages_per_program) {
      return {
        path: ['slc', 'pages_per_program'],
        message: `expected at most array.pages_per_program, ${a.pages_per_program}`,
      };
    }
  }
  const { start_free_blocks: startFree, soft_free_blocks: softFree = startFree } = p.gc;
  if (p.gc.soft_free_blocks !== undefined && softFree <= startFree) {
    return {
      path: ['gc', 'soft_free_blocks'],
      message: `expected more than gc.start_free_blocks, ${startFree}`,
    };
  }
  if (p.ftl.cached_map !== undefined && p.gc.preemptible === false) {
    return {
      path: ['ftl', 'cached_map'],
      message: "expected none with gc.preemptible false, which holds up the map's own reads",
    };
  }
  const programBytes = a.page_bytes * planes * a.pages_per_program;
  if (p.buffer.bytes < 2 * programBytes) {
    return {
      path: ['buffer', 'bytes'],
      message: `expected at least two program commands' data, ${2 * programBytes} bytes`,
    };
  }
  if (p.gc.policy === 'random-greedy' && p.gc.choices === undefined) {
    return { path: ['gc', 'choices'], message: 'expected a number: random-greedy needs it' };
  }
  if (
    f.streams !== undefined &&
    (f.streams.directive === undefined) === (f.streams.detect === undefined)
  ) {
    return { path: ['ftl', 'streams'], message: 'expected either directive or detect' };
  }
  if (f.cached_map !== undefined) {
    const { entries } = mapLayout(p, 1);
    const segment = f.cached_map.segment_entries ?? entries;
    if (entries < 1 || entries % segment !== 0) {
      return {
        path: ['ftl', 'cached_map', 'segment_entries'],
        message: `expected a divisor of the ${entries} entries of a translation page`,
      };
    }
    if (f.cached_map.bytes < segment * f.cached_map.entry_bytes) {
      return {
        path: ['ftl', 'cached_map', 'bytes'],
        message: `expected at least a segment's, ${segment * f.cached_map.entry_bytes}`,
      };
    }
  }
  if (p.gc.copyback === true && (a.page_bytes !== unit || planes > 1)) {
    return {
      path: ['gc', 'copyback'],
      message:
        'expected false: valid and stale units of a page, or pages of planes that work together, ' +
        'cannot be told apart inside a die (set ftl.unit_bytes to array.page_bytes and ' +
        'array.multiplane to false)',
    };
  }
  if (p.gc.policy === 'windowed' && p.gc.window_blocks === undefined) {
    return { path: ['gc', 'window_blocks'], message: 'expected a number: windowed needs it' };
  }
  const lanes =
    a.channels * a.chips_per_channel * a.dies_per_chip * (a.multiplane ? 1 : a.planes_per_die);
  const blockBytes = a.page_bytes * planes * a.pages_per_block;
  const physicalBytes = lanes * a.blocks_per_plane * blockBytes;
  if (!canNumber(lanes * a.blocks_per_plane, blockBytes / unit)) {
    return {
      path: ['ftl', 'unit_bytes'],
      message:
        'expected fewer than 2^31 units in all, those of a block counted up to a multiple of 32',
    };
  }
  const logicalUnits = Math.ceil((p.capacity_sectors * SECTOR_BYTES) / unit);
  const mapBytes = mapLayout(p, logicalUnits).pages * unit;
  const usable = physicalBytes - mapBytes - lanes * (softFree + keepBlocks(p)) * blockBytes;
  if (p.capacity_sectors * SECTOR_BYTES > usable) {
    return {
      path: ['capacity_sectors'],
      message:
        `expected at most ${Math.floor(usable / SECTOR_BYTES)}: the flash holds ` +
        `${physicalBytes / SECTOR_BYTES} sectors, and collection needs room`,
    };
  }
  return undefined;
}

export const ssdProfileSchema: z.ZodType<SsdProfile> = shape.superRefine((profile, context) => {
  const issue = impossibility(profile);
  if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
});
