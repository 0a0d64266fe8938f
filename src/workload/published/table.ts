/**
 * Published tables of reclaim's counters, and how each of their columns is run here. Data files
 * under `bench/published/`, checked against the schema here.
 */

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { InputError, nearestHint } from '../../sim/input-error.ts';
import { checkJson, readJsonText } from '../../sim/json-file.ts';
import { blockGenerationOf } from '../../mm/kernel.ts';
import { defaultVmOptions } from '../../mm/vm-options.ts';
import { loadScenario, machineChangesSchema, type Scenario } from '../scenario.ts';
import { programSchema } from '../program/registry.ts';

const tableSchema = z.strictObject({
  $schema: z.string().optional(),
  title: z.string(),
  /** Who published it, where and when. */
  source: z.string(),
  /** What was run, by the name of a scenario; `machine` and `programs` stand for its own. */
  scenario: z.string(),
  machine: machineChangesSchema.default({}),
  programs: z.array(programSchema).min(1).optional(),
  device: z.string(),
  /** By default the one of the machine's kernel. */
  block_layer: z.string().optional(),
  scheduler: z.string().default('cfq'),
  /** What is smaller here than in the original, and what that does to the figures. */
  scale: z.string(),
  /** The columns: the kernel's name in the table, and the way that stands for it. */
  columns: z
    .array(z.strictObject({ name: z.string(), way: z.string(), note: z.string().optional() }))
    .min(2),
  /** The rows: counter -> one published figure a column. */
  rows: z.record(z.string(), z.array(z.number().nullable())),
});

export type PublishedTable = z.infer<typeof tableSchema> & {
  block_layer: string;
  /** The file's name without its ending. */
  name: string;
  /** The scenario with the table's own machine and programs. */
  run: Scenario;
};

const TABLES = fileURLToPath(new URL('../../../bench/published/', import.meta.url));

/** The tables there are, by name. */
export function publishedTables(): Map<string, string> {
  const files = readdirSync(TABLES).filter((file) => file.endsWith('.json'));
  return new Map(files.sort().map((file) => [file.slice(0, -'.json'.length), join(TABLES, file)]));
}

/**
 * Reads a table by name.
 * @throws InputError naming file, line, field, what was expected
 */
export function loadTable(name: string): PublishedTable {
  const tables = publishedTables();
  const path = tables.get(name);
  if (path === undefined) {
    throw new InputError(`no table is called "${name}"${nearestHint(name, tables.keys())}`);
  }
  const text = readJsonText(path);
  const table = checkJson(text, tableSchema);
  for (const [counter, figures] of Object.entries(table.rows)) {
    if (figures.length === table.columns.length) continue;
    throw new InputError(
      `rows.${counter}: ${figures.length} figures for ${table.columns.length} columns`,
      { file: path, line: text.lineOf(['rows', counter]) },
    );
  }
  const scenario = loadScenario(table.scenario);
  const changed = Object.fromEntries(
    Object.entries(table.machine).filter(([, value]) => value !== undefined),
  );
  const own =
    table.programs === undefined ? {} : { programs: table.programs, folder: dirname(path) };
  const run: Scenario = { ...scenario, ...changed, ...own };
  const generation = table.block_layer ?? blockGenerationOf(run.kernel ?? defaultVmOptions.kernel);
  return { ...table, name, block_layer: generation, run };
}
