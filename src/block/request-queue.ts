/**
 * What the block layers of all generations have in common: the tables of bios and requests, a
 * bio's way in and out, and the counting. How a bio gets its request, and when requests go to the
 * drive, is the subclass's: `SingleQueue` for 2.6.34, `PluggingQueue` for 3.x and mq.
 */

import { Op, Status, type CompletionSink, type Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { Accounting, type BlockCounters, type StatGroup } from './accounting.ts';
import { Admission, BioFlag, type BioSink } from './bio.ts';
import { BioTable } from './bio-table.ts';
import { type IoClass, ioPriority, TaskPriorities } from './io-priority.ts';
import { bioSegments, Merge, type Merger } from './merge.ts';
import type { BlockObserver } from './observer.ts';
import { Pool, poolOfBio } from './pool.ts';
import type { Queue, QueueSettings } from './queue.ts';
import { RequestFlag, RequestTable } from './request.ts';
import { SplitBios } from './split.ts';

export abstract class RequestQueue implements Queue, CompletionSink {
  readonly events: EventQueue;
  readonly device: Device;
  readonly bios = new BioTable();
  readonly requests = new RequestTable();
  readonly accounting: Accounting;
  readonly elevatorName: string;
  readonly capacitySectors: number;
  readonly rotational: boolean;
  readonly maxSectors: number;
  observer: BlockObserver | null;
  outstandingBios = 0;
  sector = NaN;

  protected sink: BioSink | undefined;
  readonly #priorities = new TaskPriorities();
  readonly #groupOf: (op: number) => StatGroup;
  /** Bios in parts, where bios beyond the limits are split. */
  readonly #split: SplitBios | undefined;
  readonly #maxDiscardSectors: number;
  readonly #endLater: number;

  constructor(events: EventQueue, device: Device, settings: QueueSettings) {
    this.events = events;
    this.accounting = new Accounting(events, this.requests);
    this.device = device;
    this.observer = settings.observer;
    this.elevatorName = settings.elevator;
    this.capacitySectors = device.capacitySectors;
    this.rotational = device.rotational;
    const { limits } = settings;
    this.maxSectors = Math.min(limits.maxSectors, limits.maxSegments * 8);
    this.#groupOf = settings.generation.groupOf;
    this.#split = settings.generation.isMultiQueue ? new SplitBios() : undefined;
    this.#maxDiscardSectors = limits.maxDiscardSectors;
    this.#endLater = events.register((bio) => this.endBios(bio, this.bios.status[bio]));
    device.attach(this);
  }

  attach(sink: BioSink): void {
    this.sink = sink;
  }

  setIoPriority(task: number, ioClass: IoClass, level?: number): void {
    this.#priorities.set(task, ioPriority(ioClass, level));
  }

  get counters(): Readonly<BlockCounters> {
    this.accounting.round();
    for (const pool of [Pool.async, Pool.sync]) {
      this.accounting.congestedNs[pool] = this.congestedUpTo(pool);
    }
    return this.accounting;
  }

  submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission {
    this.sector = sector;
    return this.submit(op, sectors, flags, task, cookie);
  }

  submit(op: number, sectors: number, flags: number, task: number, cookie: number): Admission {
    this.outstandingBios++;
    if (this.#split !== undefined && this.sector + sectors <= this.capacitySectors) {
      const most = op === Op.discard ? this.#maxDiscardSectors : this.maxSectors;
      if (sectors > most) {
        const row = this.#split.take(cookie, Math.ceil(sectors / most));
        return this.#submitParts(this.#split, row, most, op, sectors, flags, task);
      }
    }
    return this.place(this.newBio(op, sectors, flags, task, cookie));
  }

  /** All parts but the last are as large as may be, and merge with nothing. */
  #submitParts(
    split: SplitBios,
    row: number,
    most: number,
    op: number,
    sectors: number,
    flags: number,
    task: number,
  ): Admission {
    let admission: Admission = Admission.admitted;
    const first = this.sector;
    for (let at = 0; at < sectors; at += most) {
      const isLast = sectors - at <= most;
      const ofPart = isLast ? flags : flags | BioFlag.noMerge;
      this.sector = first + at;
      const bio = this.newBio(op, isLast ? sectors - at : most, ofPart, task, row);
      this.bios.isPart[bio] = 1;
      if (this.place(bio) !== Admission.sleeping) continue;
      split.sleeps(row);
      admission = Admission.sleeping;
    }
    return admission;
  }

  /** A bio that slept has its request: its submitter may wake, once for all parts. */
  protected admitted(bio: number): void {
    const { nowNs } = this.events;
    const cookie = this.bios.cookie[bio];
    if (this.bios.isPart[bio] === 0) this.sink?.bioAdmitted(cookie, nowNs);
    else if (this.#split?.wakes(cookie) === true) {
      this.sink?.bioAdmitted(this.#split.cookie[cookie], nowNs);
    }
  }

  abstract startPlug(task: number): void;
  abstract finishPlug(task: number): void;
  abstract taskSleeps(task: number): void;
  abstract unplug(): void;
  abstract isCongested(sync: boolean): boolean;

  complete(tag: number, _timeNs: number, status: Status): void {
    this.completed(tag, status);
  }

  ended(tag: number, status: Status): void {
    this.completed(tag, status);
  }

  nextEventNs(): number {
    return this.events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.events.advanceTo(ns);
  }

  /** The drive is done with a command, now. */
  protected abstract completed(tag: number, status: Status): void;
  /** Merges the bio, makes a request of it, or has its submitter sleep. */
  protected abstract place(bio: number): Admission;
  protected abstract congestedUpTo(pool: Pool): number;

  /** A row for the bio at `sector`. */
  protected newBio(
    op: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): number {
    const { bios } = this;
    const bio = bios.take();
    bios.op[bio] = op;
    bios.sector[bio] = this.sector;
    bios.sectors[bio] = sectors;
    bios.flags[bio] = flags;
    bios.task[bio] = task;
    bios.priority[bio] = this.#priorities.of(task);
    bios.cookie[bio] = cookie;
    bios.isPart[bio] = 0;
    bios.submitNs[bio] = this.events.nowNs;
    return bio;
  }

  protected countBio(bio: number): void {
    const { bios, observer } = this;
    this.accounting.bios++;
    if (observer === null) return;
    const { op, sector, sectors, flags, task } = bios;
    observer.queued(this.events.nowNs, op[bio], sector[bio], sectors[bio], flags[bio], task[bio]);
  }

  /** What the kernel turns away before it reaches the queue: it ends now, but not in this call. */
  protected endsAtOnce(bio: number): boolean {
    const { bios } = this;
    const op = bios.op[bio];
    if (op === Op.flush) return false;
    const isOff = bios.sector[bio] + bios.sectors[bio] > this.capacitySectors;
    if (!isOff && (op !== Op.discard || this.device.supportsDiscard)) return false;
    // A discard is a hint; file systems take "not supported" for an answer and go on.
    this.endLater(bio, isOff ? Status.outOfRange : Status.ok);
    return true;
  }

  /** Ends a bio, or a chain of them, at this time but not in this call. */
  protected endLater(bio: number, status: number): void {
    this.bios.status[bio] = status;
    this.events.atNs = this.events.nowNs;
    this.events.post(this.#endLater, bio);
  }

  /** Makes a request of a bio. */
  protected newRequest(bio: number, flags: number): number {
    const { bios, requests } = this;
    const { nowNs } = this.events;
    const request = requests.take();
    requests.op[request] = bios.op[bio];
    requests.sector[request] = bios.sector[bio];
    requests.sectors[request] = bios.sectors[bio];
    requests.segments[request] = bioSegments(bios, bio);
    requests.task[request] = bios.task[bio];
    requests.priority[request] = bios.priority[bio];
    requests.flags[request] = flags;
    requests.firstBio[request] = bio;
    requests.lastBio[request] = bio;
    requests.startNs[request] = nowNs;
    requests.tag[request] = bios.tag[bio];
    this.accounting.started();
    this.observer?.allocated(nowNs, request, bios.op[bio], bios.sector[bio], bios.sectors[bio]);
    return request;
  }

  protected countMerge(request: number, how: Merge, bio: number): void {
    const { bios, accounting } = this;
    accounting.merges[this.#groupOf(bios.op[bio])]++;
    if (how === Merge.back) accounting.backMerges++;
    else accounting.frontMerges++;
    this.observer?.merged(this.events.nowNs, request, how, bios.sector[bio], bios.sectors[bio]);
  }

  /** Tries to merge a bio, and the grown request with its neighbour (elv_merge and what follows). */
  protected mergeBio(merger: Merger, bio: number): boolean {
    const how = merger.mergeBio(bio);
    if (how === Merge.none) return false;
    this.countMerge(merger.target, how, bio);
    const absorbed = merger.mergeNeighbour(how);
    if (absorbed >= 0) this.joined(merger.target, absorbed);
    return true;
  }

  /** A request was joined to another: its row and what it held come free. */
  protected joined(into: number, absorbed: number): void {
    this.accounting.joins++;
    this.accounting.gone();
    this.observer?.joined(this.events.nowNs, into, absorbed);
    const pool = this.poolOf(absorbed);
    this.requests.give(absorbed);
    this.releaseRequest(absorbed, pool);
  }

  /** A request is gone, and its place in its pool is free. */
  protected abstract releaseRequest(request: number, pool: Pool): void;

  protected countDone(request: number): void {
    this.accounting.done(this.#groupOf(this.requests.op[request]), request);
  }

  /** Hands a chain of bios back to their submitters. */
  protected endBios(firstBio: number, status: number): void {
    const { bios } = this;
    for (let bio = firstBio; bio >= 0;) {
      const next = bios.next[bio];
      this.endBio(bio, status);
      bio = next;
    }
  }

  protected endBio(bio: number, status: number): void {
    let cookie = this.bios.cookie[bio];
    let ends = status;
    const split = this.#split;
    this.bios.give(bio);
    if (split !== undefined && this.bios.isPart[bio] === 1) {
      const row = cookie;
      if (!split.done(row, status)) return;
      cookie = split.cookie[row];
      ends = split.status[row];
    }
    this.outstandingBios--;
    this.sink?.bioDone(cookie, this.events.nowNs, ends as Status);
  }

  protected poolOf(request: number): Pool {
    return this.requests.has(request, RequestFlag.sync) ? Pool.sync : Pool.async;
  }
}

/** A request's flags, as far as they follow from its bio's. */
export function requestFlags(op: number, bioFlags: number): number {
  const { sync, meta, noMerge, fua, preflush, reclaim } = RequestFlag;
  let flags = 0;
  if (poolOfBio(op, bioFlags) === Pool.sync) flags |= sync;
  if ((bioFlags & BioFlag.meta) !== 0) flags |= meta;
  if ((bioFlags & BioFlag.noMerge) !== 0) flags |= noMerge;
  if ((bioFlags & BioFlag.reclaim) !== 0) flags |= reclaim;
  if ((bioFlags & BioFlag.barrier) !== 0) return flags | preflush | fua;
  if ((bioFlags & BioFlag.fua) !== 0) flags |= fua;
  if ((bioFlags & BioFlag.preflush) !== 0) flags |= preflush;
  return flags;
}
