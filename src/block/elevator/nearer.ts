/**
 * Which of two requests is nearer to where the arm is (cfq_choose_req, bfq_choose_req): someone waiting goes before
 * nobody waiting, metadata before data; then the way forward counts as it is, a short way back
 * counts `penalty` times, and a longer way back only when there is nothing else.
 */

import { RequestFlag, type RequestTable } from '../request.ts';

export interface SeekRules {
  /** Longest way back that is considered, sectors. */
  readonly backSectors: number;
  /** A sector back costs so many forward. */
  readonly backPenalty: number;
}

export function chooseNearer(
  requests: RequestTable,
  a: number,
  b: number,
  position: number,
  rules: SeekRules,
): number {
  if (a < 0 || a === b) return b;
  if (b < 0) return a;
  for (const flag of [RequestFlag.sync, RequestFlag.meta]) {
    const hasA = requests.has(a, flag);
    if (hasA !== requests.has(b, flag)) return hasA ? a : b;
  }
  const sectorA = requests.sector[a];
  const sectorB = requests.sector[b];
  const costA = cost(sectorA, position, rules);
  const costB = cost(sectorB, position, rules);
  if (costA === costB) {
    // Both too far behind: from the lowest sector up. Or both equally far: the one ahead.
    return costA === Infinity ? (sectorA <= sectorB ? a : b) : sectorA >= sectorB ? a : b;
  }
  return costA < costB ? a : b;
}

function cost(sector: number, position: number, { backSectors, backPenalty }: SeekRules): number {
  if (sector >= position) return sector - position;
  return sector + backSectors >= position ? (position - sector) * backPenalty : Infinity;
}
