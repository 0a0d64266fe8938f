/**
 * How much of each list one pass scans: size >> priority, divided between anonymous and file pages
 * by swappiness and by how worthwhile each kind's scanning was (get_scan_ratio of 2.6.34,
 * get_scan_count from 3.0 on), and when a list's inactive part counts as too short.
 */

import { Kind, Lru, type LruVec } from './lru.ts';
import type { Memory } from './memory.ts';
import type { ScanControl } from './scan-control.ts';
import { SWAP_CLUSTER_MAX } from './vm-options.ts';

/** Pages of a GiB, and the ratio of active to inactive that much memory may have: isqrt(10 GiB). */
const GIB_PAGES = 1 << 18;

/** How many active pages there may be for an inactive one, for `pages` of memory. */
export function inactiveRatio(pages: number): number {
  const gib = Math.floor(pages / GIB_PAGES);
  return gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib));
}

/** inactive_list_is_low: the active list of a kind is too long beside its inactive one. */
export function isInactiveLow(memory: Memory, lruvec: LruVec, kind: Kind): boolean {
  const { lists } = lruvec;
  const inactive = lists[kind * 2].size;
  const active = lists[kind * 2 + 1].size;
  if (kind === Kind.file && !memory.rules.fileRatio) return active > inactive;
  return inactive * inactiveRatio(inactive + active) < active;
}

/** recent_rotated and recent_scanned fade: halved once they are a quarter of the list. */
function fade(lruvec: LruVec, kind: Kind, pages: number): void {
  if (lruvec.recentScanned[kind] <= pages / 4) return;
  lruvec.recentScanned[kind] = Math.floor(lruvec.recentScanned[kind] / 2);
  lruvec.recentRotated[kind] = Math.floor(lruvec.recentRotated[kind] / 2);
}

/** Percent of the scanning that anonymous pages get. */
export function anonPercent(memory: Memory, lruvec: LruVec, sc: ScanControl): number {
  const { swappiness } = memory.options;
  if (!sc.maySwap || !memory.canSwap) return 0;
  const { rules } = memory;
  const anon = lruvec.anonPages;
  const file = lruvec.filePages;
  // With hardly any file pages left it is anonymous memory or nothing.
  if (sc.group < 0 && file + sc.domain.freePages <= sc.domain.highMark) return 100;
  const inactiveFile = lruvec.lists[Lru.inactiveFile].size >> sc.priority;
  if (rules.sparesAnon && inactiveFile > 0 && !isInactiveLow(memory, lruvec, Kind.file)) return 0;
  fade(lruvec, Kind.anon, anon);
  fade(lruvec, Kind.file, file);
  const { recentScanned, recentRotated } = lruvec;
  const weight = (priority: number, kind: Kind) =>
    Math.floor(((priority + 1) * (recentScanned[kind] + 1)) / (recentRotated[kind] + 1));
  const ap = weight(swappiness, Kind.anon);
  const fp = weight(200 - swappiness, Kind.file);
  return Math.floor((100 * ap) / (ap + fp + 1));
}

/** Fills `amounts` with the pages to scan of each list at the control's priority. */
export function scanAmounts(
  memory: Memory,
  lruvec: LruVec,
  sc: ScanControl,
  amounts: Int32Array,
): void {
  const anon = anonPercent(memory, lruvec, sc);
  // At the last priority everything is looked at, of either kind that could go.
  const isAll = sc.priority === 0 && memory.canSwap && sc.maySwap;
  for (let list = 0; list < 4; list++) {
    let scan = lruvec.lists[list].size >> sc.priority;
    const percent = list < Lru.inactiveFile ? anon : 100 - anon;
    if (percent < 100 && !isAll) scan = Math.floor((scan * percent) / 100);
    if (memory.rules.carriesScan) scan = carried(lruvec, list, scan);
    else if (scan === 0 && percent > 0 && isForced(memory, sc)) scan = SWAP_CLUSTER_MAX;
    amounts[list] = scan;
  }
}

/** nr_scan_try_batch: amounts under a batch are carried over. */
function carried(lruvec: LruVec, list: number, scan: number): number {
  const { savedScan } = lruvec;
  savedScan[list] += scan;
  if (savedScan[list] < SWAP_CLUSTER_MAX) return 0;
  const amount = savedScan[list];
  savedScan[list] = 0;
  return amount;
}

/** force_scan: a small cgroup, or what kswapd has to balance, is scanned anyway. */
function isForced(memory: Memory, sc: ScanControl): boolean {
  if (sc.group >= 0) return true;
  return sc.isKswapd && (memory.rules.kswapdForcesScan || sc.domain.allUnreclaimable);
}
