/**
 * The way of commands into the controller, where there is more to it than first come, first served.
 *
 * NVMe: tags are dealt out to submission queues in equal runs. While the controller is at work on
 * the serial part of a command, others wait in their queues, and arbitration picks: round robin, or
 * weighted round robin with an urgent class (NVM Express Base Specification, "Command Arbitration"),
 * a burst of commands from a queue at a time.
 *
 * Serial ATA: FLUSH CACHE is no queued command. It is sent when nothing else is outstanding, and
 * nothing is sent until it is done (libata defers it: `ata_std_qc_defer`).
 */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import { Op } from '../device.ts';
import type { Front } from './front.ts';
import type { SsdProfile } from './profile.ts';
import { queueClasses } from './queue-classes.ts';
import type { Requests } from './requests.ts';

const NONE = -1;

export class Submission {
  readonly #events: EventQueue;
  readonly #front: Front;
  readonly #requests: Requests;
  readonly #start: (tag: number, flags: number) => void;
  readonly #onTurn: number;
  readonly #tagsPerQueue: number;
  readonly #flushIsQueued: boolean;
  readonly #burst: number;

  /** By tag: the command's flags, and the tag behind it in its queue. */
  readonly #flags: Int32Array = NO_INTS;
  readonly #next: Int32Array = NO_INTS;
  /** By queue: first and last tag in line, and its class. */
  readonly #first: Int32Array = NO_INTS;
  readonly #last: Int32Array = NO_INTS;
  readonly #class: Uint8Array = NO_BYTES;
  /** By class: commands a round, what is left of them, the queue whose turn it is, commands in line. */
  readonly #weight: Float64Array = NO_FLOATS;
  readonly #credit: Float64Array = NO_FLOATS;
  readonly #turn: Int32Array = NO_INTS;
  readonly #waiting: Int32Array = NO_INTS;
  #burstLeft = 0;
  #current = NONE;
  #isTurnDue = false;

  /** Commands that have been started and are not done; the flush that holds back all others. */
  #active = 0;
  #flush = NONE;
  #isFlushing = false;
  /** Commands behind a flush that is no queued command: a ring. */
  readonly #held: Int32Array = NO_INTS;
  #firstHeld = 0;
  #heldCount = 0;

  /** @param start lets a command into the controller, now */
  constructor(
    profile: SsdProfile,
    events: EventQueue,
    front: Front,
    requests: Requests,
    start: (tag: number, flags: number) => void,
  ) {
    const { queue_depth: depth, queues } = profile;
    const count = queues?.count ?? 1;
    this.#events = events;
    this.#front = front;
    this.#requests = requests;
    this.#start = start;
    this.#onTurn = events.register(() => this.#takeTurn());
    this.#tagsPerQueue = Math.ceil(depth / count);
    this.#flushIsQueued = profile.link.queued_flush ?? true;
    this.#burst = queues?.burst ?? 1;
    this.#flags = new Int32Array(depth);
    this.#next = new Int32Array(depth).fill(NONE);
    this.#first = new Int32Array(count).fill(NONE);
    this.#last = new Int32Array(count).fill(NONE);
    const classes = queues?.classes ?? [];
    this.#class = Uint8Array.from({ length: count }, (_, queue) =>
      queueClasses.indexOf(classes[queue % Math.max(1, classes.length)] ?? 'medium'),
    );
    const { high, medium, low } = queues?.weights ?? { high: 1, medium: 1, low: 1 };
    const isWeighted = queues?.classes !== undefined;
    this.#weight = Float64Array.from([Infinity, high, medium, low], (n) =>
      isWeighted ? n : Infinity,
    );
    this.#credit = this.#weight.slice();
    this.#turn = new Int32Array(queueClasses.length);
    this.#waiting = new Int32Array(queueClasses.length);
    this.#held = new Int32Array(depth);
  }

  /** A command arrives. */
  submit(tag: number, flags: number): void {
    const op = this.#requests.op[tag];
    this.#flags[tag] = flags;
    if (!this.#flushIsQueued && (op === Op.flush || this.#flush !== NONE)) this.#holdBack(tag);
    else this.#queue(tag);
  }

  /** A command that had been started is done. */
  done(): void {
    this.#active--;
    if (this.#isFlushing) {
      this.#isFlushing = false;
      this.#flush = NONE;
      this.#letOn();
    } else if (this.#flush !== NONE) this.#tryFlush();
  }

  #holdBack(tag: number): void {
    if (this.#flush === NONE) {
      this.#flush = tag;
      this.#tryFlush();
    } else this.#held[(this.#firstHeld + this.#heldCount++) % this.#held.length] = tag;
  }

  #tryFlush(): void {
    if (this.#isFlushing || this.#active > 0 || this.#isAnyWaiting()) return;
    this.#isFlushing = true;
    this.#begin(this.#flush);
  }

  /** Sends what came behind a flush, up to the next one. */
  #letOn(): void {
    while (this.#heldCount > 0 && this.#flush === NONE) {
      const tag = this.#held[this.#firstHeld];
      this.#firstHeld = (this.#firstHeld + 1) % this.#held.length;
      this.#heldCount--;
      if (this.#requests.op[tag] === Op.flush) this.#holdBack(tag);
      else this.#queue(tag);
    }
  }

  #isAnyWaiting(): boolean {
    const waiting = this.#waiting;
    return waiting[0] + waiting[1] + waiting[2] + waiting[3] > 0;
  }

  #queue(tag: number): void {
    if (!this.#isTurnDue && this.#front.serialFreeNs <= this.#events.nowNs) {
      this.#begin(tag);
      return;
    }
    const queue = (tag / this.#tagsPerQueue) | 0;
    this.#next[tag] = NONE;
    if (this.#first[queue] === NONE) this.#first[queue] = tag;
    else this.#next[this.#last[queue]] = tag;
    this.#last[queue] = tag;
    this.#waiting[this.#class[queue]]++;
    this.#nextTurn();
  }

  #nextTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    const at = Math.max(this.#events.nowNs, this.#front.serialFreeNs);
    this.#events.schedule(at, this.#onTurn, 0);
  }

  #takeTurn(): void {
    this.#isTurnDue = false;
    const queue = this.#pick();
    const tag = this.#first[queue];
    this.#first[queue] = this.#next[tag];
    this.#waiting[this.#class[queue]]--;
    this.#begin(tag);
    if (this.#isAnyWaiting()) this.#nextTurn();
  }

  #begin(tag: number): void {
    this.#active++;
    this.#start(tag, this.#flags[tag]);
  }

  /** Whose turn it is: nothing waits while no command is outstanding. */
  save() {
    return {
      credit: this.#credit.slice(),
      turn: this.#turn.slice(),
      current: this.#current,
      burstLeft: this.#burstLeft,
    };
  }

  load(saved: ReturnType<Submission['save']>): void {
    this.#credit.set(saved.credit);
    this.#turn.set(saved.turn);
    this.#current = saved.current;
    this.#burstLeft = saved.burstLeft;
  }

  /** The queue whose command is next; only while one waits. */
  #pick(): number {
    const waiting = this.#waiting;
    if (this.#burstLeft > 0 && this.#first[this.#current] !== NONE) {
      const kind = this.#class[this.#current];
      if ((kind === 0 || waiting[0] === 0) && this.#credit[kind] > 0) {
        this.#burstLeft--;
        this.#credit[kind]--;
        return this.#current;
      }
    }
    let kind = 0;
    if (waiting[0] === 0) {
      kind = 1;
      while (kind < 4 && (waiting[kind] === 0 || this.#credit[kind] <= 0)) kind++;
      if (kind === 4) {
        // A round is over.
        this.#credit.set(this.#weight);
        kind = 1;
        while (waiting[kind] === 0) kind++;
      }
    }
    let queue = this.#turn[kind];
    while (this.#class[queue] !== kind || this.#first[queue] === NONE) {
      queue = queue + 1 < this.#first.length ? queue + 1 : 0;
    }
    this.#turn[kind] = queue + 1 < this.#first.length ? queue + 1 : 0;
    this.#current = queue;
    this.#burstLeft = this.#burst - 1;
    this.#credit[kind]--;
    return queue;
  }
}
