/**
 * A queue without a disk, as null_blk is: every bio takes so long, side by side or one after
 * another. For testing and timing what lies above the block floor.
 */

import { Status } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { Admission, type BioSink, type BlockQueue } from './bio.ts';

export class NullQueue implements BlockQueue {
  readonly capacitySectors: number;
  readonly rotational: boolean = true;
  readonly maxSectors: number = 1024;
  sector = NaN;
  readonly events: EventQueue;
  readonly #bioNs: number;
  readonly #isSerial: boolean;
  readonly #done: number;
  #freeAtNs = 0;
  #sink: BioSink | undefined;

  /**
   * @param bioNs how long a bio takes, ns
   * @param isSerial one after another, or all side by side
   * @param capacitySectors its size; 1 TiB
   */
  constructor(events: EventQueue, bioNs: number, isSerial: boolean, capacitySectors = 2 ** 31) {
    this.events = events;
    this.capacitySectors = capacitySectors;
    this.#bioNs = bioNs;
    this.#isSerial = isSerial;
    this.#done = events.register((cookie) => this.#sink?.bioDone(cookie, events.nowNs, Status.ok));
  }

  attach(sink: BioSink): void {
    this.#sink = sink;
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

  submit(_op: number, _sectors: number, _flags: number, _task: number, cookie: number): Admission {
    const { nowNs } = this.events;
    const startNs = this.#isSerial ? Math.max(this.#freeAtNs, nowNs) : nowNs;
    this.#freeAtNs = startNs + this.#bioNs;
    this.events.atNs = this.#freeAtNs;
    this.events.post(this.#done, cookie);
    return Admission.admitted;
  }

  setIoPriority(): void {}
  startPlug(): void {}
  finishPlug(): void {}
  taskSleeps(): void {}
  unplug(): void {}

  isCongested(): boolean {
    return false;
  }

  nextEventNs(): number {
    return this.events.nextEventNs();
  }

  advanceTo(ns: number): void {
    this.events.advanceTo(ns);
  }
}
