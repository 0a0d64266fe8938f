/** `disktime run FILE`: a job file, a recorded trace or a scenario, on one drive. */

import { basename, dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { generationNames } from '../block/generation.ts';
import { findWay } from '../mm/pageout/registry.ts';
import { comparisonTable, LEGEND } from '../report/comparison.ts';
import { countersTable } from '../report/counters.ts';
import { InputError } from '../sim/input-error.ts';
import { readJobFile, type MachineExtensions } from '../workload/fio/job-file.ts';
import { runScenario } from '../workload/run-scenario.ts';
import { readTrace } from '../workload/trace/registry.ts';
import {
  blockKernelFor,
  loadRaceScenario,
  loadScenario,
  scenarioSchema,
  shippedScenarios,
  type Scenario,
} from '../workload/scenario.ts';
import { ELEVATOR_SET, parseBlockLayer, parseMemory, parseSeed } from './options.ts';
import { exploreRaces } from './explore.ts';
import { withProgress, workText } from './progress.ts';
import { SNAPSHOT, startingDrives } from './snapshot.ts';

/** Ways that a race runs under when none is asked for: two that hold inodes by igrab, three that do not. */
const RACE_WAYS = ['range', 'around-2002', 'around', 'pageout-work', 'linux-4.11'];

interface RunCommandOptions {
  device?: string;
  way?: string;
  mem?: string;
  blockLayer?: string;
  scheduler?: string;
  elevatorSet?: string[];
  seed: string;
  snapshot?: string;
  json?: boolean;
}

export function runCommand(): Command {
  return new Command('run')
    .description('run a fio job file, a recorded trace or a scenario, and say what it cost')
    .argument(
      '<file>',
      'job.fio, trace (strace output or fio iolog, may be gzipped), scenario.json, or a name: S14',
    )
    .option(
      '-d, --device <name>',
      'drive, by name or profile path, or several: raid0:4xNAME:64k (default: seagate-st32171w)',
    )
    .option('-w, --way <name>', 'way of writing out (default: writepage)')
    .option('-m, --mem <size>', 'memory, e.g. 64m (default: 256m)')
    .option(
      '--block-layer <generation>',
      `kernel's block layer: ${generationNames().join(', ')} (default: 2.6.34, for flash 3.x)`,
    )
    .option('--scheduler <name>', 'IO scheduler (default: deadline or mq-deadline)')
    .option(ELEVATOR_SET.flags, ELEVATOR_SET.description)
    .option('--seed <n>', 'seed of every random stream', '1')
    .option(SNAPSHOT.flags, SNAPSHOT.description)
    .option('--json', 'print the run as JSON')
    .action((file: string, options: RunCommandOptions) => run(file, options));
}

/** A scenario's file, or the name of one that is shipped. */
function isScenario(file: string): boolean {
  return file.endsWith('.json') || shippedScenarios().has(file);
}

function scenarioOf(
  file: string,
  options: RunCommandOptions,
  memory: string,
  vm: Partial<MachineExtensions>,
): Scenario {
  if (isScenario(file)) {
    const scenario = loadScenario(file);
    return options.mem === undefined
      ? scenario
      : { ...scenario, memory: parseMemory(options.mem, '--mem') };
  }
  const kind = /\.(fio|job|ini)$/.test(file) ? 'fio' : 'trace';
  const { dirtyRatio, dirtyBackgroundRatio } = vm;
  const parsed = scenarioSchema.parse({
    name: basename(file),
    title: basename(file),
    about: file,
    memory,
    vm: { dirty_ratio: dirtyRatio, dirty_background_ratio: dirtyBackgroundRatio },
    programs: [{ kind, file: resolve(file) }],
  });
  return { ...parsed, folder: dirname(resolve(file)) };
}

/** What a job file says of its machine; what a file has that is of no effect is named on stderr. */
function extensionsOf(file: string): Partial<MachineExtensions> {
  if (isScenario(file)) return {};
  if (!/\.(fio|job|ini)$/.test(file)) {
    for (const warning of readTrace(file).warnings) process.stderr.write(`${file}: ${warning}\n`);
    return {};
  }
  const { extensions, ignored } = readJobFile(file);
  if (ignored.length > 0) process.stderr.write(`${file}: without effect: ${ignored.join(', ')}\n`);
  return extensions;
}

async function run(file: string, options: RunCommandOptions): Promise<void> {
  const race = isScenario(file) ? loadRaceScenario(file) : undefined;
  if (race !== undefined) {
    if (options.snapshot !== undefined) {
      throw new InputError(`--snapshot: ${file} is a race of tasks for locks, which has no drive`);
    }
    const ways = (options.way === undefined ? RACE_WAYS : [options.way]).map((name) =>
      findWay(name),
    );
    const seed = parseSeed(options.seed);
    await exploreRaces(race.races, ways, { ...race, seed, isJson: options.json === true });
    return;
  }
  const fromFile = extensionsOf(file);
  const memory = options.mem ?? fromFile.memBytes?.toString() ?? '256m';
  parseMemory(memory, '--mem');
  const scenario = scenarioOf(file, options, memory, fromFile);
  const asked = options.device === undefined ? undefined : [options.device];
  const usual = fromFile.device ?? 'seagate-st32171w';
  const [drives] = startingDrives(options.snapshot, asked, [usual]);
  const { name, title, profile, stack, saved } = drives;
  const way = findWay(options.way ?? fromFile.way ?? 'writepage');
  const layer = parseBlockLayer(
    profile,
    options.blockLayer,
    options.scheduler ?? fromFile.scheduler,
    options.elevatorSet,
    blockKernelFor(scenario, way.kernel),
  );
  const seed = parseSeed(options.seed);
  const result = await withProgress(1, (progress) =>
    runScenario(scenario, {
      profile,
      deviceName: name,
      stack,
      snapshot: saved?.snapshot,
      way,
      ...layer,
      seed,
      onStep: (nowNs) => progress.update(0, `${(nowNs / 1e9).toFixed(1)} s simulated`),
      onWork: (what, share) => progress.update(0, workText(what, share)),
    }),
  );
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ runs: [result] }, null, 2)}\n`);
  } else {
    process.stdout.write(
      `${scenario.title} on ${title}, ${layer.generation} ${layer.scheduler}\n` +
        `${comparisonTable([result])}\n${LEGEND}.\n\n${countersTable([result])}\n`,
    );
  }
  if (result.deadlock === undefined) return;
  process.stderr.write(`${result.deadlock}\n`);
  process.exitCode = 1;
}
