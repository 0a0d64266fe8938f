/**
 * The flash drive: requests come in through the front, go through the write buffer or to the array,
 * and are complete when their last part is.
 *
 * A read costs two events (a page is sensed; the data is across the link), a buffered write one (the
 * data is in), a flush one; programs, erases and collection a few for each program unit.
 */

import type { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import {
  Op,
  Status,
  type CompletionSink,
  type Device,
  type DeviceOptions,
  type DeviceSnapshot,
} from '../device.ts';
import { timeless, type TimelessSink } from '../sink.ts';
import { FlashArray, type ArrayClient, type DieWork } from './array.ts';
import { Blocks, type Stream } from './blocks.ts';
import { WriteBuffer } from './buffer.ts';
import { BusyClock } from './busy.ts';
import { CachedMap, type CachedMapClient } from './cached-map.ts';
import { Collector, type Victims } from './collector.ts';
import { Counters, type SsdCounters } from './counters.ts';
import { Destager, type DestagerClient } from './destager.ts';
import { DieJobs } from './die-jobs.ts';
import { Front } from './front.ts';
import { Ftl } from './ftl.ts';
import { victimPolicies } from './gc/registry.ts';
import { isKept } from './gc/stationary.ts';
import { Geometry } from './geometry.ts';
import { IdleWork } from './idle-work.ts';
import { keepBlocks, type SsdProfile } from './profile.ts';
import { PlanePairs } from './plane-pairs.ts';
import { PowerCut } from './power-cut.ts';
import { Interrupts } from './interrupts.ts';
import { ReadPath } from './read-path.ts';
import { explainParts, Part, Requests } from './requests.ts';
import { Steady, type Start } from './start.ts';
import { startOf } from './start-of.ts';
import { SlcCache } from './slc-cache.ts';
import { hostStreams, Streams } from './streams.ts';
import { WearLevelling } from './wear.ts';
import { Submission } from './submission.ts';
import { WritePath } from './write-path.ts';

const MODEL = 'ssd';
/** Who wants a page read: a tag, or below zero a slot to be filled, or below those a part of the map. */
const fillOf = (slot: number): number => -1 - slot;

export interface SsdOptions extends DeviceOptions {
  /** See `FtlOptions`: it decides how fast the drive is simulated, and nothing else. */
  spareOrigins?: number;
  /** How the drive starts, instead of what `ftl.initial_fill` of its profile says. */
  start?: ((geometry: Geometry) => Start) | undefined;
}

// Constants of this file, which compiled code holds as they are (docs/HOT-PATH.md).
const { flush: FLUSH, read: READ, write: WRITE } = Op;

export class SsdDrive implements Device, ArrayClient, DestagerClient, CachedMapClient {
  sector = NaN;
  readonly name: string;
  readonly capacitySectors: number;
  readonly queueDepth: number;
  readonly rotational = false;
  readonly volatileCache: boolean;
  readonly supportsFua: boolean;
  readonly supportsDiscard = true;
  readonly explainParts = explainParts;
  readonly counters: Readonly<SsdCounters>;

  readonly geometry: Geometry;
  readonly blocks: Blocks;
  readonly ftl: Ftl;
  readonly buffer: WriteBuffer;
  /** Whether a steady drive starts as its victim policy keeps it, and not as another does. */
  readonly startsSettled: boolean;
  readonly #events: EventQueue;
  readonly #collector: Collector;
  readonly #destager: Destager;
  readonly #array: FlashArray;
  readonly #jobs: DieJobs;
  readonly #reads: ReadPath;
  readonly #writes: WritePath;
  readonly #requests: Requests;
  readonly #counts: Counters;
  readonly #streams: Streams | undefined;
  readonly #map: CachedMap | undefined;
  readonly #idle: IdleWork | undefined;
  readonly #foldIdle: IdleWork | undefined;
  readonly #busy: BusyClock;
  readonly #submission: Submission | undefined;
  readonly #interrupts: Interrupts | undefined;
  readonly #onDone: number;
  readonly #isProtected: boolean;
  readonly #powerCut: PowerCut | undefined;
  #sink: TimelessSink | undefined;
  #outstanding = 0;

  constructor(profile: SsdProfile, events: EventQueue, options: SsdOptions) {
    const geometry = new Geometry(profile);
    this.name = profile.name;
    this.capacitySectors = profile.capacity_sectors;
    this.queueDepth = profile.queue_depth;
    this.volatileCache =
      profile.buffer.reports_volatile ??
      (profile.buffer.write_back && !profile.buffer.power_loss_protected);
    this.supportsFua = profile.buffer.fua ?? true;
    this.geometry = geometry;
    this.#events = events;
    this.#busy = new BusyClock(events);
    const front = new Front(profile, events);
    // The streams are the host's, collection's, and one for the cache.
    const slc =
      profile.slc &&
      new SlcCache(
        geometry,
        profile.slc,
        1 + hostStreams(profile),
        profile.gc.start_free_blocks + 1,
      );
    const wear = profile.wear && new WearLevelling(geometry, profile.wear);
    this.blocks = new Blocks(
      geometry,
      victimPolicies[profile.gc.policy](geometry, {
        choices: profile.gc.choices ?? 1,
        windowBlocks: profile.gc.window_blocks ?? 1,
        random: new RandomStream(options.seed ?? 1, `${profile.name}:victims`),
      }),
      keepBlocks(profile) + profile.gc.start_free_blocks,
      1 + hostStreams(profile) + (slc === undefined ? 0 : 1),
      wear,
      slc,
    );
    const start = options.start?.(geometry) ?? startOf(profile, geometry);
    this.ftl = new Ftl(geometry, this.blocks, start, {
      openMax: geometry.lanes * (hostStreams(profile) + Number(slc !== undefined)),
      spareOrigins: options.spareOrigins,
      knowsLogical: profile.ftl.cached_map !== undefined,
      byAddress: profile.ftl.allocation === 'by-address',
      onWork: options.onWork,
    });
    this.buffer = new WriteBuffer(
      Math.floor(profile.buffer.bytes / geometry.unitBytes),
      geometry.unitSectors,
      profile.queue_depth,
    );
    if (hostStreams(profile) > 1) this.#streams = new Streams(profile, this.buffer.slots);
    if (profile.ftl.cached_map !== undefined) {
      this.#map = new CachedMap(geometry, profile, this.ftl, this.buffer, this);
      if (start instanceof Steady && start.hasPagesApart) this.#map.enterSteady();
    }
    this.#collector = new Collector(
      geometry,
      this.blocks,
      this.ftl,
      profile.gc.start_free_blocks,
      profile.gc.soft_free_blocks ?? 0,
      // Collection stops above the number it starts at.
      (profile.gc.idle?.free_blocks ?? 0) - 1,
    );
    this.#idle =
      profile.gc.idle &&
      new IdleWork(events, profile.gc.idle.after_us, (isIdle) => {
        this.#collector.setIdle(isIdle);
        if (isIdle) this.#reviewAll();
      });
    const foldAfterUs = profile.slc?.fold_after_us;
    if (slc !== undefined && foldAfterUs !== undefined) {
      this.#foldIdle = new IdleWork(events, foldAfterUs, (isIdle) => {
        slc.isIdle = isIdle;
        if (isIdle) this.#reviewAll();
      });
    }
    this.#destager = new Destager(
      geometry,
      this.buffer,
      this.blocks,
      this.ftl,
      this.#collector,
      this,
      profile.ftl.allocation === 'by-address',
      this.#streams,
    );
    this.#array = new FlashArray(geometry, profile, events, this, options.seed ?? 1, slc);
    this.#collector.attach(this.#array, this.#map);
    this.#destager.attach(this.#array, this.#map);
    this.#requests = new Requests(profile.queue_depth, options.explain === true);
    this.#onDone = events.register((tag) => this.#complete(tag));
    if ((profile.queues?.count ?? 1) > 1 || profile.link.queued_flush === false) {
      this.#submission = new Submission(profile, events, front, this.#requests, (tag, flags) =>
        this.#send(tag, flags),
      );
    }
    if (profile.completion !== undefined) {
      this.#interrupts = new Interrupts(profile, events, (tag) => this.#deliver(tag));
    }
    this.#reads = new ReadPath(
      geometry,
      events,
      front,
      this.ftl,
      this.buffer,
      this.#requests,
      this.#array,
      this.#onDone,
      profile.ftl.unmapped_reads === 'flash',
      this.#map,
    );
    this.#isProtected = profile.buffer.power_loss_protected;
    this.startsSettled = isKept(profile.gc.policy);
    if (options.powerCut === true) {
      this.#powerCut = new PowerCut(
        geometry,
        this.buffer,
        profile.queue_depth,
        profile.capacity_sectors,
      );
    }
    this.#writes = new WritePath(
      profile,
      geometry,
      events,
      front,
      this.ftl,
      this.buffer,
      this.#requests,
      this.#destager,
      (tag) => this.#complete(tag),
      this.#onDone,
      this.#streams,
      this.#powerCut,
      this.#map,
    );
    this.#jobs = new DieJobs(
      geometry,
      this.#array,
      this.#destager,
      this.#collector,
      this.#writes,
      this.#busy,
      new PlanePairs(geometry, profile.array.pairs_planes ?? false),
      profile.gc.preemptible ?? true,
      this.#map !== undefined,
    );
    this.#counts = new Counters(
      this.#busy,
      this.#destager,
      this.#collector,
      this.blocks,
      wear,
      this.#map,
    );
    this.counters = this.#counts;
  }

  /** Blocks that collection has taken so far. */
  get victims(): Readonly<Victims> {
    return this.#collector.victims;
  }

  /** Whether every block holds as much as any other; whether all hold the host's units alone. */
  get hasEqualBlocks(): boolean {
    return this.blocks.slc === undefined;
  }

  get hasPlainBlocks(): boolean {
    return this.hasEqualBlocks && this.#map === undefined;
  }

  attach(sink: CompletionSink): void {
    this.#sink = timeless(sink, this.#events);
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void {
    this.sector = sector;
    this.start(tag, op, sectors, flags);
  }

  start(tag: number, op: Op, sectors: number, flags: number): void {
    const requests = this.#requests;
    if (!(tag >= 0 && tag < this.queueDepth)) {
      throw new RangeError(`tag ${tag} is not within 0..${this.queueDepth - 1}`);
    }
    if (requests.outstanding[tag] === 1) throw new RangeError(`tag ${tag} is outstanding`);
    const { sector } = this;
    requests.outstanding[tag] = 1;
    requests.op[tag] = op;
    requests.status[tag] = Status.ok;
    requests.submitNs[tag] = this.#events.nowNs;
    requests.sector[tag] = sector;
    requests.endSector[tag] = sector + sectors;
    requests.left[tag] = 0;
    requests.durable[tag] = 0;
    if (requests.explains) requests.clearParts(tag);
    if (this.#outstanding++ === 0) {
      this.#idle?.began();
      this.#foldIdle?.began();
    }
    this.#busy.enter();
    if (this.#submission === undefined) this.#send(tag, flags);
    else this.#submission.submit(tag, flags);
  }

  /** The controller takes a command up. */
  #send(tag: number, flags: number): void {
    const requests = this.#requests;
    const op = requests.op[tag] as Op;
    const sector = requests.sector[tag];
    const sectors = requests.endSector[tag] - sector;
    const counts = this.#counts;
    if (op === FLUSH) {
      counts.flushes++;
      this.#writes.flush(tag);
    } else if (!(sector >= 0 && sectors > 0 && sector + sectors <= this.capacitySectors)) {
      requests.status[tag] = Status.outOfRange;
      this.#events.schedule(this.#events.nowNs, this.#onDone, tag);
    } else if (op === READ) {
      counts.reads++;
      counts.sectorsRead += sectors;
      this.#reads.submit(tag);
    } else if (op === WRITE) {
      counts.writes++;
      counts.sectorsWritten += sectors;
      this.#writes.write(tag, flags);
    } else {
      counts.discards++;
      this.#writes.discard(tag, op, flags);
    }
    if (this.#map !== undefined && this.#map.queued > 0) this.#writes.destage();
  }

  explain(tag: number): Readonly<Record<string, number>> {
    return this.#requests.explain(tag);
  }

  atRisk(): readonly (readonly [lbn: number, endLbn: number])[] {
    if (this.#powerCut === undefined) {
      throw new Error('atRisk: the device was made without `powerCut: true`');
    }
    return this.#isProtected ? [] : this.#powerCut.atRisk();
  }

  // What the array and the destager ask and tell

  sensed(op: number): void {
    this.#reads.sensed(op);
  }

  fillFrom(slot: number, physical: number): void {
    const { unitBytes, codewordBytes } = this.geometry;
    const bytes = Math.ceil(unitBytes / codewordBytes) * codewordBytes;
    this.#array.readyNs = this.#events.nowNs;
    this.#array.read(fillOf(slot), physical, bytes, 0);
  }

  fetched(who: number): void {
    const slot = fillOf(who);
    if (slot < this.buffer.slots) this.#destager.filled(slot);
    else this.#map!.arrived(slot - this.buffer.slots);
    this.#writes.destage();
  }

  released(slot: number): void {
    this.#powerCut?.released(slot);
  }

  readMapPage(page: number, physical: number, readyNs: number): void {
    const { unitBytes, codewordBytes } = this.geometry;
    const bytes = Math.ceil(unitBytes / codewordBytes) * codewordBytes;
    this.#array.readyNs = Math.max(readyNs, this.#events.nowNs);
    this.#array.read(fillOf(this.buffer.slots + page), physical, bytes, 0);
  }

  mapped(tag: number): void {
    this.#reads.translate(tag);
  }

  unitDurable(tag: number): void {
    this.#writes.unitDurable(tag);
  }

  #reviewAll(): void {
    for (let lane = 0; lane < this.geometry.lanes; lane++) this.#destager.review(lane);
  }

  holdsReads(die: number): boolean {
    return this.#jobs.holdsReads(die);
  }

  hasJob(die: number, readWaits: boolean): boolean {
    return this.#jobs.hasJob(die, readWaits);
  }

  startJob(die: number, readWaits: boolean): boolean {
    return this.#jobs.startJob(die, readWaits);
  }

  jobDone(work: DieWork, lane: number, stream: Stream): void {
    this.#jobs.jobDone(work, lane, stream);
  }

  /** The drive is done with a command. */
  #complete(tag: number): void {
    const requests = this.#requests;
    if (requests.explains && (requests.durable[tag] === 1 || requests.op[tag] === FLUSH)) {
      requests.settle(tag, Part.drain, this.#events.nowNs - requests.submitNs[tag]);
    }
    this.#submission?.done();
    if (this.#interrupts === undefined) this.#deliver(tag);
    else this.#interrupts.post(tag);
  }

  /** The host is told. */
  #deliver(tag: number): void {
    const requests = this.#requests;
    const now = this.#events.nowNs;
    requests.outstanding[tag] = 0;
    if (--this.#outstanding === 0) {
      this.#idle?.ended();
      this.#foldIdle?.ended();
    }
    if (requests.explains && this.#interrupts !== undefined) {
      requests.settle(tag, Part.completion, now - requests.submitNs[tag]);
    }
    this.#busy.leave();
    this.#powerCut?.acknowledged(tag);
    this.#sink!.ended(tag, requests.status[tag] as Status);
  }

  snapshot(): DeviceSnapshot {
    return copyOf(this.view());
  }

  /** The same, of which what is large is made as it is asked for: only until the drive goes on. */
  view(): DeviceSnapshot {
    if (this.#outstanding > 0) {
      throw new Error(`snapshot: ${this.#outstanding} requests are outstanding`);
    }
    this.#collector.catchUp();
    const state: SavedState = {
      profile: this.name,
      blocks: this.blocks.save(),
      ftl: this.ftl.save(),
      buffer: this.buffer.save(),
      collector: this.#collector.save(),
      destager: this.#destager.save(),
      array: this.#array.save(),
      jobs: this.#jobs.save(),
      submission: this.#submission?.save(),
      powerCut: this.#powerCut?.save(),
      streams: this.#streams?.save(),
      map: this.#map?.save(),
      idle: this.#idle?.save(),
      foldIdle: this.#foldIdle?.save(),
    };
    return { model: MODEL, state };
  }

  restore(snapshot: DeviceSnapshot): void {
    if (this.#outstanding > 0) {
      throw new Error(`restore: ${this.#outstanding} requests are outstanding`);
    }
    const state = snapshot.state as SavedState;
    if (snapshot.model !== MODEL || state.profile !== this.name) {
      throw new Error(`restore: the snapshot is not of ${this.name}`);
    }
    for (let jobs = this.#array.jobsUnderWay; jobs > 0; jobs--) this.#busy.leave();
    this.blocks.load(state.blocks);
    this.ftl.load(state.ftl);
    this.buffer.load(state.buffer);
    this.#collector.load(state.collector);
    this.#destager.load(state.destager);
    this.#array.load(state.array, [
      ...(state.idle === undefined ? [] : (this.#idle?.load(state.idle) ?? [])),
      ...(state.foldIdle === undefined ? [] : (this.#foldIdle?.load(state.foldIdle) ?? [])),
    ]);
    this.#jobs.load(state.jobs);
    if (state.submission !== undefined) this.#submission?.load(state.submission);
    this.#powerCut?.load(state.powerCut);
    if (state.streams !== undefined) this.#streams?.load(state.streams);
    if (state.map !== undefined) this.#map?.load(state.map);
    for (let jobs = this.#array.jobsUnderWay; jobs > 0; jobs--) this.#busy.enter();
  }
}

interface SavedState {
  profile: string;
  blocks: ReturnType<Blocks['save']>;
  ftl: ReturnType<Ftl['save']>;
  buffer: ReturnType<WriteBuffer['save']>;
  collector: ReturnType<Collector['save']>;
  destager: ReturnType<Destager['save']>;
  array: ReturnType<FlashArray['save']>;
  jobs: ReturnType<DieJobs['save']>;
  submission: ReturnType<Submission['save']> | undefined;
  powerCut: Int32Array | undefined;
  streams: ReturnType<Streams['save']> | undefined;
  map: ReturnType<CachedMap['save']> | undefined;
  idle: ReturnType<IdleWork['save']> | undefined;
  foldIdle: ReturnType<IdleWork['save']> | undefined;
}

/** A copy without getters and iterables; columns are new each time they are asked for. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Symbol.iterator in value) return Array.from(value as Iterable<unknown>, copyOf) as T;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}
