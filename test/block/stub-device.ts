/** A drive for the block floor's tests: any latency, zero by default; it writes down what it saw. */

import type { CompletionSink, Device, DeviceSnapshot } from '../../src/device/device.ts';
import { Op, Status } from '../../src/device/device.ts';
import type { EventQueue } from '../../src/sim/events.ts';

export interface StubOptions {
  capacitySectors?: number;
  queueDepth?: number;
  rotational?: boolean;
  volatileCache?: boolean;
  supportsFua?: boolean;
  supportsDiscard?: boolean;
  /** Latency of a command, ns; 0 by default. */
  latencyNs?: (op: number, sector: number, sectors: number) => number;
  /** Complete only when told to. */
  isManual?: boolean;
  keepLog?: boolean;
}

export interface Command {
  timeNs: number;
  tag: number;
  op: number;
  sector: number;
  sectors: number;
  flags: number;
}

export class StubDevice implements Device {
  readonly name = 'stub';
  sector = NaN;
  readonly capacitySectors: number;
  readonly queueDepth: number;
  readonly rotational: boolean;
  readonly volatileCache: boolean;
  readonly supportsFua: boolean;
  readonly supportsDiscard: boolean;
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
  /** What was submitted, in order. */
  readonly log: Command[] = [];

  readonly #events: EventQueue;
  readonly #options: StubOptions;
  readonly #handler: number;
  readonly #outstanding: Uint8Array;
  #sink: CompletionSink | undefined;

  constructor(events: EventQueue, options: StubOptions = {}) {
    this.#events = events;
    this.#options = options;
    this.capacitySectors = options.capacitySectors ?? 2 ** 40;
    this.queueDepth = options.queueDepth ?? 1;
    this.rotational = options.rotational ?? true;
    this.volatileCache = options.volatileCache ?? false;
    this.supportsFua = options.supportsFua ?? false;
    this.supportsDiscard = options.supportsDiscard ?? true;
    this.#outstanding = new Uint8Array(this.queueDepth);
    this.#handler = events.register((tag) => this.finish(tag));
  }

  attach(sink: CompletionSink): void {
    this.#sink = sink;
  }

  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void {
    this.sector = sector;
    this.start(tag, op, sectors, flags);
  }

  start(tag: number, op: Op, sectors: number, flags: number): void {
    if (!(tag >= 0 && tag < this.queueDepth) || this.#outstanding[tag] !== 0) {
      throw new RangeError(`tag ${tag} is out of range or outstanding`);
    }
    this.#outstanding[tag] = 1;
    if (op === Op.flush) this.counters.flushes++;
    else if (op === Op.write) {
      this.counters.writes++;
      this.counters.sectorsWritten += sectors;
    } else if (op === Op.read) {
      this.counters.reads++;
      this.counters.sectorsRead += sectors;
    } else this.counters.discards++;
    const { nowNs } = this.#events;
    const { sector } = this;
    if (this.#options.keepLog === true) {
      this.log.push({ timeNs: nowNs, tag, op, sector, sectors, flags });
    }
    if (this.#options.isManual === true) return;
    const { latencyNs } = this.#options;
    this.#events.atNs = latencyNs === undefined ? nowNs : nowNs + latencyNs(op, sector, sectors);
    this.#events.post(this.#handler, tag);
  }

  /** Completes a command. */
  finish(tag: number, status: Status = Status.ok): void {
    this.#outstanding[tag] = 0;
    this.#sink?.complete(tag, this.#events.nowNs, status);
  }

  nextEventNs(): number {
    return this.#events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.#events.advanceTo(ns);
  }

  explain(): never {
    throw new Error('the stub explains nothing');
  }

  snapshot(): DeviceSnapshot {
    return { model: 'stub', state: null };
  }

  restore(): void {}
}
