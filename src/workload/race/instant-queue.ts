/** A disk for races: every bio takes the same short time, in parallel, and the pool never runs dry. */

import { Admission, type BioSink, type BlockQueue } from '../../block/bio.ts';
import { Status } from '../../device/device.ts';
import type { EventQueue } from '../../sim/events.ts';

export class InstantQueue implements BlockQueue {
  readonly capacitySectors = 2 ** 24;
  readonly rotational = false;
  readonly maxSectors = 1024;
  readonly #events: EventQueue;
  readonly #bioNs: number;
  readonly #done: number;
  #sink: BioSink | undefined;

  /** @param bioNs how long a bio takes, ns */
  constructor(events: EventQueue, bioNs: number) {
    this.#events = events;
    this.#bioNs = bioNs;
    this.#done = events.register((cookie) => this.#sink?.bioDone(cookie, events.nowNs, Status.ok));
  }

  attach(sink: BioSink): void {
    this.#sink = sink;
  }

  submitBio(
    _op: number,
    _sector: number,
    _sectors: number,
    _flags: number,
    _task: number,
    cookie: number,
  ): Admission {
    this.#events.schedule(this.#events.nowNs + this.#bioNs, this.#done, cookie);
    return Admission.admitted;
  }

  startPlug(): void {}
  finishPlug(): void {}
  unplug(): void {}
  isCongested(): boolean {
    return false;
  }
  nextEventNs(): number {
    return this.#events.nextEventNs();
  }
  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }
}
