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

import { Op, Status, type CompletionSink, type Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { MS } from '../sim/units.ts';
import { Accounting, readOrWrite, Unplug, type BlockCounters } from './accounting.ts';
import { BarrierSequence, isOrdered } from './barrier.ts';
import { Admission, BioFlag, type BioSink } from './bio.ts';
import { BioTable } from './bio-table.ts';
import { DispatchList } from './dispatch-list.ts';
import { MayQueue, type Elevator, type ElevatorHost } from './elevator/elevator.ts';
import { createElevator } from './elevator/registry.ts';
import { bioSegments, Merge, Merger } from './merge.ts';
import type { BlockObserver } from './observer.ts';
import { QueuePlug } from './plug.ts';
import { Freed, Pool, RequestPools } from './pool.ts';
import type { Queue, QueueSettings } from './queue.ts';
import { RequestFlag, RequestTable } from './request.ts';
import { TagSet } from './tags.ts';

/** Requests waiting that pull the plug (`unplug_thresh`). */
const UNPLUG_REQUESTS = 4;
/** How long the plug lasts otherwise (`unplug_delay`). */
const UNPLUG_DELAY_NS = 3 * MS;

export class SingleQueue implements Queue, CompletionSink, ElevatorHost {
  readonly events: EventQueue;
  readonly bios = new BioTable();
  readonly requests = new RequestTable();
  readonly elevatorName: string;
  readonly capacitySectors: number;
  readonly rotational: boolean;
  readonly maxSectors: number;
  observer: BlockObserver | null;
  outstandingBios = 0;

  readonly #device: Device;
  readonly #accounting = new Accounting();
  readonly #elevator: Elevator;
  readonly #merger: Merger;
  readonly #pools: RequestPools;
  readonly #tags: TagSet;
  readonly #dispatch: DispatchList;
  readonly #barrier: BarrierSequence;
  readonly #plug: QueuePlug;
  /** Flash with command queueing is never plugged (queue_should_plug). */
  readonly #canPlug: boolean;
  readonly #endWithoutRequest: number;
  #sink: BioSink | undefined;
  #isRunning = false;

  constructor(events: EventQueue, device: Device, settings: QueueSettings) {
    this.events = events;
    this.observer = settings.observer;
    this.elevatorName = settings.elevator;
    this.capacitySectors = device.capacitySectors;
    this.rotational = device.rotational;
    const { limits } = settings;
    this.maxSectors = Math.min(limits.maxSectors, limits.maxSegments * 8);
    this.#device = device;
    this.#elevator = createElevator(settings.elevator, this, settings.tunables);
    this.#merger = new Merger(this.bios, this.requests, this.#elevator, limits, settings.noMerges);
    this.#pools = new RequestPools(this.bios, settings.nrRequests);
    this.#tags = new TagSet(settings.queueDepth);
    this.#dispatch = new DispatchList(this.requests);
    this.#barrier = new BarrierSequence(this.requests, device);
    this.#plug = new QueuePlug(events, UNPLUG_DELAY_NS, () => this.#unplugged(Unplug.timer));
    this.#canPlug = device.rotational || settings.queueDepth === 1;
    this.#endWithoutRequest = events.register((bio) => this.#endBios(bio, this.bios.status[bio]));
    device.attach(this);
  }

  attach(sink: BioSink): void {
    this.#sink = sink;
  }

  get counters(): Readonly<BlockCounters> {
    const { nowNs } = this.events;
    this.#accounting.round(nowNs);
    for (const pool of [Pool.async, Pool.sync]) {
      this.#accounting.congestedNs[pool] = this.#pools.congestedUpTo(pool, nowNs);
    }
    return this.#accounting;
  }

  submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission {
    const { bios } = this;
    const { nowNs } = this.events;
    const bio = bios.take();
    bios.op[bio] = op;
    bios.sector[bio] = sector;
    bios.sectors[bio] = sectors;
    bios.flags[bio] = flags;
    bios.task[bio] = task;
    bios.cookie[bio] = cookie;
    bios.submitNs[bio] = nowNs;
    this.outstandingBios++;
    this.#accounting.bios++;
    this.observer?.queued(nowNs, op, sector, sectors, flags, task);
    if (this.#endsAtOnce(bio)) return Admission.admitted;
    const ordered = isOrdered(this.#device, op, flags);
    if (!ordered && !this.#isEmpty && this.#merge(bio)) {
      if (!this.#canPlug) this.#run();
      return Admission.admitted;
    }
    const pool = poolOf(op, flags);
    if (!this.#takeRequest(pool, task)) {
      this.#accounting.sleeps++;
      this.observer?.slept(nowNs, sector, sectors, task);
      this.#pools.sleep(pool, bio);
      this.unplug();
      return Admission.sleeping;
    }
    this.#makeRequest(bio, ordered);
    return Admission.admitted;
  }

  startPlug(): void {}

  finishPlug(): void {}

  unplug(): void {
    if (this.#plug.isPlugged) this.#pullPlug(Unplug.waiter);
    else if (!this.rotational) this.#run();
  }

  isCongested(sync: boolean): boolean {
    return this.#pools.isCongested(sync ? Pool.sync : Pool.async);
  }

  nextEventNs(): number {
    return this.events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.events.advanceTo(ns);
  }

  // CompletionSink: the drive speaks.

  complete(tag: number, timeNs: number, status: Status): void {
    const { requests } = this;
    const request = this.#tags.give(tag);
    const isBarrier = request === this.#barrier.request;
    const op = isBarrier ? this.#barrier.op : requests.op[request];
    this.observer?.completed(timeNs, request, tag, op, status);
    if (isBarrier) {
      this.#barrier.stepDone(status === Status.ok);
      if (!this.#barrier.isDone(this.#tags.inUse)) {
        this.#run();
        return;
      }
      this.#barrier.end();
    }
    this.#finish(request, timeNs, status);
  }

  // ElevatorHost: the elevator speaks.

  dispatchTail(request: number): void {
    this.#merger.removed(request);
    this.#dispatch.addTail(request);
  }

  dispatchSorted(request: number): void {
    this.#merger.removed(request);
    this.#dispatch.addSorted(request);
  }

  kick(): void {
    this.#completionRun();
  }

  // The way down.

  get #isEmpty(): boolean {
    return this.#dispatch.list.length === 0 && this.#elevator.isEmpty;
  }

  /** What the kernel turns away before it reaches the queue: it ends now, but not in this call. */
  #endsAtOnce(bio: number): boolean {
    const { bios } = this;
    const op = bios.op[bio];
    if (op === Op.flush) return false;
    const isOff = bios.sector[bio] + bios.sectors[bio] > this.capacitySectors;
    if (!isOff && (op !== Op.discard || this.#device.supportsDiscard)) return false;
    // A discard is a hint; file systems take "not supported" for an answer and go on.
    bios.status[bio] = isOff ? Status.outOfRange : Status.ok;
    this.events.schedule(this.events.nowNs, this.#endWithoutRequest, bio);
    return true;
  }

  #merge(bio: number): boolean {
    const how = this.#merger.mergeBio(bio);
    if (how === Merge.none) return false;
    const { bios, events } = this;
    const accounting = this.#accounting;
    accounting.merges[readOrWrite(bios.op[bio])]++;
    if (how === Merge.back) accounting.backMerges++;
    else accounting.frontMerges++;
    this.observer?.merged(
      events.nowNs,
      this.#merger.target,
      how,
      bios.sector[bio],
      bios.sectors[bio],
    );
    const absorbed = this.#merger.mergeNeighbour(how);
    if (absorbed >= 0) this.#absorb(absorbed);
    return true;
  }

  /** A request was joined to another: its row and its place in the pool come free. */
  #absorb(absorbed: number): void {
    const { nowNs } = this.events;
    this.#accounting.joins++;
    this.#accounting.gone(nowNs);
    this.observer?.joined(nowNs, this.#merger.target, absorbed);
    const pool = this.#poolOfRequest(absorbed);
    this.requests.give(absorbed);
    this.#tellFreed(pool, this.#pools.give(pool, nowNs));
  }

  #takeRequest(pool: Pool, task: number): boolean {
    const must = this.#elevator.mayQueue(pool === Pool.sync, task) === MayQueue.must;
    return this.#pools.tryTake(pool, task, this.events.nowNs, must);
  }

  /** Makes a request of a bio and files it (the end of __make_request). */
  #makeRequest(bio: number, ordered: boolean): void {
    const { bios, requests, events } = this;
    const { nowNs } = events;
    const request = requests.take();
    const op = bios.op[bio];
    requests.op[request] = op;
    requests.sector[request] = bios.sector[bio];
    requests.sectors[request] = bios.sectors[bio];
    requests.segments[request] = bioSegments(bios, bio);
    requests.task[request] = bios.task[bio];
    requests.flags[request] = requestFlags(op, bios.flags[bio], ordered);
    requests.firstBio[request] = bio;
    requests.lastBio[request] = bio;
    requests.startNs[request] = nowNs;
    this.#accounting.started(nowNs);
    if (this.#canPlug && !this.#plug.isPlugged && this.#isEmpty) {
      this.#plug.plug();
      this.#accounting.plugs++;
      this.observer?.plugged(nowNs);
    }
    this.observer?.inserted(nowNs, request, op, bios.sector[bio], bios.sectors[bio]);
    if (ordered) this.#insertBehindAll(request);
    else this.#insertSorted(request, nowNs);
  }

  #insertSorted(request: number, nowNs: number): void {
    this.#merger.added(request);
    this.#elevator.add(request, nowNs);
    if (!this.#canPlug) this.#run();
    else if (this.#plug.isPlugged) {
      if (this.#pools.total - this.#tags.inUse >= UNPLUG_REQUESTS) this.#pullPlug(Unplug.requests);
    }
  }

  /** A barrier: everything the elevator holds goes before it (ELEVATOR_INSERT_BACK). */
  #insertBehindAll(request: number): void {
    while (this.#elevator.dispatch(this.events.nowNs, true));
    this.#dispatch.addTail(request);
    if (this.#plug.isPlugged) this.#pullPlug(Unplug.waiter);
    else this.#run();
  }

  #pullPlug(why: Unplug): void {
    this.#plug.pull();
    this.#unplugged(why);
  }

  #unplugged(why: Unplug): void {
    this.#accounting.unplugs[why]++;
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
    // A drive that completes within `submit` comes back here; the loop below goes on anyway.
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.#plug.isPlugged) {
      if (this.#barrier.isActive) {
        if (!this.#runBarrier()) break;
        continue;
      }
      const request = this.#peek();
      if (request < 0 || !this.#tags.available) break;
      this.#dispatch.list.remove(request);
      if (this.requests.has(request, RequestFlag.barrier)) this.#barrier.begin(request);
      else this.#issue(request, this.requests.op[request] as Op, 0);
    }
    this.#isRunning = false;
  }

  /** Takes the barrier one step on; false when it waits. */
  #runBarrier(): boolean {
    const barrier = this.#barrier;
    const { request } = barrier;
    const inFlight = this.#tags.inUse;
    if (barrier.isReady(inFlight)) {
      barrier.next();
      this.#issue(request, barrier.op, barrier.deviceFlags);
      return true;
    }
    if (!barrier.isDone(inFlight)) return false;
    // An empty barrier over a drive without a cache: it was there to drain, and that is done.
    barrier.end();
    this.requests.flags[request] |= RequestFlag.started;
    this.bios.status[this.requests.firstBio[request]] = Status.ok;
    this.#drained(request);
    return true;
  }

  #drained(request: number): void {
    const { nowNs } = this.events;
    const bio = this.requests.firstBio[request];
    const pool = this.#poolOfRequest(request);
    this.#accounting.done(1, 0, this.requests.startNs[request], nowNs);
    this.requests.give(request);
    const freed = this.#pools.give(pool, nowNs);
    this.events.schedule(nowNs, this.#endWithoutRequest, bio);
    this.#tellFreed(pool, freed);
  }

  /** The request at the head of the dispatch list, chosen now if there was none; -1 for none. */
  #peek(): number {
    const { list } = this.#dispatch;
    if (list.first < 0 && !this.#elevator.dispatch(this.events.nowNs, false)) return -1;
    const request = list.first;
    if (!this.requests.has(request, RequestFlag.started)) {
      if (this.requests.has(request, RequestFlag.sorted)) this.#elevator.activated(request);
      this.requests.flags[request] |= RequestFlag.started;
      this.#dispatch.taken(request);
    }
    return request;
  }

  #issue(request: number, op: Op, deviceFlags: number): void {
    const { requests } = this;
    const { nowNs } = this.events;
    const tag = this.#tags.take(request);
    const sector = requests.sector[request];
    const sectors = op === Op.flush ? 0 : requests.sectors[request];
    requests.issueNs[request] = nowNs;
    this.observer?.issued(nowNs, request, tag, op, sector, sectors);
    this.#device.submit(tag, op, sector, sectors, deviceFlags);
  }

  // The way up.

  /**
   * A request is done. The drive gets its next one first; only then do submitters hear of it, who
   * as tasks of their own would not run before that either.
   */
  #finish(request: number, timeNs: number, status: Status): void {
    const { requests } = this;
    const group = readOrWrite(requests.op[request]);
    const pool = this.#poolOfRequest(request);
    const firstBio = requests.firstBio[request];
    this.#accounting.done(group, requests.sectors[request], requests.startNs[request], timeNs);
    if (requests.has(request, RequestFlag.sorted)) this.#elevator.completed(request, timeNs);
    requests.give(request);
    const freed = this.#pools.give(pool, timeNs);
    this.#completionRun();
    this.#endBios(firstBio, status);
    if (freed !== 0) this.#tellFreed(pool, freed);
  }

  /** Hands a chain of bios back to their submitters. */
  #endBios(firstBio: number, status: number): void {
    const { bios } = this;
    const { nowNs } = this.events;
    for (let bio = firstBio; bio >= 0;) {
      const next = bios.next[bio];
      const cookie = bios.cookie[bio];
      bios.give(bio);
      this.outstandingBios--;
      this.#sink?.bioDone(cookie, nowNs, status as Status);
      bio = next;
    }
  }

  #tellFreed(pool: Pool, freed: number): void {
    if ((freed & Freed.congestionCleared) !== 0) this.#sink?.congestionCleared(pool === Pool.sync);
    if ((freed & Freed.wake) === 0) return;
    const { nowNs } = this.events;
    const bio = this.#pools.takeSleeper(pool, nowNs);
    if (bio < 0) return;
    const { bios } = this;
    const cookie = bios.cookie[bio];
    this.#accounting.sleptNs += nowNs - bios.submitNs[bio];
    // What it might have merged with was looked for before it slept; the kernel looks no more.
    this.#makeRequest(bio, isOrdered(this.#device, bios.op[bio], bios.flags[bio]));
    this.#sink?.bioAdmitted(cookie, nowNs);
  }

  #poolOfRequest(request: number): Pool {
    return this.requests.has(request, RequestFlag.sync) ? Pool.sync : Pool.async;
  }
}

function poolOf(op: number, flags: number): Pool {
  return op === Op.read || (flags & BioFlag.sync) !== 0 ? Pool.sync : Pool.async;
}

function requestFlags(op: number, bioFlags: number, ordered: boolean): number {
  const { sync, meta, noMerge, barrier, sorted, fua, preflush, reclaim } = RequestFlag;
  let flags = ordered ? barrier : sorted;
  if (poolOf(op, bioFlags) === Pool.sync) flags |= sync;
  if ((bioFlags & BioFlag.meta) !== 0) flags |= meta;
  if ((bioFlags & BioFlag.noMerge) !== 0) flags |= noMerge;
  if ((bioFlags & BioFlag.reclaim) !== 0) flags |= reclaim;
  if ((bioFlags & BioFlag.barrier) !== 0) return flags | preflush | fua;
  if ((bioFlags & BioFlag.fua) !== 0) flags |= fua;
  if ((bioFlags & BioFlag.preflush) !== 0) flags |= preflush;
  return flags;
}
