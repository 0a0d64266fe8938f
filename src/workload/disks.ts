/** What a machine's file system lies on: one drive, or several stacked as md does. */

import { StatGroup, type BlockCounters } from '../block/accounting.ts';
import type { BlockQueue } from '../block/bio.ts';
import { createQueue, type Queue, type QueueOptions } from '../block/queue.ts';
import { createStack } from '../block/stack/create-stack.ts';
import type { Device, DeviceCounters, DeviceOptions, DeviceSnapshot } from '../device/device.ts';
import type { AnyProfile } from '../device/profile.ts';
import { createDeviceOn } from '../device/registry.ts';
import { InputError } from '../sim/input-error.ts';
import type { EventQueue } from '../sim/events.ts';

/** How drives of one kind are put together. */
export interface StackOptions {
  /** One of `stackLevels()`. */
  readonly level: string;
  readonly members: number;
  readonly chunkKib: number;
}

export interface DisksOptions {
  readonly profile: AnyProfile;
  readonly stack?: StackOptions | undefined;
  /** The state that a single drive starts in. */
  readonly snapshot?: DeviceSnapshot | undefined;
  readonly seed: number;
  readonly queue: QueueOptions;
  /** As `DeviceOptions` has it. */
  readonly onWork?: DeviceOptions['onWork'];
}

export class Disks {
  /** What the file system writes to. */
  readonly queue: BlockQueue;
  readonly #devices: readonly Device[];
  readonly #queues: readonly Queue[];

  /** @throws InputError for a stack that cannot be, or a snapshot of more than one drive */
  constructor(events: EventQueue, options: DisksOptions) {
    const { profile, stack, snapshot, seed, onWork } = options;
    if (stack !== undefined && snapshot !== undefined) {
      throw new InputError('--snapshot is of one drive, and --device asks for several');
    }
    this.#devices = Array.from({ length: stack?.members ?? 1 }, (_, i) =>
      // Drives of one kind differ in where their platters stand and in what they do by chance.
      createDeviceOn(events, profile, { seed: (seed + i) >>> 0, onWork }),
    );
    if (snapshot !== undefined) this.#devices[0].restore(snapshot);
    this.#queues = this.#devices.map((device) => createQueue(events, device, options.queue));
    this.queue =
      stack === undefined
        ? this.#queues[0]
        : createStack(stack.level, this.#queues, stack.chunkKib);
  }

  /** Sum over the drives of one of their counters. */
  device(name: keyof DeviceCounters): number {
    return this.#devices.reduce((sum, { counters }) => sum + counters[name], 0);
  }

  /** Sum over the drives' queues of something they counted. */
  queued(count: (counters: Readonly<BlockCounters>) => number): number {
    return this.#queues.reduce((sum, { counters }) => sum + count(counters), 0);
  }

  /** Write bios that merged, and requests that were joined, of all queues. */
  get writeMerges(): number {
    return this.queued(({ merges, joins }) => merges[StatGroup.write] + joins);
  }
}
