/**
 * The front of the drive: what the controller's firmware adds to a command, and the host link.
 *
 * Firmware time is a latency each command has on its own; `serial_us` of it is done one command at
 * a time and so bounds the command rate. NVMeVirt (Kim et al., FAST 2023) has the same terms.
 */

import { NO_FLOATS } from '../../sim/columns.ts';
import type { EventQueue } from '../../sim/events.ts';
import { Op } from '../device.ts';
import type { SsdProfile } from './profile.ts';
import { Timeline } from './timeline.ts';

const OPS = 5;
const ns = (us: number): number => Math.round(us * 1000);

/** Times are handed over in fields (docs/HOT-PATH.md). */
export class Front {
  /** Operand of transfers: from when on the data is ready, ns. */
  earliestNs = NaN;
  /** Result of `accept`: when the command is past the firmware; of a transfer: when it ends, ns. */
  doneNs = NaN;

  readonly #readNs: number = NaN;
  readonly #readSmallNs: number = NaN;
  readonly #writeNs: number = NaN;
  readonly #writePer4kNs: number = NaN;
  readonly flushNs: number = NaN;
  readonly discardNs: number = NaN;
  readonly fuaNs: number = NaN;
  readonly #doorbellNs: number = NaN;
  readonly #serialNs: Float64Array = NO_FLOATS;
  readonly #linkNsPerByte: number = NaN;
  readonly #linkCommandNs: number = NaN;
  readonly #linkWriteNs: number = NaN;
  readonly #toHost = new Timeline();
  readonly #toDrive: Timeline;
  readonly #memory: Timeline | undefined;
  readonly #memoryNsPerByte: number = NaN;
  readonly #memoryAccessNs: number = NaN;
  #serialFreeNs = NaN;

  readonly #events: EventQueue;

  constructor(p: SsdProfile, events: EventQueue) {
    this.#events = events;
    this.#serialFreeNs = 0;
    const c = p.controller;
    this.#readNs = ns(c.read_us);
    this.#readSmallNs = ns(c.read_4k_us ?? c.read_us);
    this.#writeNs = ns(c.write_us);
    this.#writePer4kNs = ns(c.write_per_4k_us);
    this.flushNs = ns(c.flush_us);
    this.discardNs = ns(c.discard_us);
    this.fuaNs = ns(c.fua_us ?? 0);
    this.#doorbellNs = ns(p.queues?.doorbell_us ?? 0);
    this.#serialNs = new Float64Array(OPS).fill(ns(c.serial_us));
    if (c.serial_read_us !== undefined) this.#serialNs[Op.read] = ns(c.serial_read_us);
    if (c.serial_write_us !== undefined) this.#serialNs[Op.write] = ns(c.serial_write_us);
    this.#linkNsPerByte = 1e9 / (p.link.mib_per_s * 1024 * 1024);
    this.#linkCommandNs = ns(p.link.per_command_us);
    this.#linkWriteNs = ns(p.link.per_write_us ?? p.link.per_command_us);
    const { mib_per_s: memoryRate, access_us: accessUs } = p.buffer;
    this.#memory = memoryRate === undefined ? undefined : new Timeline();
    this.#memoryNsPerByte = 1e9 / ((memoryRate ?? Infinity) * 1024 * 1024);
    this.#memoryAccessNs = ns(accessUs ?? 0);
    this.#toDrive = p.link.full_duplex ? new Timeline() : this.#toHost;
  }

  /** When the controller has got past the serial part of what it has been given, ns. */
  get serialFreeNs(): number {
    return this.#serialFreeNs;
  }

  /** A command arrives now that costs `latency` ns. */
  accept(op: Op, latency: number): void {
    const now = this.#events.nowNs;
    const serial = this.#serialNs[op];
    if (serial === 0) {
      this.doneNs = now + this.#doorbellNs + latency;
      return;
    }
    this.#serialFreeNs = Math.max(now, this.#serialFreeNs) + serial;
    this.doneNs = this.#serialFreeNs + this.#doorbellNs + latency;
  }

  readLatency(bytes: number): number {
    return bytes <= 4096 ? this.#readSmallNs : this.#readNs;
  }

  writeLatency(bytes: number): number {
    return this.#writeNs + this.#writePer4kNs * Math.ceil(bytes / 4096);
  }

  /** How long the link is taken by a transfer to the host, ns. */
  linkTime(bytes: number): number {
    return this.#linkCommandNs + Math.round(bytes * this.#linkNsPerByte);
  }

  /** How long the link is taken by a transfer from the host, ns. */
  linkWriteTime(bytes: number): number {
    return this.#linkWriteNs + Math.round(bytes * this.#linkNsPerByte);
  }

  /** Books a transfer to the host. */
  sendToHost(bytes: number): void {
    this.#book(this.#toHost, this.linkTime(bytes));
  }

  /** Books a transfer from the host. */
  fetchFromHost(bytes: number): void {
    this.#book(this.#toDrive, this.linkWriteTime(bytes));
  }

  #book(link: Timeline, duration: number): void {
    link.earliestNs = this.earliestNs;
    link.nowNs = this.#events.nowNs;
    link.book(duration);
    this.doneNs = link.endNs;
  }

  /** Whether the buffer's memory is a bottleneck of its own. */
  get hasMemory(): boolean {
    return this.#memory !== undefined;
  }

  /** Books a transfer into the buffer's memory, or out of it, from `doneNs` on. */
  throughMemory(bytes: number): void {
    if (this.#memory === undefined) return;
    this.earliestNs = this.doneNs;
    const time = this.#memoryAccessNs + Math.round(bytes * this.#memoryNsPerByte);
    this.#book(this.#memory, time);
  }
}
