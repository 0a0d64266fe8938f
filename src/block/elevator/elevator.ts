/**
 * What every elevator offers: it holds requests, says which comes next, and helps to find merges.
 *
 * A new elevator is one file with a class extending `ElevatorBase` and one line in the registry.
 * The names of its tunables, their units and defaults are those of /sys/block/DEVICE/queue/iosched.
 */

import type { EventQueue } from '../../sim/events.ts';
import type { BioTable } from '../bio-table.ts';
import type { Merge } from '../merge.ts';
import type { RequestTable } from '../request.ts';

/** What the queue lends its elevator. */
export interface ElevatorHost {
  readonly events: EventQueue;
  readonly bios: BioTable;
  readonly requests: RequestTable;
  /** Whether the drive has an arm. */
  readonly rotational: boolean;
  /** Commands that the drive takes at once. */
  readonly queueDepth: number;
  /** Requests that may be in being (`nr_requests`). */
  readonly nrRequests: number;
  /** Processors that submit; a task stays on `task % cpus`. */
  readonly cpus: number;
  /** Whether this is blk-mq, whose elevators differ from their forebears in details. */
  readonly isMultiQueue: boolean;
  /** Whether this is 3.x or later, where tasks plug. */
  readonly hasTaskPlugs: boolean;
  /** Moves a request, gone from the elevator's own structures, to the end of the dispatch list. */
  dispatchTail(request: number): void;
  /** The same, sorted one way among what is in the dispatch list. */
  dispatchSorted(request: number): void;
  /** Has the queue ask for the next request again: after an idle wait. */
  kick(): void;
}

/** The elevator's consent to one more request than the pool would give (elv_may_queue). */
export const MayQueue = { yes: 0, must: 1 } as const;
export type MayQueue = (typeof MayQueue)[keyof typeof MayQueue];

export interface Elevator {
  /** Whether a request that comes off a plug may be joined to one that is here. */
  readonly joinsOnInsert: boolean;
  /** Whether it holds no request. */
  readonly isEmpty: boolean;

  /** Takes in a request. */
  add(request: number): void;

  /**
   * Moves the next request or requests to the dispatch list.
   * @param force give out whatever there is, without idling: a barrier empties the elevator
   * @returns whether anything was moved
   */
  dispatch(force: boolean): boolean;

  /** The request beginning where `bio` ends, for it to be merged before; -1 when there is none. */
  findFrontMerge(bio: number): number;

  /** Whether it consents to a merge that is otherwise allowed (elevator_allow_merge_fn). */
  allowsMerge(request: number, bio: number): boolean;

  /** A bio was merged into a request (elevator_merged_fn). */
  merged(request: number, how: Merge): void;

  /** `next` was joined to the end of `request` and leaves (elevator_merge_req_fn). */
  mergedRequests(request: number, next: number): void;

  /** The neighbour before a request; -1 when there is none. */
  former(request: number): number;
  /** The neighbour behind a request; -1 when there is none. */
  latter(request: number): number;

  /** May a bio have a request when the pool is full? */
  mayQueue(bio: number): MayQueue;

  /**
   * How many of the tags are for requests other than reads (limit_depth).
   * @param sync whether someone waits for it
   */
  depthFor(sync: boolean): number;

  /** A request was chosen for the driver (elevator_activate_req_fn). */
  activated(request: number): void;
  /** The drive is done with a request that came from here. */
  completed(request: number): void;
}

/** An elevator with no opinion on what it does not override. */
export abstract class ElevatorBase implements Elevator {
  readonly joinsOnInsert: boolean = true;
  protected readonly host: ElevatorHost;

  constructor(host: ElevatorHost) {
    this.host = host;
  }

  abstract get isEmpty(): boolean;
  abstract add(request: number): void;
  abstract dispatch(force: boolean): boolean;
  abstract mergedRequests(request: number, next: number): void;
  abstract former(request: number): number;
  abstract latter(request: number): number;

  findFrontMerge(_bio: number): number {
    return -1;
  }

  allowsMerge(_request: number, _bio: number): boolean {
    return true;
  }

  merged(_request: number, _how: Merge): void {}

  mayQueue(_bio: number): MayQueue {
    return MayQueue.yes;
  }

  depthFor(_sync: boolean): number {
    return Infinity;
  }

  activated(_request: number): void {}

  completed(_request: number): void {}
}

/** Tunables by name, in their sysfs units. */
export type Tunables = Readonly<Record<string, number>>;

/** One line of the registry. */
export interface ElevatorKind<T extends Tunables = Tunables> {
  readonly name: string;
  /** Every tunable with its default. */
  readonly defaults: T;
  create(host: ElevatorHost, tunables: T): Elevator;
}
