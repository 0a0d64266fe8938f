/**
 * Ordered writes of 2.6.34 (block/blk-barrier.c): a barrier waits until all requests before it are
 * done, and none after it starts until it is done itself. What it asks the drive for in between
 * depends on the drive: flush, write, flush; flush and a FUA write; or only the write, where there
 * is no volatile cache to be flushed.
 */

import { BioFlag } from './bio.ts';
import { DeviceFlag, Op, type Device } from '../device/device.ts';
import { RequestFlag, type RequestTable } from './request.ts';

/** The steps still to do, or-ed together; done from the lowest bit up. */
const Step = { preflush: 1, data: 2, postflush: 4 } as const;

/** Whether a bio is to be ordered on this drive, rather than be an ordinary write. */
export function isOrdered(device: Device, op: number, flags: number): boolean {
  if (op === Op.flush || (flags & BioFlag.barrier) !== 0) return true;
  return device.volatileCache && (flags & (BioFlag.preflush | BioFlag.fua)) !== 0;
}

export class BarrierSequence {
  /** The barrier in progress; -1 when there is none. */
  request = -1;
  /** The command that `next` chose. */
  op: Op = Op.flush;
  deviceFlags = 0;

  readonly #requests: RequestTable;
  readonly #device: Device;
  #steps = 0;
  #underWay = 0;

  constructor(requests: RequestTable, device: Device) {
    this.#requests = requests;
    this.#device = device;
  }

  get isActive(): boolean {
    return this.request >= 0;
  }

  /** Starts a sequence with the barrier at the head of the dispatch list. */
  begin(request: number): void {
    const requests = this.#requests;
    const { volatileCache, supportsFua } = this.#device;
    const isEmpty = requests.sectors[request] === 0;
    const wantsPreflush = requests.has(request, RequestFlag.preflush) || isEmpty;
    const wantsFua = requests.has(request, RequestFlag.fua) && !isEmpty;
    this.request = request;
    this.#steps =
      (volatileCache && wantsPreflush ? Step.preflush : 0) |
      (isEmpty ? 0 : Step.data) |
      (volatileCache && wantsFua && !supportsFua ? Step.postflush : 0);
  }

  /** Whether a command is to be issued now: everything before is done and no step is under way. */
  isReady(inFlight: number): boolean {
    return inFlight === 0 && this.#steps !== 0;
  }

  /** Whether all is done. */
  isDone(inFlight: number): boolean {
    return inFlight === 0 && this.#steps === 0;
  }

  /** Chooses the next command into `op` and `deviceFlags`. */
  next(): void {
    this.#underWay = this.#steps & -this.#steps;
    const isData = this.#underWay === Step.data;
    this.op = isData ? (this.#requests.op[this.request] as Op) : Op.flush;
    const { volatileCache, supportsFua } = this.#device;
    const fua = isData && volatileCache && supportsFua;
    this.deviceFlags =
      fua && this.#requests.has(this.request, RequestFlag.fua) ? DeviceFlag.fua : 0;
  }

  /** The command chosen last is done. A failed one ends the sequence. */
  stepDone(ok: boolean): void {
    this.#steps = ok ? this.#steps & ~this.#underWay : 0;
  }

  end(): void {
    this.request = -1;
  }
}
