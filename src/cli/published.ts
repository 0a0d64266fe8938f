/** `disktime published`: the published tables of 2010 and 2011 beside what the model makes of them. */

import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import type { RunResult } from '../measure/run-result.ts';
import { publishedRows, renderPublished } from '../report/published.ts';
import { publishedDocument } from '../report/published-document.ts';
import { writeWhole } from '../report/write-file.ts';
import type { ColumnJob } from '../workload/published/job.ts';
import { runColumnsOnWorkers } from '../workload/published/run.ts';
import { loadTable, publishedTables, type PublishedTable } from '../workload/published/table.ts';
import { parseCount, parseSeed } from './options.ts';
import { withProgress } from './progress.ts';

interface PublishedOptions {
  json?: boolean;
  markdown?: string;
  seed: string;
  threads: string;
}

export function publishedCommand(): Command {
  return new Command('published')
    .description(
      'published reclaim tables (Gorman 2010, 2011), published and simulated side by side',
    )
    .argument('[table...]', `which: ${[...publishedTables().keys()].join(', ')} (default: all)`)
    .option('--seed <n>', 'seed of every random stream', '1')
    .option('--threads <n>', 'runs at a time', String(Math.min(8, availableParallelism())))
    .option('--json', 'print the rows as JSON')
    .option('--markdown <file>', 'write the tables as a document, docs/PUBLISHED.md')
    .action((names: string[], options: PublishedOptions) => published(names, options));
}

async function published(names: readonly string[], options: PublishedOptions): Promise<void> {
  const seed = parseSeed(options.seed);
  const threads = parseCount(options.threads, '--threads');
  const tables = (names.length > 0 ? names : [...publishedTables().keys()]).map(loadTable);
  const jobs = distinctJobs(tables, seed);
  const done = new Map<string, RunResult>();
  const isComplete = await withProgress(jobs.size, (progress) =>
    runColumnsOnWorkers(
      jobs,
      threads,
      (key, run) => done.set(key, run),
      (count, what) => progress.update(count, what),
    ),
  );
  const results = tables.map((table) => {
    const runs = table.columns.map((column) => done.get(keyOf(jobOf(table, column.way, seed))));
    return { table, rows: publishedRows(table, runs) };
  });
  if (options.markdown !== undefined && isComplete) {
    writeWhole(options.markdown, publishedDocument(results, seed));
  }
  if (options.json === true) {
    const rows = results.flatMap((result) => result.rows);
    process.stdout.write(`${JSON.stringify({ rows }, null, 2)}\n`);
  } else if (options.markdown === undefined || !isComplete) {
    for (const { table, rows } of results) {
      process.stdout.write(`${renderPublished(table, rows)}\n\n`);
    }
  }
  if (isComplete) return;
  process.stderr.write(`interrupted: ${done.size} of ${jobs.size} runs are above\n`);
  process.exitCode = 130;
}

/** Columns that are the same run, in several tables or under several names, are run once. */
function distinctJobs(tables: readonly PublishedTable[], seed: number): Map<string, ColumnJob> {
  const jobs = tables.flatMap((table) => table.columns.map(({ way }) => jobOf(table, way, seed)));
  return new Map(jobs.map((job) => [keyOf(job), job]));
}

function jobOf(table: PublishedTable, way: string, seed: number): ColumnJob {
  const { run: scenario, device, block_layer: generation, scheduler } = table;
  return { scenario, device, generation, scheduler, way, seed };
}

function keyOf(job: ColumnJob): string {
  return JSON.stringify(job);
}
