/** The generations of the block layer: what a machine profile may name, and what each brings. */

import { readOrWrite, readWriteOrDiscard, type StatGroup } from './accounting.ts';
import type { PlugRules } from './task-plug.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';

export interface Generation {
  readonly name: string;
  /** The elevators it has; the first is its default. */
  readonly elevators: readonly string[];
  /** `nr_requests`. */
  readonly nrRequests: number;
  /** `max_sectors_kb`: BLK_DEF_MAX_SECTORS. */
  readonly maxSectorsKb: number;
  /** `max_segments`: BLK_MAX_SEGMENTS. */
  readonly maxSegments: number;
  /** Software and hardware queues (blk-mq) instead of the one queue. */
  readonly isMultiQueue: boolean;
  /** How tasks plug; before 3.x the queue does. */
  readonly plug?: PlugRules;
  /** Whether a discard has a limit of its own, the drive's, instead of that of a write. */
  readonly hasDiscardLimit: boolean;
  /** The group in which an `Op` is counted. */
  readonly groupOf: (op: number) => StatGroup;
}

const generations: readonly Generation[] = [
  {
    name: '2.6.34',
    elevators: ['cfq', 'deadline', 'noop'],
    nrRequests: 128,
    maxSectorsKb: 512,
    maxSegments: 128,
    isMultiQueue: false,
    hasDiscardLimit: false,
    groupOf: readOrWrite,
  },
  {
    name: '3.x',
    elevators: ['cfq', 'deadline', 'noop'],
    nrRequests: 128,
    maxSectorsKb: 512,
    maxSegments: 128,
    isMultiQueue: false,
    plug: { maxRequests: 16, flushSectors: Infinity, searchesAll: true, sorts: true },
    hasDiscardLimit: true,
    groupOf: readOrWrite,
  },
  {
    name: 'mq',
    elevators: ['mq-deadline', 'none', 'kyber', 'bfq'],
    nrRequests: 256,
    maxSectorsKb: 1280,
    maxSegments: 128,
    isMultiQueue: true,
    plug: { maxRequests: 32, flushSectors: 256, searchesAll: false, sorts: false },
    hasDiscardLimit: true,
    groupOf: readWriteOrDiscard,
  },
];

export function generationNames(): string[] {
  return generations.map(({ name }) => name);
}

/** @throws InputError with the nearest name */
export function findGeneration(name: string): Generation {
  const found = generations.find((g) => g.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    `no block layer generation is called "${name}"${nearestHint(name, generationNames())}`,
  );
}
