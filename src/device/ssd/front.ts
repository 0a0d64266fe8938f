/**
 * The front of the drive: what the controller's firmware adds to a command, and the host link.
 *
 * Firmware time is a latency each command has on its own; `serial_us` of it is done one command at
 * a time and so bounds the command rate. NVMeVirt (Kim et al., FAST 2023) has the same terms.
 */

import { Op } from '../device.ts';
import type { SsdProfile } from './profile.ts';
import { Timeline } from './timeline.ts';

const OPS = 5;
const ns = (us: number): number => Math.round(us * 1000);

export class Front {
  readonly #readNs: number;
  readonly #readSmallNs: number;
  readonly #writeNs: number;
  readonly #writePer4kNs: number;
  readonly flushNs: number;
  readonly discardNs: number;
  readonly #serialNs: Float64Array;
  readonly #linkNsPerByte: number;
  readonly #linkCommandNs: number;
  readonly #linkWriteNs: number;
  readonly #toHost = new Timeline();
  readonly #toDrive: Timeline;
  #serialFreeNs = 0;

  constructor(p: SsdProfile) {
    const c = p.controller;
    this.#readNs = ns(c.read_us);
    this.#readSmallNs = ns(c.read_4k_us ?? c.read_us);
    this.#writeNs = ns(c.write_us);
    this.#writePer4kNs = ns(c.write_per_4k_us);
    this.flushNs = ns(c.flush_us);
    this.discardNs = ns(c.discard_us);
    this.#serialNs = new Float64Array(OPS).fill(ns(c.serial_us));
    if (c.serial_read_us !== undefined) this.#serialNs[Op.read] = ns(c.serial_read_us);
    if (c.serial_write_us !== undefined) this.#serialNs[Op.write] = ns(c.serial_write_us);
    this.#linkNsPerByte = 1e9 / (p.link.mib_per_s * 1024 * 1024);
    this.#linkCommandNs = ns(p.link.per_command_us);
    this.#linkWriteNs = ns(p.link.per_write_us ?? p.link.per_command_us);
    this.#toDrive = p.link.full_duplex ? new Timeline() : this.#toHost;
  }

  /** When a command that arrives now and costs `latency` gets past the firmware, ns. */
  accept(op: Op, now: number, latency: number): number {
    const serial = this.#serialNs[op];
    if (serial === 0) return now + latency;
    const start = Math.max(now, this.#serialFreeNs);
    this.#serialFreeNs = start + serial;
    return this.#serialFreeNs + latency;
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

  /** Books a transfer to the host that is ready at `earliest`; its end, ns. */
  sendToHost(earliest: number, bytes: number, now: number): number {
    return this.#toHost.book(earliest, this.linkTime(bytes), now);
  }

  /** Books a transfer from the host; its end, ns. */
  fetchFromHost(earliest: number, bytes: number, now: number): number {
    return this.#toDrive.book(earliest, this.linkWriteTime(bytes), now);
  }
}
