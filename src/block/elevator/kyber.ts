/**
 * kyber: few knobs, a latency to be kept (block/kyber-iosched.c). Requests are told apart by what
 * they are, each kind with a depth: how many of it the drive may have at once. Kinds take turns in
 * batches. From the latencies seen, the depths are set anew up to ten times a second: when the
 * drive is congested, kinds that do well give way to those that do not.
 *
 * The kernel's depths are for all hardware queues together; here each hardware queue has its own.
 */

import { MS, SECOND } from '../../sim/units.ts';
import { Alarm } from '../../sim/events.ts';
import { Op } from '../../device/device.ts';
import { RequestList } from '../request-list.ts';
import { ElevatorBase, type ElevatorHost, type ElevatorKind } from './elevator.ts';

const Domain = { read: 0, write: 1, discard: 2, other: 3 } as const;
const DOMAINS = 4;
/** The most of a kind with the drive at once, and so many go in a batch (kyber_depth, -batch_size). */
const MOST = [256, 128, 64, 16];
const BATCH = [16, 8, 1, 1];
/** A kind's target, when it is not a tunable: discards 5 s; others have none. */
const DISCARD_TARGET_NS = 5 * SECOND;
/** Share of the tags that all but reads may have. */
const ASYNC_SHARE = 0.75;
const ADJUST_NS = 100 * MS;

const defaults = {
  /** Target latency of reads, ns. */
  read_lat_nsec: 2 * MS,
  /** Target latency of writes, ns. */
  write_lat_nsec: 10 * MS,
};

/** Latencies are counted in quarters of the target: four good ones and four bad. */
const QUARTERS = 4;
const BUCKETS = 2 * QUARTERS;

/** Latencies of one kind, in quarters of its target, until there are enough to judge by. */
class LatencyBuckets {
  /** Operand of `add`, ns. */
  latencyNs = 0;

  readonly #quarterNs: number;
  readonly #counts = new Uint32Array(BUCKETS);
  #samples = 0;
  #dueNs = 0;

  constructor(targetNs: number) {
    this.#quarterNs = Math.max(Math.floor(targetNs / QUARTERS), 1);
  }

  /** Counts a request that took `latencyNs`. */
  add(): void {
    const { latencyNs } = this;
    let bucket = 0;
    if (latencyNs > (BUCKETS - 1) * this.#quarterNs) bucket = BUCKETS - 1;
    else if (latencyNs > 0) bucket = Math.floor((latencyNs - 1) / this.#quarterNs);
    this.#counts[bucket]++;
    this.#samples++;
  }

  /** The percentile's bucket; -1 with fewer than 500 samples in less than a second. */
  percentile(percent: number, nowNs: number): number {
    if (this.#samples === 0) return -1;
    if (this.#dueNs === 0) this.#dueNs = nowNs + SECOND;
    if (this.#samples < 500 && nowNs < this.#dueNs) return -1;
    let left = Math.ceil((this.#samples * percent) / 100);
    let bucket = 0;
    for (; bucket < BUCKETS - 1 && this.#counts[bucket] < left; bucket++) {
      left -= this.#counts[bucket];
    }
    this.#dueNs = 0;
    this.#samples = 0;
    this.#counts.fill(0);
    return bucket;
  }
}

class Kyber extends ElevatorBase {
  override readonly joinsOnInsert = false;
  /** Of each kind: what waits, what it may have with the drive, and has. */
  readonly #waiting: readonly RequestList[];
  readonly #depth = Int32Array.from(MOST);
  readonly #inFlight = new Int32Array(DOMAINS);
  readonly #total: readonly LatencyBuckets[];
  readonly #io: readonly LatencyBuckets[];
  readonly #lastP99 = new Int32Array(DOMAINS).fill(-1);
  readonly #timer: Alarm;
  #length = 0;
  #domain = 0;
  #batching = 0;

  constructor(host: ElevatorHost, tunables: typeof defaults) {
    super(host);
    const { read_lat_nsec, write_lat_nsec } = tunables;
    // The last one has no target, and nothing is counted of it.
    const targetNs = [read_lat_nsec, write_lat_nsec, DISCARD_TARGET_NS, DISCARD_TARGET_NS];
    this.#total = targetNs.map((ns) => new LatencyBuckets(ns));
    this.#io = targetNs.map((ns) => new LatencyBuckets(ns));
    this.#waiting = MOST.map(() => new RequestList(host.requests));
    this.#timer = new Alarm(host.events, () => this.#adjust());
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(request: number): void {
    this.#waiting[this.#domainOf(request)].append(request);
    this.#length++;
  }

  dispatch(): boolean {
    if (this.#length === 0) return false;
    if (this.#batching < BATCH[this.#domain] && this.#dispatchDomain()) return true;
    this.#batching = 0;
    for (let i = 0; i < DOMAINS; i++) {
      this.#domain = (this.#domain + 1) % DOMAINS;
      if (this.#dispatchDomain()) return true;
    }
    return false;
  }

  #dispatchDomain(): boolean {
    const domain = this.#domain;
    const request = this.#waiting[domain].first;
    if (request < 0 || this.#inFlight[domain] >= this.#depth[domain]) return false;
    this.#waiting[domain].remove(request);
    this.#length--;
    this.#inFlight[domain]++;
    this.#batching++;
    this.host.dispatchTail(request);
    return true;
  }

  override depthFor(): number {
    return Math.max(1, Math.floor(this.host.nrRequests * ASYNC_SHARE));
  }

  override completed(request: number): void {
    const domain = this.#domainOf(request);
    this.#inFlight[domain]--;
    if (domain === Domain.other) return;
    const { nowNs } = this.host.events;
    const { startNs, issueNs } = this.host.requests;
    this.#total[domain].latencyNs = nowNs - startNs[request];
    this.#total[domain].add();
    this.#io[domain].latencyNs = nowNs - issueNs[request];
    this.#io[domain].add();
    if (this.#timer.dueNs !== Infinity) return;
    this.#timer.atNs = nowNs + ADJUST_NS;
    this.#timer.arm();
  }

  /** Sets the depths anew (kyber_timer_fn). */
  #adjust(): void {
    const { nowNs } = this.host.events;
    let isCongested = false;
    for (let domain = 0; domain < DOMAINS; domain++) {
      if (this.#io[domain].percentile(90, nowNs) >= QUARTERS) isCongested = true;
    }
    for (let domain = 0; domain < DOMAINS; domain++) {
      let p99 = this.#total[domain].percentile(99, nowNs);
      // A kind may have too few samples in this round: then what it had before counts, once.
      if (isCongested) {
        if (p99 < 0) p99 = this.#lastP99[domain];
        this.#lastP99[domain] = -1;
      } else if (p99 >= 0) this.#lastP99[domain] = p99;
      if (p99 < 0 || !(isCongested || p99 >= QUARTERS)) continue;
      const depth = Math.floor((this.#depth[domain] * (p99 + 1)) / QUARTERS);
      this.#depth[domain] = Math.min(Math.max(depth, 1), MOST[domain]);
    }
    this.host.kick();
  }

  /** Bios merge with requests of their own processor only, as with none. */
  override allowsMerge(request: number, bio: number): boolean {
    const { bios, requests, cpus } = this.host;
    return requests.task[request] % cpus === bios.task[bio] % cpus;
  }

  mergedRequests(_request: number, next: number): void {
    this.#waiting[this.#domainOf(next)].remove(next);
    this.#length--;
  }

  former(): number {
    return -1;
  }

  latter(): number {
    return -1;
  }

  #domainOf(request: number): number {
    const op = this.host.requests.op[request];
    if (op === Op.read) return Domain.read;
    if (op === Op.write) return Domain.write;
    return op === Op.discard ? Domain.discard : Domain.other;
  }
}

export const kyber: ElevatorKind<typeof defaults> = {
  name: 'kyber',
  defaults,
  create: (host, tunables) => new Kyber(host, tunables),
};
