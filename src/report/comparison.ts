/** A scenario's runs as a table, and the one plain sentence that says who wins by how much. */

import type { RunResult } from '../measure/run-result.ts';
import { figure, renderTable } from './table.ts';

/** The way; and that programs were killed or locked up, should it have come to that. */
function wayCell(run: RunResult): string {
  const kills = run.reclaim.oom_kills;
  if (run.deadlocks > 0) return `${run.way}, DEADLOCK`;
  return kills > 0 ? `${run.way}, ${kills} killed` : run.way;
}

const COLUMNS: readonly (readonly [string, (run: RunResult) => string])[] = [
  ['way', wayCell],
  ['all clean ms', (run) => figure(run.simulated_ms)],
  ['MB/s', (run) => figure(run.mb_per_s)],
  ['pages', (run) => figure(run.pages_written)],
  ['not asked', (run) => figure(run.pages_extra)],
  ['bios', (run) => figure(run.bios)],
  ['requests', (run) => figure(run.requests)],
  ['merges', (run) => figure(run.merges)],
  ['KiB/req', (run) => figure(run.mean_request_kib)],
  ['seeks', (run) => figure(run.seeks)],
  ['cyl/seek', (run) => figure(run.mean_seek_cylinders)],
  ['mean ms', (run) => figure(run.latency_ms.mean)],
  ['p99 ms', (run) => figure(run.latency_ms.p99)],
  ['stalled ms', (run) => figure(run.stalled_ms)],
  ['busy ms', (run) => figure(run.device_busy_ms)],
];

/** What the columns mean, for the foot of the report. */
export const LEGEND =
  'all clean: simulated time until no page is dirty; pages: written; not asked: written for ' +
  'reclaim though reclaim had not met them; bios, requests: writes; mean, p99: from bio to ' +
  'completion, a page; stalled: programs waiting in reclaim, summed over them; busy: the disk at work';

/** One table for the runs of one scenario on one device. */
export function comparisonTable(runs: readonly RunResult[]): string {
  return renderTable(
    COLUMNS.map(([head]) => head),
    runs.map((run) => COLUMNS.map(([, cell]) => cell(run))),
  );
}

/** Runs within this of each other count as equally fast. */
const TIE = 1.02;

/** Who wins on one device, by how much over single pages and over the slowest. */
export function verdict(runs: readonly RunResult[]): string {
  const ranked = [...runs].sort((a, b) => a.simulated_ms - b.simulated_ms);
  const [best] = ranked;
  const slowest = ranked.at(-1) as RunResult;
  const isTied = (run: RunResult) => run.simulated_ms <= best.simulated_ms * TIE;
  const winners = ranked.filter(isTied).map((run) => run.way);
  const clean = `all clean after ${figure(best.simulated_ms)} ms`;
  if (isTied(slowest)) {
    return `On ${best.device} the ways do not differ by more than 2 %: ${clean}.`;
  }
  const against = (run: RunResult) =>
    `${figure(run.simulated_ms / best.simulated_ms)} times as fast as ${run.way} ` +
    `(${figure(run.simulated_ms)} ms, the disk busy for ${figure(run.device_busy_ms)})`;
  const single = ranked.find((run) => run.way === 'writepage' && !isTied(run));
  const losers = single === undefined || single === slowest ? [slowest] : [single, slowest];
  return (
    `On ${best.device} ${winners.join(', ')} ${winners.length === 1 ? 'wins' : 'win together'}: ` +
    `${clean}, ${losers.map(against).join(' and ')}.`
  );
}
