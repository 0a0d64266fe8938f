/** A drive that takes a fixed time and does nothing else: so the block floor is timed alone. */

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
