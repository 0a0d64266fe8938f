/** Making a block queue: options, their defaults by generation, and what a queue offers. */

import type { Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { KIB, SECTOR_BYTES } from '../sim/units.ts';
import type { BlockCounters } from './accounting.ts';
import type { BlockQueue } from './bio.ts';
import { findGeneration, type Generation } from './generation.ts';
import { NoMerges, type MergeLimits } from './merge.ts';
import type { BlockObserver } from './observer.ts';
import { PluggingQueue } from './plugging-queue.ts';
import { SingleQueue } from './single-queue.ts';

export interface QueueOptions {
  /** The kernel whose block layer this is: one of `generationNames()`. */
  generation: string;
  /** An elevator of that generation; by default the generation's own. */
  elevator?: string | undefined;
  /** The elevator's tunables, as in /sys/block/DEVICE/queue/iosched; the rest have their defaults. */
  tunables?: Readonly<Record<string, number>> | undefined;
  /** Commands outstanding with the drive; at most, and by default, what the drive can take. */
  queueDepth?: number | undefined;
  /** Requests in a pool (`nr_requests`), 4 or more. */
  nrRequests?: number | undefined;
  /** Largest request, KiB (`max_sectors_kb`), 4 or more. */
  maxSectorsKb?: number | undefined;
  /** Memory segments of a request, 1 or more. */
  maxSegments?: number | undefined;
  /** 0: look for all merges, 1: only with the last request, 2: for none (`nomerges`). */
  nomerges?: number | undefined;
  /** Processors whose software queues there are; mq only. Default 4. */
  cpus?: number | undefined;
  /** The drive's hardware queues, sharing its tags evenly; mq only. Default 1. */
  hardwareQueues?: number | undefined;
  /** Write-back throttling (wbt); mq only. By default on, but not with bfq, as in the kernel. */
  writeBackThrottling?: boolean | undefined;
  observer?: BlockObserver | null | undefined;
}

export interface Queue extends BlockQueue {
  readonly elevatorName: string;
  /** Follows the life of requests; null by default. */
  observer: BlockObserver | null;
  /** The counters, brought up to the present. */
  readonly counters: Readonly<BlockCounters>;
  /** Bios that were submitted and are not done. */
  readonly outstandingBios: number;
}

/** Options with every default filled in. */
export interface QueueSettings {
  readonly generation: Generation;
  readonly elevator: string;
  readonly tunables: Readonly<Record<string, number>>;
  readonly queueDepth: number;
  readonly nrRequests: number;
  readonly noMerges: NoMerges;
  readonly limits: MergeLimits;
  readonly cpus: number;
  readonly hardwareQueues: number;
  readonly isWriteBackThrottled: boolean;
  readonly observer: BlockObserver | null;
}

/**
 * Makes a block queue over a drive.
 * @param events the event queue that the drive lives on too
 * @throws InputError for an unknown generation, elevator or tunable, or a value out of range
 */
export function createQueue(events: EventQueue, device: Device, options: QueueOptions): Queue {
  const settings = settle(options, device);
  const { plug } = settings.generation;
  return plug === undefined
    ? new SingleQueue(events, device, settings)
    : new PluggingQueue(events, device, settings);
}

/** Assumption: 2 GiB, about what one ATA TRIM command can name; drives do not say here. */
const MAX_DISCARD_SECTORS = 2 ** 22;

function settle(options: QueueOptions, device: Device): QueueSettings {
  const generation = findGeneration(options.generation);
  const elevator = options.elevator ?? generation.elevators[0];
  if (!generation.elevators.includes(elevator)) {
    throw new InputError(
      `elevator: ${generation.name} has no "${elevator}"${nearestHint(elevator, generation.elevators)}`,
    );
  }
  const maxSectorsKb = inRange(
    'max_sectors_kb',
    options.maxSectorsKb ?? generation.maxSectorsKb,
    4,
  );
  const maxSectors = (maxSectorsKb * KIB) / SECTOR_BYTES;
  const queueDepth = Math.min(
    inRange('queue_depth', options.queueDepth ?? device.queueDepth, 1),
    device.queueDepth,
  );
  // blk-mq gives an elevator twice the tags of the drive, up to 256 (blk_mq_init_sched).
  const nrRequests = generation.isMultiQueue
    ? Math.min(2 * queueDepth, generation.nrRequests)
    : generation.nrRequests;
  return {
    generation,
    elevator,
    tunables: options.tunables ?? {},
    queueDepth,
    nrRequests: inRange(
      'nr_requests',
      options.nrRequests ?? nrRequests,
      generation.isMultiQueue ? 1 : 4,
    ),
    noMerges: inRange('nomerges', options.nomerges ?? 0, 0, 2) as NoMerges,
    limits: {
      maxSectors,
      maxSegments: inRange('max_segments', options.maxSegments ?? generation.maxSegments, 1),
      samePriority: generation.isMultiQueue,
      maxDiscardSectors: generation.hasDiscardLimit ? MAX_DISCARD_SECTORS : maxSectors,
    },
    cpus: inRange('cpus', options.cpus ?? 4, 1, 1024),
    hardwareQueues: inRange('hardware queues', options.hardwareQueues ?? 1, 1, queueDepth),
    isWriteBackThrottled:
      generation.isMultiQueue && (options.writeBackThrottling ?? elevator !== 'bfq'),
    observer: options.observer ?? null,
  };
}

function inRange(name: string, value: number, low: number, high = 1 << 20): number {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return value;
  throw new InputError(`${name}: expected a whole number in ${low}..${high}, got ${value}`);
}
