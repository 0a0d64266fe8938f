/**
 * Which of two requests is nearer to where the arm is (cfq_choose_req, bfq_choose_req): someone waiting
 * goes before nobody waiting, metadata before data; then the way forward counts as it is, a short way
 * back counts `penalty` times, and a longer way back only when there is nothing else.
 */

import { RequestFlag, type RequestTable } from '../request.ts';
import type { SortedRequests } from '../sorted-requests.ts';

const { sync, meta } = RequestFlag;

export class Nearer {
  /** Where the last request that the driver took ended: the operand of `choose`, a sector. */
  position = 0;

  readonly #requests: RequestTable;
  readonly #backSectors: number;
  readonly #backPenalty: number;

  /**
   * @param backKib longest way back that is considered, KiB (`back_seek_max`)
   * @param backPenalty a sector back costs so many forward (`back_seek_penalty`)
   */
  constructor(requests: RequestTable, backKib: number, backPenalty: number) {
    this.#requests = requests;
    this.#backSectors = backKib * 2;
    this.#backPenalty = backPenalty;
  }

  /** The nearer of two requests, either of which may be -1 for none. */
  choose(a: number, b: number): number {
    if (a < 0 || a === b) return b;
    if (b < 0) return a;
    const { flags, sector } = this.#requests;
    const differ = flags[a] ^ flags[b];
    if ((differ & sync) !== 0) return (flags[a] & sync) !== 0 ? a : b;
    if ((differ & meta) !== 0) return (flags[a] & meta) !== 0 ? a : b;
    const { position } = this;
    const lowest = position - this.#backSectors;
    const sectorA = sector[a];
    const sectorB = sector[b];
    // Too far behind: from the lowest sector up.
    if (sectorA < lowest || sectorB < lowest) {
      if (sectorA >= lowest) return a;
      if (sectorB >= lowest) return b;
      return sectorA <= sectorB ? a : b;
    }
    const penalty = this.#backPenalty;
    const costA = sectorA >= position ? sectorA - position : (position - sectorA) * penalty;
    const costB = sectorB >= position ? sectorB - position : (position - sectorB) * penalty;
    if (costA !== costB) return costA < costB ? a : b;
    return sectorA >= sectorB ? a : b;
  }

  /** The nearer of a request's neighbours, as seen from where it begins (cfq_find_next_rq). */
  nextOf(request: number, sorted: SortedRequests): number {
    const { first } = sorted;
    let after = sorted.after(request);
    if (after < 0 && first !== request) after = first;
    const before = sorted.previous(request);
    const { position } = this;
    this.position = this.#requests.sector[request];
    const next = this.choose(after, before);
    this.position = position;
    return next;
  }

  /** The driver took a request. */
  moveTo(request: number): void {
    this.position = this.#requests.end(request);
  }
}
