/** Published and simulated figures side by side, with the direction of each change. */

import type { RunResult } from '../measure/run-result.ts';
import type { PublishedTable } from '../workload/published/table.ts';
import { figure, renderTable } from './table.ts';

/** One counter from one column of a table to another. */
export interface PublishedRow {
  table: string;
  counter: string;
  from: string;
  to: string;
  published: [number, number];
  simulated: [number, number];
  /** Both rise, both fall, or neither moves by more than `LEVEL`. */
  direction_agrees: boolean;
}

/** Changes by a smaller share count as none: the tables' own spread is of this size or more. */
export const LEVEL = 0.05;

/** 1 for a rise, -1 for a fall, 0 for neither. */
export function direction([from, to]: readonly [number, number]): -1 | 0 | 1 {
  const isLevel = Math.abs(to - from) <= LEVEL * Math.max(Math.abs(from), Math.abs(to));
  return isLevel ? 0 : to > from ? 1 : -1;
}

/** A counter of a run by the name it has in the tables' files; undefined when there is none. */
export function counterOf(run: RunResult, name: string): number | undefined {
  switch (name) {
    case 'elapsed_s':
      return run.programs_ms / 1000;
    case 'stalled_direct_s':
      return run.reclaim.stalled_direct_ms / 1000;
    case 'kswapd_awake_s':
      return run.reclaim.kswapd_awake_ms / 1000;
    case 'direct_percent_of_time':
      // Stall over stall and elapsed: the tables divide by user and system time as well.
      return (100 * run.stalled_ms) / (run.stalled_ms + run.programs_ms);
    case 'reclaim_file_writes':
      return (
        run.reclaim.direct_write_file_async +
        run.reclaim.direct_write_file_sync +
        run.reclaim.kswapd_write_file_async +
        run.reclaim.kswapd_write_file_sync
      );
    // Until V3 the tables did not tell files' pages from anonymous ones.
    case 'direct_write':
      return sumOf(run.reclaim, /^direct_write_/);
    case 'direct_write_async':
    case 'direct_write_sync':
    case 'kswapd_write_async': {
      const [, who, how] = /^(.+)_write_(.+)$/.exec(name) as RegExpExecArray;
      return sumOf(run.reclaim, new RegExp(`^${who}_write_(file|anon)_${how}$`));
    }
    case 'page_outs_kib':
      return run.vmstat.pgpgout;
    default: {
      const score = /^(.+)\.(mean|min|max)$/.exec(name);
      const scored = score && run.scores[score[1]]?.[score[2] as 'mean' | 'min' | 'max'];
      return scored ?? run.reclaim[name] ?? run.vmstat[name] ?? ofRun(run, name);
    }
  }
}

/** What the block layer counted, or a number of the run itself. */
function ofRun(run: RunResult, name: string): number | undefined {
  const value = { ...run, ...run.block }[name as 'requests'] as unknown;
  return typeof value === 'number' ? value : undefined;
}

function sumOf(counters: Record<string, number>, names: RegExp): number {
  const those = Object.entries(counters).filter(([name]) => names.test(name));
  return those.reduce((sum, [, value]) => sum + value, 0);
}

/** Every row of a table, from its first column to each of the others. */
export function publishedRows(
  table: PublishedTable,
  runs: readonly (RunResult | undefined)[],
): PublishedRow[] {
  const [first, ...others] = table.columns;
  return Object.entries(table.rows).flatMap(([counter, figures]) =>
    others.flatMap((column, i) => {
      const published: [number | null, number | null] = [figures[0], figures[i + 1]];
      const simulated = [runs[0], runs[i + 1]].map((run) => run && counterOf(run, counter));
      if (published.includes(null) || simulated.includes(undefined)) return [];
      const row = { published, simulated } as Pick<PublishedRow, 'published' | 'simulated'>;
      return {
        table: table.name,
        counter,
        from: first.name,
        to: column.name,
        ...row,
        direction_agrees: direction(row.published) === direction(row.simulated),
      };
    }),
  );
}

const ARROWS = { [-1]: 'falls', 0: 'level', 1: 'rises' } as const;

/** A table for people: a line a counter and column. */
export function renderPublished(table: PublishedTable, rows: readonly PublishedRow[]): string {
  const lines = rows.map((row) => [
    row.counter,
    `${row.from} -> ${row.to}`,
    `${figure(row.published[0])} -> ${figure(row.published[1])}`,
    ratio(row.published),
    `${figure(row.simulated[0])} -> ${figure(row.simulated[1])}`,
    ratio(row.simulated),
    row.direction_agrees
      ? `both ${direction(row.published) === 0 ? 'level' : ARROWS[direction(row.published)].replace('s', '')}`
      : `NO: ${ARROWS[direction(row.published)]}, here ${ARROWS[direction(row.simulated)]}`,
  ]);
  const agreeing = rows.filter((row) => row.direction_agrees).length;
  return [
    `${table.name}: ${table.title}`,
    table.source,
    `Here: ${table.scale}`,
    renderTable(
      ['counter', 'columns', 'published', 'ratio', 'simulated', 'ratio', 'direction'],
      lines,
    ),
    `${agreeing} of ${rows.length} directions agree.`,
  ].join('\n');
}

/** The change as a factor, for people. */
export function ratio([from, to]: readonly [number, number]): string {
  return from === 0 ? '-' : `x${figure(to / from)}`;
}
