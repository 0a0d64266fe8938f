/**
 * The block layer of 2.6.34: one queue with a plug, request pools, an elevator and a dispatch list
 * (__make_request, block/blk-core.c; elv_insert, block/elevator.c; scsi_request_fn).
 *
 * A bio is merged, or gets a request, or sleeps for one. Requests wait in the elevator until the
 * drive has a free tag. As the kernel's driver does, the queue chooses one request ahead of the
 * drive: that one waits on the dispatch list and takes in no more bios.
 *
 * Preflush and FUA did not exist yet; where the drive has a volatile cache they are done as the
 * barriers of the time were, with the queue drained, and else they mean nothing.
 */

import { Op, Status, type Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { MS } from '../sim/units.ts';
import { Unplug } from './accounting.ts';
import { BarrierSequence, isOrdered } from './barrier.ts';
import { Admission } from './bio.ts';
import { MayQueue } from './elevator/elevator.ts';
import { HardwareQueue } from './hardware-queue.ts';
import { QueuePlug } from './plug.ts';
import { Freed, Pool, RequestPools } from './pool.ts';
import type { QueueSettings } from './queue.ts';
import { RequestFlag } from './request.ts';
import { requestFlags, RequestQueue } from './request-queue.ts';

/** Requests waiting that pull the plug (`unplug_thresh`). */
const UNPLUG_REQUESTS = 4;
/** How long the plug lasts otherwise (`unplug_delay`). */
const UNPLUG_DELAY_NS = 3 * MS;

export class SingleQueue extends RequestQueue {
  readonly #hardware: HardwareQueue;
  readonly #pools: RequestPools;
  readonly #barrier: BarrierSequence;
  readonly #plug: QueuePlug;
  /** Flash with command queueing is never plugged (queue_should_plug). */
  readonly #canPlug: boolean;

  constructor(events: EventQueue, device: Device, settings: QueueSettings) {
    super(events, device, settings);
    const { queueDepth } = settings;
    this.#hardware = new HardwareQueue(this, settings, 0, queueDepth, () => this.#completionRun());
    this.#pools = new RequestPools(events, this.bios, settings.nrRequests);
    this.#barrier = new BarrierSequence(this.requests, device);
    this.#plug = new QueuePlug(events, UNPLUG_DELAY_NS, () => this.#unplugged(Unplug.timer));
    this.#canPlug = device.rotational || queueDepth === 1;
  }

  /** There are no task plugs yet. */
  startPlug(): void {}

  finishPlug(): void {}

  taskSleeps(): void {}

  unplug(): void {
    if (this.#plug.isPlugged) this.#pullPlug(Unplug.waiter);
    else if (!this.rotational) this.#run();
  }

  isCongested(sync: boolean): boolean {
    return this.#pools.isCongested(sync ? Pool.sync : Pool.async);
  }

  protected completed(tag: number, status: Status): void {
    const { requests } = this;
    const { tags } = this.#hardware;
    const request = tags.give(tag);
    const isBarrier = request === this.#barrier.request;
    const op = isBarrier ? this.#barrier.op : requests.op[request];
    this.observer?.completed(this.events.nowNs, request, tag, op, status);
    if (isBarrier) {
      this.#barrier.stepDone(status === Status.ok);
      if (!this.#barrier.isDone(tags.inUse)) {
        this.#run();
        return;
      }
      this.#barrier.end();
    }
    this.#finish(request, status);
  }

  // The way down.

  protected place(bio: number): Admission {
    const { bios } = this;
    this.countBio(bio);
    if (this.endsAtOnce(bio)) return Admission.admitted;
    const op = bios.op[bio];
    const flags = bios.flags[bio];
    const ordered = isOrdered(this.device, op, flags);
    if (!ordered && !this.#hardware.isEmpty && this.mergeBio(this.#hardware.merger, bio)) {
      if (!this.#canPlug) this.#run();
      return Admission.admitted;
    }
    const must = this.#hardware.elevator.mayQueue(bio) === MayQueue.must;
    if (!this.#pools.tryTake(bio, must)) {
      this.accounting.sleeps++;
      this.observer?.slept(this.events.nowNs, bios.sector[bio], bios.sectors[bio], bios.task[bio]);
      this.#pools.sleep(bio);
      this.unplug();
      return Admission.sleeping;
    }
    this.#makeRequest(bio, ordered);
    return Admission.admitted;
  }

  /** Makes a request of a bio and files it (the end of __make_request). */
  #makeRequest(bio: number, ordered: boolean): void {
    const { bios } = this;
    const op = bios.op[bio];
    const filed = ordered ? RequestFlag.barrier : RequestFlag.sorted;
    const request = this.newRequest(bio, requestFlags(op, bios.flags[bio]) | filed);
    if (this.#canPlug && !this.#plug.isPlugged && this.#hardware.isEmpty) {
      this.#plug.plug();
      this.accounting.plugs++;
      this.observer?.plugged(this.events.nowNs);
    }
    this.observer?.inserted(this.events.nowNs, request, op, bios.sector[bio], bios.sectors[bio]);
    if (ordered) this.#insertBehindAll(request);
    else this.#insertSorted(request);
  }

  #insertSorted(request: number): void {
    this.#hardware.merger.added(request);
    this.#hardware.elevator.add(request);
    if (!this.#canPlug) this.#run();
    else if (this.#plug.isPlugged) {
      const waiting = this.#pools.total - this.#hardware.tags.inUse;
      if (waiting >= UNPLUG_REQUESTS) this.#pullPlug(Unplug.requests);
    }
  }

  /** A barrier: everything the elevator holds goes before it (ELEVATOR_INSERT_BACK). */
  #insertBehindAll(request: number): void {
    while (this.#hardware.elevator.dispatch(true));
    this.#hardware.dispatch.addTail(request);
    if (this.#plug.isPlugged) this.#pullPlug(Unplug.waiter);
    else this.#run();
  }

  #pullPlug(why: Unplug): void {
    this.#plug.pull();
    this.#unplugged(why);
  }

  #unplugged(why: Unplug): void {
    this.accounting.unplugs[why]++;
    this.observer?.unplugged(this.events.nowNs, why);
    this.#run();
  }

  /** Runs the queue after a completion: that pulls the plug too (__blk_run_queue). */
  #completionRun(): void {
    if (this.#plug.isPlugged) this.#pullPlug(Unplug.completion);
    else this.#run();
  }

  /** Gives the drive what it can take (the driver's request_fn). */
  #run(): void {
    const hardware = this.#hardware;
    const { requests } = this;
    // A drive that completes within `submit` comes back here; the loop below goes on anyway.
    if (hardware.isRunning) return;
    hardware.isRunning = true;
    while (!this.#plug.isPlugged) {
      if (this.#barrier.isActive) {
        if (!this.#runBarrier()) break;
        continue;
      }
      const request = hardware.peek();
      if (request < 0 || !hardware.tags.available) break;
      hardware.dispatch.list.remove(request);
      if (requests.has(request, RequestFlag.barrier)) this.#barrier.begin(request);
      else hardware.issue(request, requests.op[request] as Op, requests.sectors[request], 0);
    }
    hardware.isRunning = false;
  }

  /** Takes the barrier one step on; false when it waits. */
  #runBarrier(): boolean {
    const barrier = this.#barrier;
    const { request } = barrier;
    const inFlight = this.#hardware.tags.inUse;
    if (barrier.isReady(inFlight)) {
      barrier.next();
      const sectors = barrier.op === Op.flush ? 0 : this.requests.sectors[request];
      this.#hardware.issue(request, barrier.op, sectors, barrier.deviceFlags);
      return true;
    }
    if (!barrier.isDone(inFlight)) return false;
    // An empty barrier over a drive without a cache: it was there to drain, and that is done.
    barrier.end();
    this.#drained(request);
    return true;
  }

  #drained(request: number): void {
    const bio = this.requests.firstBio[request];
    const pool = this.poolOf(request);
    this.countDone(request);
    this.requests.give(request);
    this.endLater(bio, Status.ok);
    this.releaseRequest(request, pool);
  }

  // The way up.

  /**
   * A request is done. The drive gets its next one first; only then do submitters hear of it, who
   * as tasks of their own would not run before that either.
   */
  #finish(request: number, status: Status): void {
    const { requests } = this;
    const pool = this.poolOf(request);
    const firstBio = requests.firstBio[request];
    this.countDone(request);
    if (requests.has(request, RequestFlag.sorted)) {
      this.#hardware.elevator.completed(request);
    }
    requests.give(request);
    const freed = this.#pools.give(0, pool);
    this.#completionRun();
    this.endBios(firstBio, status);
    if (freed !== 0) this.#tellFreed(pool, freed);
  }

  protected releaseRequest(_request: number, pool: Pool): void {
    this.#tellFreed(pool, this.#pools.give(0, pool));
  }

  protected congestedUpTo(pool: Pool): number {
    return this.#pools.congestedUpTo(pool);
  }

  #tellFreed(pool: Pool, freed: number): void {
    if ((freed & Freed.congestionCleared) !== 0) this.sink?.congestionCleared(pool === Pool.sync);
    if ((freed & Freed.wake) === 0) return;
    const bio = this.#pools.takeSleeper(pool);
    if (bio < 0) return;
    const { bios } = this;
    const cookie = bios.cookie[bio];
    this.accounting.sleptNs += this.events.nowNs - bios.submitNs[bio];
    // What it might have merged with was looked for before it slept; the kernel looks no more.
    this.#makeRequest(bio, isOrdered(this.device, bios.op[bio], bios.flags[bio]));
    this.sink?.bioAdmitted(cookie, this.events.nowNs);
  }
}
