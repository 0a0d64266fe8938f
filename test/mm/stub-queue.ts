/** A block queue of two functions: every bio takes so long, one after another. */

import { Admission, type BioSink, type BlockQueue } from '../../src/block/bio.ts';
import { Op, Status } from '../../src/device/device.ts';
import type { EventQueue } from '../../src/sim/events.ts';

export interface SeenBio {
  op: number;
  sector: number;
  sectors: number;
  atNs: number;
}

export class StubQueue implements BlockQueue {
  readonly capacitySectors = 2 ** 31;
  readonly rotational = true;
  readonly maxSectors = 1024;
  readonly seen: SeenBio[] = [];
  readonly #events: EventQueue;
  readonly #bioNs: number;
  readonly #done: number;
  #freeAtNs = 0;
  #sink: BioSink | undefined;

  constructor(events: EventQueue, bioNs: number) {
    this.#events = events;
    this.#bioNs = bioNs;
    this.#done = events.register((cookie) => this.#sink?.bioDone(cookie, events.nowNs, Status.ok));
  }

  attach(sink: BioSink): void {
    this.#sink = sink;
  }

  submitBio(
    op: number,
    sector: number,
    sectors: number,
    _flags: number,
    _task: number,
    cookie: number,
  ): Admission {
    this.seen.push({ op, sector, sectors, atNs: this.#events.nowNs });
    const service = op === Op.flush ? 0 : this.#bioNs;
    this.#freeAtNs = Math.max(this.#freeAtNs, this.#events.nowNs) + service;
    this.#events.schedule(this.#freeAtNs, this.#done, cookie);
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
