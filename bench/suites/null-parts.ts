/** A drive and a block queue that take a fixed time and nothing else: so one floor is timed alone. */

import { Admission, type BioSink, type BlockQueue } from '../../src/block/bio.ts';
import {
  Status,
  type CompletionSink,
  type Device,
  type DeviceSnapshot,
  type Op,
} from '../../src/device/device.ts';
import type { EventQueue } from '../../src/sim/events.ts';

const LATENCY_NS = 10_000;
const CAPACITY_SECTORS = 2 ** 31;

export class NullDrive implements Device {
  readonly name = 'null';
  readonly capacitySectors = CAPACITY_SECTORS;
  readonly queueDepth = 32;
  readonly rotational = false;
  readonly volatileCache = false;
  readonly supportsFua = false;
  readonly supportsDiscard = false;
  readonly explainParts: readonly string[] = [];
  readonly counters = {
    reads: 0,
    writes: 0,
    flushes: 0,
    discards: 0,
    sectorsRead: 0,
    sectorsWritten: 0,
    seeks: 0,
    seekCylinders: 0,
    busyNs: 0,
  };
  readonly #events: EventQueue;
  readonly #done: number;
  #sink: CompletionSink | undefined;

  constructor(events: EventQueue) {
    this.#events = events;
    this.#done = events.register((tag) => this.#sink?.complete(tag, events.nowNs, Status.ok));
  }

  attach(sink: CompletionSink): void {
    this.#sink = sink;
  }

  submit(tag: number, _op: Op, _sector: number, sectors: number): void {
    this.counters.writes++;
    this.counters.sectorsWritten += sectors;
    this.#events.schedule(this.#events.nowNs + LATENCY_NS, this.#done, tag);
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  explain(): Readonly<Record<string, number>> {
    return {};
  }

  snapshot(): DeviceSnapshot {
    return { model: this.name, state: undefined };
  }

  restore(): void {}
}

export class NullQueue implements BlockQueue {
  readonly capacitySectors = CAPACITY_SECTORS;
  readonly rotational = false;
  readonly maxSectors = 1024;
  readonly #events: EventQueue;
  readonly #done: number;
  #sink: BioSink | undefined;

  constructor(events: EventQueue) {
    this.#events = events;
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
    this.#events.schedule(this.#events.nowNs + LATENCY_NS, this.#done, cookie);
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
