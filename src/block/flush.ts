/**
 * The flush machinery of 3.x and mq (block/blk-flush.c): a request that asks for a flush, before
 * its data or after, is taken through its steps without holding up anybody else, and one flush
 * command serves all that wait for one when it starts.
 *
 * Two lists take turns: requests whose flush is under way, and requests for the next one. A flush
 * is put off while data of a sequence is being written, since that data would need another flush
 * soon after, but not for longer than five seconds.
 */

import { Op, Status, type Device } from '../device/device.ts';
import type { EventQueue } from '../sim/events.ts';
import { SECOND } from '../sim/units.ts';
import { RequestFlag, type RequestTable } from './request.ts';
import { RequestList } from './request-list.ts';

const PENDING_TIMEOUT_NS = 5 * SECOND;

/** Steps still to do, or-ed together; done from the lowest bit up. */
export const FlushStep = { preflush: 1, data: 2, postflush: 4 } as const;

export interface FlushHost {
  readonly events: EventQueue;
  readonly requests: RequestTable;
  /** Sends a flush command to the drive. `request` is the machinery's own. */
  issueFlush(request: number): void;
  /** Sends a request's data, ahead of whatever the elevator has. */
  issueData(request: number): void;
  /** All steps of a request are done. */
  finish(request: number, status: Status): void;
}

export class FlushMachinery {
  readonly #host: FlushHost;
  readonly #requests: RequestTable;
  readonly #device: Device;
  /** The request of the flush command, taken when the first one is needed. */
  #flushRequest = -1;
  #pending: RequestList;
  #running: RequestList;
  #isUnderWay = false;
  #pendingSinceNs = 0;
  #dataInFlight = 0;

  constructor(host: FlushHost, device: Device) {
    this.#host = host;
    this.#requests = host.requests;
    this.#device = device;
    this.#pending = new RequestList(host.requests);
    this.#running = new RequestList(host.requests);
  }

  /** The steps that a request needs on this drive; 0 and `data` alone need no machinery. */
  stepsOf(request: number): number {
    const { volatileCache, supportsFua } = this.#device;
    const requests = this.#requests;
    const isEmpty = requests.op[request] === Op.flush || requests.sectors[request] === 0;
    let steps = isEmpty ? 0 : FlushStep.data;
    if (!volatileCache) return steps;
    if (isEmpty || requests.has(request, RequestFlag.preflush)) steps |= FlushStep.preflush;
    if (!isEmpty && requests.has(request, RequestFlag.fua) && !supportsFua) {
      steps |= FlushStep.postflush;
    }
    return steps;
  }

  /** Takes a request through the given steps. */
  insert(request: number, steps: number): void {
    this.#requests.steps[request] = steps;
    this.#requests.flags[request] |= RequestFlag.flushSequence;
    this.#goOn(request, Status.ok);
    this.#kick();
  }

  /** Whether a completed request is the flush command. */
  isFlush(request: number): boolean {
    return request >= 0 && request === this.#flushRequest;
  }

  /** When the flush command under way was issued, ns. */
  get flushIssueNs(): number {
    return this.#requests.issueNs[this.#flushRequest];
  }

  /** The flush command is done: those it served go on. */
  flushDone(status: Status): void {
    const running = this.#running;
    // Until all are told, no other flush may start: those who hear of it may ask for one.
    for (let left = running.length; left > 0; left--) {
      const request = running.first;
      running.remove(request);
      this.#stepDone(request, status);
    }
    this.#isUnderWay = false;
    this.#kick();
  }

  /** The data of a request in a sequence is written. */
  dataDone(request: number, status: Status): void {
    this.#dataInFlight--;
    this.#stepDone(request, status);
    this.#kick();
  }

  #stepDone(request: number, status: Status): void {
    const { steps } = this.#requests;
    steps[request] = status === Status.ok ? steps[request] & (steps[request] - 1) : 0;
    this.#goOn(request, status);
  }

  /** Starts the next step (blk_flush_complete_seq). */
  #goOn(request: number, status: Status): void {
    const steps = this.#requests.steps[request];
    const step = steps & -steps;
    if (step === 0) this.#host.finish(request, status);
    else if (step === FlushStep.data) {
      this.#dataInFlight++;
      this.#host.issueData(request);
    } else {
      if (this.#pending.length === 0) this.#pendingSinceNs = this.#host.events.nowNs;
      this.#pending.append(request);
    }
  }

  /** Starts a flush if one is wanted and allowed (blk_kick_flush). */
  #kick(): void {
    if (this.#isUnderWay || this.#pending.length === 0) return;
    const { nowNs } = this.#host.events;
    if (this.#dataInFlight > 0 && nowNs < this.#pendingSinceNs + PENDING_TIMEOUT_NS) return;
    [this.#pending, this.#running] = [this.#running, this.#pending];
    this.#isUnderWay = true;
    this.#host.issueFlush(this.#flushRow());
  }

  #flushRow(): number {
    const requests = this.#requests;
    if (this.#flushRequest < 0) this.#flushRequest = requests.take();
    const row = this.#flushRequest;
    requests.op[row] = Op.flush;
    requests.sector[row] = 0;
    requests.sectors[row] = 0;
    requests.flags[row] = RequestFlag.barrier;
    requests.firstBio[row] = -1;
    return row;
  }
}
