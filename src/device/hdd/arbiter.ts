/**
 * Who has the medium: a request, dirty sectors to be written, or reading ahead.
 *
 * A request that finds the medium idle is served at once, in closed form. Only while something waits
 * is there an event, when the medium becomes free. What the drive does unasked (reading ahead, writing
 * out dirty sectors) has no events: `catchUp` computes it up to the present whenever somebody looks,
 * and since it depends only on what was there before, looking late gives the same answer.
 */

import { Op } from '../device.ts';
import type { Counting } from './counting.ts';
import type { Destage } from './destage.ts';
import type { Durability } from './durability.ts';
import { Part, type Explanation } from './explanation.ts';
import type { Link } from './link.ts';
import type { Mechanism } from './mechanism.ts';
import type { Medium } from './medium.ts';
import type { Overhead } from './overhead.ts';
import type { Parts } from './parts.ts';
import type { HddProfile } from './profile.ts';
import { PendingQueue } from './queue.ts';
import type { ReadCache } from './read-cache.ts';
import type { Requests } from './requests.ts';
import type { WriteBuffer } from './write-buffer.ts';
import { Alarm, type EventQueue } from '../../sim/events.ts';

export class Arbiter {
  /** The medium is taken until then, ns, not rounded. */
  freeNs = 0;
  lastWasDestage = false;
  readonly pending: PendingQueue;

  /** The flush that all dirty sectors are written for; -1 when there is none. */
  #flushTag = -1;
  /** When the work begins that the medium is given, ns. */
  #startNs = NaN;
  readonly #mediaFree: Alarm;
  readonly #events: EventQueue;
  readonly #requests: Requests;
  readonly #mechanism: Mechanism;
  readonly #readCache: ReadCache;
  readonly #medium: Medium;
  readonly #destage: Destage;
  readonly #buffer: WriteBuffer;
  readonly #overhead: Overhead;
  readonly #link: Link;
  readonly #counting: Counting;
  readonly #explanation: Explanation | undefined;
  readonly #durability: Durability | undefined;

  constructor(profile: HddProfile, parts: Parts, buffer: WriteBuffer) {
    this.#events = parts.events;
    this.#requests = parts.requests;
    this.#mechanism = parts.mechanism;
    this.#readCache = parts.readCache;
    this.#medium = parts.medium;
    this.#destage = parts.destage;
    this.#buffer = buffer;
    this.#overhead = parts.overhead;
    this.#link = parts.link;
    this.#counting = parts.counting;
    this.#explanation = parts.explanation;
    this.#durability = parts.durability;
    this.pending = new PendingQueue(profile, parts.requests, parts.mechanism, parts.events);
    this.#mediaFree = new Alarm(parts.events, () => this.pump());
    this.freeNs = parts.events.nowNs;
  }

  /** Puts a request before the medium. */
  enqueue(tag: number, isWrite: boolean): void {
    const overhead = this.#overhead;
    const requests = this.#requests;
    const { nowNs } = this.#events;
    const { extra } = overhead;
    // A write behind a write gives up the link before its data. DiskSim exempts one that goes on from
    // the write before; the HP C2247A's trace shows that it takes as long.
    const isExtra = extra !== undefined && isWrite && overhead.afterWrite === 1;
    requests.isExtra[tag] = isExtra ? 1 : 0;
    const overheadNs = isExtra
      ? extra.command + extra.seekDelta
      : overhead.commandNs[overhead.kind(isWrite, true)];
    overhead.afterWrite = isWrite ? 1 : 0;
    requests.readyNs[tag] = nowNs + overheadNs;
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, requests.readyNs[tag] - nowNs);
    }
    if (this.#isIdle()) {
      // Nothing to wait for and nothing to choose from: the short way to what `pump` would do.
      this.lastWasDestage = false;
      this.#startNs = nowNs - this.freeNs < 1 ? this.freeNs : nowNs;
      this.#access(tag);
      return;
    }
    this.pending.push(tag, isWrite);
    this.pump();
  }

  /** Writes everything that is dirty, then completes a flush. */
  flush(tag: number): void {
    this.#flushTag = tag;
    this.catchUp();
    this.pump();
  }

  /** Whether the medium is free and nothing but a new request could want it. */
  #isIdle(): boolean {
    return (
      this.freeNs < this.#events.nowNs + 1 &&
      this.pending.length === 0 &&
      this.#buffer.waiting.length === 0 &&
      this.#flushTag < 0 &&
      this.#destage.dirty.count === 0
    );
  }

  /** Gives the medium its next work, if it is free; rings again when it is while work remains. */
  pump(): void {
    const { nowNs } = this.#events;
    const { waiting } = this.#buffer;
    const { dirty } = this.#destage;
    // Completions are rounded to whole ns: a medium free within the same one is free.
    while (this.freeNs < nowNs + 1) {
      if (waiting.length > 0) this.#buffer.admit();
      const forced = waiting.length > 0 || this.#flushTag >= 0;
      // The time of the alarm is rounded up; the medium goes on from the true one.
      this.#startNs = nowNs - this.freeNs < 1 ? this.freeNs : nowNs;
      if (this.pending.length === 0) {
        if (!forced || dirty.count === 0) break;
        this.#writeOut();
      } else if (!this.lastWasDestage && dirty.count > 0 && (forced || this.#destage.presses())) {
        this.#writeOut();
      } else {
        this.lastWasDestage = false;
        this.#seeAhead();
        this.pending.freeNs = this.#startNs;
        this.#access(this.pending.take());
      }
    }
    if (this.#flushTag >= 0 && dirty.count === 0) this.#endFlush();
    if (this.pending.length > 0 || waiting.length > 0 || this.#flushTag >= 0) {
      this.#mediaFree.atNs = Math.ceil(this.freeNs);
      this.#mediaFree.arm();
    }
  }

  /** Serves a request from the medium, which is free from `#startNs` on. */
  #access(tag: number): void {
    const requests = this.#requests;
    const readCache = this.#readCache;
    const medium = this.#medium;
    const isWrite = requests.op[tag] !== Op.read;
    const startNs = Math.max(this.#startNs, requests.readyNs[tag]);
    this.#startNs = startNs;
    this.#seeAhead();
    if (!isWrite && this.#readMeanwhile(tag)) return;
    readCache.readAhead.stop();
    medium.startNs = startNs;
    if (isWrite) this.#write(tag);
    else medium.read(tag);
    this.freeNs = medium.freeNs;
    if (this.#explanation !== undefined) {
      const mechanism = this.#mechanism;
      this.#explanation.add(tag, Part.queue, startNs - requests.readyNs[tag]);
      this.#explanation.add(tag, Part.seek, mechanism.seekNs);
      this.#explanation.add(tag, Part.settle, mechanism.settleNs);
      this.#explanation.add(tag, Part.rotation, mechanism.rotationNs);
      this.#explanation.add(tag, Part.transfer, mechanism.transferNs);
    }
    // Read-ahead that is not to be interrupted comes after the parts were noted.
    if (!isWrite) {
      readCache.endLbn = requests.lbn[tag] + requests.sectors[tag];
      if (readCache.holds()) this.freeNs = readCache.reachedNs;
    }
    this.pending.behindLbn = requests.lbn[tag] + requests.sectors[tag];
    requests.doneNs = medium.doneNs;
    requests.complete(tag);
  }

  #write(tag: number): void {
    const { dirty } = this.#destage;
    const lbn = this.#requests.lbn[tag];
    const endLbn = lbn + this.#requests.sectors[tag];
    dirty.lbn = lbn;
    dirty.endLbn = endLbn;
    dirty.remove();
    this.#medium.write(tag);
    this.#durability?.writes(lbn, endLbn, this.#medium.freeNs);
  }

  /** Serves a read that came to be in the buffer while it waited; false when it did not. */
  #readMeanwhile(tag: number): boolean {
    const readCache = this.#readCache;
    const requests = this.#requests;
    const link = this.#link;
    const sectors = requests.sectors[tag];
    readCache.lbn = requests.lbn[tag];
    readCache.endLbn = readCache.lbn + sectors;
    const segment = readCache.find();
    if (segment < 0) return false;
    readCache.segments.touch(segment);
    this.#explanation?.add(tag, Part.queue, this.#startNs - requests.readyNs[tag]);
    link.fromNs = this.#startNs;
    link.mediaEndNs = readCache.readyNs[segment];
    link.transfer(sectors, false);
    requests.doneNs = link.doneNs + this.#overhead.readCompletionNs;
    requests.complete(tag);
    return true;
  }

  /** Writes a dirty range from `#startNs` on. */
  #writeOut(): void {
    const counting = this.#counting;
    const destage = this.#destage;
    this.#seeAhead();
    this.#readCache.readAhead.stop();
    this.lastWasDestage = true;
    destage.atNs = this.#startNs;
    destage.write();
    this.freeNs = destage.untilNs;
    this.#durability?.writes(destage.startLbn, destage.stopLbn, this.freeNs);
    counting.fromNs = this.#startNs;
    counting.toNs = this.freeNs;
    counting.work();
  }

  #seeAhead(): void {
    this.#readCache.atNs = this.#startNs;
    this.#readCache.seeAhead();
  }

  /** What the drive does unasked, up to the present: whatever begins before now is begun. */
  catchUp(): void {
    const { nowNs } = this.#events;
    if (this.freeNs >= nowNs) return;
    const destage = this.#destage;
    if (this.pending.length === 0 && destage.dirty.count > 0) {
      destage.quietSinceNs = this.#buffer.lastCommandNs;
      for (;;) {
        destage.freeNs = this.freeNs;
        destage.begins();
        if (destage.atNs >= nowNs) break;
        this.#startNs = destage.atNs;
        this.#writeOut();
      }
    }
    if (this.freeNs < nowNs) {
      this.#readCache.atNs = nowNs;
      this.#readCache.seeAhead();
    }
  }

  #endFlush(): void {
    const requests = this.#requests;
    const tag = this.#flushTag;
    const { flushNs } = this.#overhead;
    this.#flushTag = -1;
    const doneNs = Math.max(this.#events.nowNs, this.#destage.untilNs);
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, flushNs);
      this.#explanation.add(tag, Part.destage, doneNs - requests.arrivedNs[tag]);
    }
    requests.doneNs = doneNs + flushNs;
    requests.complete(tag);
  }
}
