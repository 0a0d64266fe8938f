/**
 * Scenarios: what is in memory when the run begins, and what the programs then do. Data files under
 * bench/scenarios/, checked against the schema here.
 */

import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { parseKernelVersion } from '../sim/kernel-version.ts';
import { checkJson, readJsonText } from '../sim/json-file.ts';
import { PAGE_BYTES } from '../sim/units.ts';
import { size } from './program/kind.ts';
import { programSchema } from './program/registry.ts';

const percent = z.number().int().min(0).max(100);
const bytes = size.or(z.literal(0)).default(0);

/** A file whose pages are in the cache at the start. */
const cachedFile = z.strictObject({
  name: z.string(),
  size,
  /** `delayed`: dirty, and without a place on the disk until it is written (delayed allocation). */
  state: z.enum(['dirty', 'clean', 'delayed']),
  /** So many files of this size, numbered: NAME.0, NAME.1 and so on. */
  count: z.number().int().min(1).max(1_000_000).default(1),
  /** Of a dirty file, only every n-th page is dirty; the others are cached and clean. */
  dirty_every: z.number().int().min(1).default(1),
});

const count = z.number().int().min(1).max(64);

/** What a machine is beside its disk; nothing has a default here. */
const machine = {
  kernel: z.string().transform((text, ctx) => {
    try {
      return parseKernelVersion(text);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      ctx.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  }),
  arch: z.enum(['x86-64', 'i386', 'ppc64']),
  memory: size.meta({ description: 'RAM, e.g. "64m".' }),
  cpus: count,
  nodes: count.meta({ description: 'NUMA nodes that the memory is split over evenly.' }),
  swap: size.meta({ description: 'Swap space, e.g. "1g".' }),
  swap_device: z.string().meta({
    description: 'A drive for swap alone, by name; otherwise it lies at the far end of the disk.',
  }),
  file_system: z.string(),
};

/** Another machine for a scenario: what it does not name stays. */
export const machineChangesSchema = z.strictObject(machine).partial();

export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string(),
  title: z.string(),
  /** What it shows and what is to be expected, for people. */
  about: z.string(),
  kernel: machine.kernel.optional().meta({
    description:
      'Whose rules memory and write-back follow; by default those of the kernel that the way out ' +
      "belongs to, else 2.6.34. The way out and the block layer are the run's.",
  }),
  kernel_from: machine.kernel.optional().meta({
    description:
      'The kernel it was seen on: that of every way out that does not belong to a later one.',
  }),
  arch: machine.arch.default('x86-64'),
  memory: machine.memory,
  cpus: machine.cpus.default(1),
  nodes: machine.nodes.default(1),
  swap: machine.swap.default(0),
  swap_device: machine.swap_device.optional(),
  file_system: machine.file_system.default('ext2'),
  /** Further disks, each with a file system of its own: files under `at`/ lie there. */
  disks: z
    .array(
      z.strictObject({
        at: z.string().regex(/^[^/]+$/, 'a name without "/"'),
        device: z.string(),
        file_system: machine.file_system.default('ext2'),
      }),
    )
    .default([]),
  vm: z
    .strictObject({
      dirty_ratio: percent.default(20),
      dirty_background_ratio: percent.default(10),
      dirty_bytes: bytes.meta({ description: 'Instead of dirty_ratio; 0 is not set.' }),
      dirty_background_bytes: bytes,
      dirty_writeback_centisecs: z.number().int().min(0).default(500),
      dirty_expire_centisecs: z.number().int().min(0).default(3000),
      laptop_mode: z.boolean().default(false).meta({
        description: 'Reclaim writes nothing until it finds it hard.',
      }),
    })
    .prefault({}),
  /** What the page cache holds when the run begins. */
  cache: z
    .strictObject({
      files: z.array(cachedFile),
      /**
       * `in-order`: each file's pages in ascending order, one file after the other.
       * `random`: all pages of all files in one random order.
       */
      lru: z.enum(['in-order', 'random']),
    })
    .optional(),
  programs: z.array(programSchema).min(1),
});

/** A scenario that is a race: not a load on a drive, but a few tasks under many schedules. */
const raceSchema = z.strictObject({
  name: z.string(),
  title: z.string(),
  about: z.string(),
  /** Races of src/workload/race, by name. */
  races: z.array(z.string()).min(1),
  /** Random schedules, and at most so many exhaustive ones. */
  schedules: z.number().int().min(1),
  /** Choices that the exhaustive search varies. */
  depth: z.number().int().min(1),
});

export type RaceScenario = z.infer<typeof raceSchema>;

export type Scenario = z.infer<typeof scenarioSchema> & {
  /** Folder that file names in it are relative to. */
  folder: string;
};

/** The kernel a way out runs on in a scenario, if either names one; of it or the way. */
export function kernelFor(scenario: Scenario, wayKernel: number | undefined): number | undefined {
  const { kernel, kernel_from: from } = scenario;
  if (kernel !== undefined) return kernel;
  return from === undefined ? wayKernel : Math.max(from, wayKernel ?? 0);
}

/** The kernel whose block layer a way out runs on: its own, unless the scenario says where it was seen. */
export function blockKernelFor(
  scenario: Scenario,
  wayKernel: number | undefined,
): number | undefined {
  return scenario.kernel_from === undefined ? wayKernel : kernelFor(scenario, wayKernel);
}

const SCENARIOS = fileURLToPath(new URL('../../bench/scenarios/', import.meta.url));

/** The shipped scenarios: name -> path. */
export function shippedScenarios(): Map<string, string> {
  const names = readdirSync(SCENARIOS).filter((file) => file.endsWith('.json'));
  return new Map(
    names.sort().map((file) => [file.slice(0, -'.json'.length), join(SCENARIOS, file)]),
  );
}

/**
 * Reads a scenario that is a race, by name or path; undefined when it is an ordinary one.
 * @throws InputError naming file, line, field, what was expected
 */
export function loadRaceScenario(nameOrPath: string): RaceScenario | undefined {
  const path = pathOf(nameOrPath);
  const text = readJsonText(path);
  const { value } = text;
  const isRace = typeof value === 'object' && value !== null && 'races' in value;
  return isRace ? checkJson(text, raceSchema) : undefined;
}

/**
 * Reads a scenario by name or path.
 * @throws InputError naming file, line, field, what was expected
 */
export function loadScenario(nameOrPath: string): Scenario {
  const path = pathOf(nameOrPath);
  if (loadRaceScenario(nameOrPath) !== undefined) {
    throw new InputError(
      `${nameOrPath} is a race, without a load on a drive; use "run ${nameOrPath}", or "explore"`,
    );
  }
  const text = readJsonText(path);
  const scenario = checkJson(text, scenarioSchema);
  const cached = (scenario.cache?.files ?? []).reduce(
    (sum, file) => sum + Math.ceil(file.size / PAGE_BYTES) * PAGE_BYTES * file.count,
    0,
  );
  if (cached > scenario.memory * 0.97) {
    throw new InputError(
      `cache.files: ${Math.round(cached / PAGE_BYTES)} pages do not fit into memory ` +
        `(${Math.floor(scenario.memory / PAGE_BYTES)} pages, 3 % of them kept free)`,
      { file: path, line: text.lineOf(['cache', 'files']) },
    );
  }
  return { ...scenario, folder: dirname(path) };
}

function pathOf(nameOrPath: string): string {
  const shipped = shippedScenarios();
  const path =
    shipped.get(nameOrPath) ?? (/[/\\]|\.json$/.test(nameOrPath) ? resolve(nameOrPath) : undefined);
  if (path === undefined) {
    throw new InputError(
      `no scenario is called "${nameOrPath}"${nearestHint(nameOrPath, shipped.keys())}`,
    );
  }
  return path;
}
