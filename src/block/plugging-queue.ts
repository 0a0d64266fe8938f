/**
 * The block layer from 3.x on: bios gather in their task's plug, then in the elevator, and flushes
 * go their own way (blk_queue_bio and blk_flush_plug_list, block/blk-core.c; blk_mq_submit_bio and
 * blk_mq_flush_plug_list, block/blk-mq.c).
 *
 * 3.x still has one queue with its request pools, and its driver chooses one request ahead. blk-mq
 * has a tag for each request, and one `HardwareQueue` for each of the drive's; without an elevator
 * a request goes straight to the drive.
 */

import { DeviceFlag, Op, Status, type Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { StatGroup, Unplug } from './accounting.ts';
import { Admission, BioFlag } from './bio.ts';
import { FlushMachinery, FlushStep, type FlushHost } from './flush.ts';
import { HardwareQueue } from './hardware-queue.ts';
import { Merge } from './merge.ts';
import { Pool } from './pool.ts';
import type { QueueSettings } from './queue.ts';
import { RequestFlag } from './request.ts';
import { requestFlags, RequestQueue } from './request-queue.ts';
import { RequestSupply, type SupplyHost } from './supply.ts';
import { TaskPlugs, type PlugRules } from './task-plug.ts';
import { Throttled, WriteBackThrottle } from './wbt.ts';

/** What a generation without task plugs would have. */
const NO_PLUG: PlugRules = { maxRequests: 0, flushSectors: 0, searchesAll: false, sorts: false };

export class PluggingQueue extends RequestQueue implements FlushHost, SupplyHost {
  readonly #isMultiQueue: boolean;
  readonly #hardware: readonly HardwareQueue[];
  readonly #supply: RequestSupply;
  readonly #throttle: WriteBackThrottle | null;
  readonly #tagsPerQueue: number;
  readonly #plugs: TaskPlugs;
  readonly #flush: FlushMachinery;
  /** Without an elevator requests are not inserted anywhere. */
  readonly #isDirect: boolean;

  constructor(events: EventQueue, device: Device, settings: QueueSettings) {
    super(events, device, settings);
    const { generation, queueDepth, hardwareQueues } = settings;
    this.#isMultiQueue = generation.isMultiQueue;
    this.#isDirect = settings.elevator === 'none';
    this.#tagsPerQueue = Math.floor(queueDepth / hardwareQueues);
    this.#hardware = Array.from(
      { length: hardwareQueues },
      (_, i) =>
        new HardwareQueue(this, settings, i * this.#tagsPerQueue, this.#tagsPerQueue, (hardware) =>
          this.#run(hardware),
        ),
    );
    this.#throttle = settings.isWriteBackThrottled
      ? new WriteBackThrottle(events, this.bios, this.requests, {
          queueDepth,
          rotational: device.rotational,
          volatileCache: device.volatileCache,
        })
      : null;
    this.#supply = new RequestSupply(this, this.#hardware, settings, this.#throttle);
    this.#plugs = new TaskPlugs(this.requests, generation.plug ?? NO_PLUG);
    this.#flush = new FlushMachinery(this, device);
  }

  startPlug(task: number): void {
    this.#plugs.open(task);
  }

  finishPlug(task: number): void {
    if (this.#plugs.close(task)) this.#flushPlug(task, Unplug.finish);
  }

  taskSleeps(task: number): void {
    if (task < this.#plugs.tasks) this.#flushPlug(task, Unplug.waiter);
  }

  /**
   * Whoever sleeps has its plug flushed. Only the task that runs now may hold anything back: all
   * the others with an open plug sleep already. So everything goes out.
   */
  unplug(): void {
    for (let task = 0; this.#plugs.held > 0 && task < this.#plugs.tasks; task++) {
      this.#flushPlug(task, Unplug.waiter);
    }
  }

  isCongested(sync: boolean): boolean {
    return this.#supply.isCongested(sync ? Pool.sync : Pool.async);
  }

  protected congestedUpTo(pool: Pool): number {
    return this.#supply.congestedUpTo(pool);
  }

  // The way down.

  protected place(bio: number): Admission {
    const { bios, device } = this;
    this.countBio(bio);
    if (this.endsAtOnce(bio)) return Admission.admitted;
    if (!device.volatileCache) {
      bios.flags[bio] &= ~(BioFlag.preflush | BioFlag.fua | BioFlag.barrier);
      if (bios.op[bio] === Op.flush) {
        this.endLater(bio, Status.ok);
        return Admission.admitted;
      }
    }
    const index = bios.task[bio] % this.#hardware.length;
    if (this.#merges(bio, this.#hardware[index])) return Admission.admitted;
    return this.#takeRequest(bio, index);
  }

  #merges(bio: number, hardware: HardwareQueue): boolean {
    const { bios } = this;
    const { preflush, fua, barrier } = BioFlag;
    if (bios.op[bio] === Op.flush || (bios.flags[bio] & (preflush | fua | barrier)) !== 0) {
      return false;
    }
    if (!hardware.merger.mayMerge(bio)) return false;
    if (this.#plugs.isOpen(bios.task[bio]) && this.#mergesIntoPlug(bio, hardware)) return true;
    return !hardware.elevator.isEmpty && this.mergeBio(hardware.merger, bio);
  }

  #mergesIntoPlug(bio: number, hardware: HardwareQueue): boolean {
    const { rules } = this.#plugs;
    const { listPrevious } = this.requests;
    let request = this.#plugs.list(this.bios.task[bio]).last;
    while (request >= 0) {
      const how = hardware.merger.mergeIntoPlugged(request, bio);
      if (how !== Merge.none) {
        this.countMerge(request, how, bio);
        return true;
      }
      if (!rules.searchesAll) return false;
      request = listPrevious[request];
    }
    return false;
  }

  #takeRequest(bio: number, index: number): Admission {
    const { bios } = this;
    if (this.#supply.take(bio, index)) {
      this.#makeRequest(bio, index);
      return Admission.admitted;
    }
    this.accounting.sleeps++;
    this.observer?.slept(this.events.nowNs, bios.sector[bio], bios.sectors[bio], bios.task[bio]);
    this.unplug();
    return Admission.sleeping;
  }

  #makeRequest(bio: number, index: number): void {
    const { bios, requests } = this;
    const task = bios.task[bio];
    const request = this.newRequest(bio, requestFlags(bios.op[bio], bios.flags[bio]));
    requests.hardware[request] = index;
    const isFlush = this.#needsFlush(request);
    if (isFlush) requests.flags[request] |= RequestFlag.noMerge;
    if (this.#plugs.isOpen(task) && !(isFlush && this.#isMultiQueue)) {
      if (this.#plugs.isFull(task)) this.#flushPlug(task, Unplug.requests);
      if (this.#plugs.list(task).length === 0) {
        this.accounting.plugs++;
        this.observer?.plugged(this.events.nowNs);
      }
      this.#plugs.add(task, request);
    } else {
      this.#insert(request, this.#isDirect);
      this.#run(this.#hardware[index]);
    }
  }

  #needsFlush(request: number): boolean {
    const { preflush, fua } = RequestFlag;
    const { requests } = this;
    return requests.op[request] === Op.flush || requests.has(request, preflush | fua);
  }

  #flushPlug(task: number, why: Unplug): void {
    const plugs = this.#plugs;
    if (plugs.list(task).length === 0) return;
    this.accounting.unplugs[why]++;
    this.observer?.unplugged(this.events.nowNs, why);
    if (plugs.rules.sorts) plugs.sort(task);
    // Without an elevator a plug goes straight to the drive, but not that of a task about to sleep.
    const isDirect = this.#isDirect && why !== Unplug.waiter;
    for (let request; (request = plugs.shift(task)) >= 0;) this.#insert(request, isDirect);
    for (const hardware of this.#hardware) this.#run(hardware);
  }

  /** Files a request with the elevator, unless it is a flush or joins one that is there. */
  #insert(request: number, isDirect: boolean): void {
    const { requests } = this;
    const hardware = this.#hardware[requests.hardware[request]];
    if (this.#needsFlush(request)) {
      const steps = this.#flush.stepsOf(request);
      if ((steps & ~FlushStep.data) !== 0) {
        this.#flush.insert(request, steps);
        return;
      }
    }
    if (requests.isMergeable(request) && this.#joins(request, hardware)) return;
    requests.flags[request] |= RequestFlag.sorted;
    if (!isDirect) this.#observeInserted(request);
    hardware.merger.added(request);
    hardware.elevator.add(request);
  }

  #observeInserted(request: number): void {
    const { op, sector, sectors } = this.requests;
    const { nowNs } = this.events;
    this.observer?.inserted(nowNs, request, op[request], sector[request], sectors[request]);
  }

  /** Joins a request to others before it goes in (elv_attempt_insert_merge). */
  #joins(request: number, { elevator, merger }: HardwareQueue): boolean {
    if (!elevator.joinsOnInsert) return false;
    let grown = request;
    for (;;) {
      const into = merger.mergeOnInsert(grown, grown !== request);
      if (into < 0) return grown !== request;
      this.joined(into, grown);
      if (merger.hitLast) return true;
      grown = into;
    }
  }

  /** Gives the drive what it can take. */
  #run(hardware: HardwareQueue): void {
    // A drive that completes within `submit` comes back here; the loop below goes on anyway.
    if (hardware.isRunning) return;
    hardware.isRunning = true;
    const { requests } = this;
    // One request is chosen ahead even with all tags in use, by the driver before blk-mq, and there
    // because a request leaves the elevator before it gets its tag (__blk_mq_do_dispatch_sched).
    for (;;) {
      const request = hardware.peek();
      if (request < 0 || !hardware.tags.available) break;
      hardware.dispatch.list.remove(request);
      const op = requests.op[request] as Op;
      const fua = this.device.supportsFua && requests.has(request, RequestFlag.fua);
      this.#throttle?.issued(request);
      hardware.issue(request, op, requests.sectors[request], fua ? DeviceFlag.fua : 0);
    }
    hardware.isRunning = false;
  }

  // FlushHost. A flush command goes through the first hardware queue, ahead of the elevator.

  issueFlush(request: number): void {
    this.requests.hardware[request] = 0;
    this.issueData(request);
  }

  issueData(request: number): void {
    const hardware = this.#hardware[this.requests.hardware[request]];
    hardware.dispatch.addHead(request);
    this.#run(hardware);
  }

  // The way up.

  protected completed(tag: number, status: Status): void {
    const { requests } = this;
    const hardware = this.#hardware[Math.floor(tag / this.#tagsPerQueue)];
    const request = hardware.tags.give(tag);
    this.observer?.completed(this.events.nowNs, request, tag, requests.op[request], status);
    this.#throttle?.completed(request);
    if (this.#flush.isFlush(request)) {
      if (this.#isMultiQueue) this.#countFlush();
      this.#flush.flushDone(status);
      this.#run(hardware);
    } else if (requests.has(request, RequestFlag.flushSequence)) {
      this.#flush.dataDone(request, status);
      this.#run(hardware);
    } else this.finish(request, status);
  }

  /**
   * A request is done. The drive gets its next one first; only then do submitters hear of it, who
   * as tasks of their own would not run before that either.
   */
  finish(request: number, status: Status): void {
    const { requests } = this;
    const index = requests.hardware[request];
    const hardware = this.#hardware[index];
    const pool = this.poolOf(request);
    const kind = this.#kindOf(request);
    const tag = requests.tag[request];
    const firstBio = requests.firstBio[request];
    this.countDone(request);
    if (requests.has(request, RequestFlag.sorted)) hardware.elevator.completed(request);
    requests.give(request);
    this.#run(hardware);
    this.endBios(firstBio, status);
    this.#supply.release(index, tag, pool, kind);
  }

  /** From 5.5 on a flush counts where it is made, and once for all that wait for it. */
  #countFlush(): void {
    this.accounting.ios[StatGroup.flush]++;
    this.accounting.ticksNs[StatGroup.flush] += this.events.nowNs - this.#flush.flushIssueNs;
  }

  protected releaseRequest(request: number, pool: Pool): void {
    const { hardware, tag } = this.requests;
    this.#supply.release(hardware[request], tag[request], pool, this.#kindOf(request));
  }

  #kindOf(request: number): Throttled {
    return this.#throttle?.kindOfRequest(request) ?? Throttled.none;
  }

  // SupplyHost.

  supplied(bio: number, index: number): void {
    this.accounting.sleptNs += this.events.nowNs - this.bios.submitNs[bio];
    this.#makeRequest(bio, index);
    this.admitted(bio);
  }

  congestionCleared(pool: Pool): void {
    this.sink?.congestionCleared(pool === Pool.sync);
  }
}
