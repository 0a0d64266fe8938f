/**
 * `disktime compare`: the main job. Drives x ways of writing out x scenarios, one table a scenario
 * and drive, and one plain sentence on who wins.
 */

import { Command } from 'commander';
import { generationNames } from '../block/generation.ts';
import type { RunResult } from '../measure/run-result.ts';
import { findWay, pageoutWays } from '../mm/pageout/registry.ts';
import type { PageoutWay } from '../mm/pageout/way.ts';
import { comparisonTable, LEGEND, verdict } from '../report/comparison.ts';
import { countersTable } from '../report/counters.ts';
import { runScenario } from '../workload/run-scenario.ts';
import { blockKernelFor, loadScenario, type Scenario } from '../workload/scenario.ts';
import { type BlockLayer, ELEVATOR_SET, parseBlockLayer, parseSeed } from './options.ts';
import { type Progress, withProgress, workText } from './progress.ts';
import { SNAPSHOT, type StartingDrives, startingDrives } from './snapshot.ts';

const DEFAULT_DEVICES = ['seagate-st32171w', 'samsung-970pro'];
/** One of each kind. */
const DEFAULT_WAYS = ['writepage', 'range', 'around', 'flusher', 'none'];
const DEFAULT_SCENARIOS = ['S14', 'S15', 'sqlite-tar'];

interface CompareOptions {
  device?: string[];
  way: string[];
  scenario: string[];
  blockLayer?: string;
  scheduler?: string;
  elevatorSet?: string[];
  seed: string;
  snapshot?: string;
  counters?: boolean;
  json?: boolean;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('compare ways of writing out: drives x ways x scenarios (the main job)')
    .option(
      '-d, --device <name...>',
      'drives, by name or profile path, or several as one: raid0:4xNAME:64k ' +
        `(default: ${DEFAULT_DEVICES.join(', ')})`,
    )
    .option(
      '-w, --way <name...>',
      `ways of writing out: ${[...pageoutWays.keys()].join(', ')}`,
      DEFAULT_WAYS,
    )
    .option('-s, --scenario <name...>', 'scenarios, by name or path', DEFAULT_SCENARIOS)
    .option(
      '--block-layer <generation>',
      `kernel's block layer: ${generationNames().join(', ')} (default: 2.6.34, for flash 3.x)`,
    )
    .option('--scheduler <name>', 'IO scheduler (default: deadline or mq-deadline)')
    .option(ELEVATOR_SET.flags, ELEVATOR_SET.description)
    .option('--seed <n>', 'seed of every random stream, 0..4294967295', '1')
    .option(SNAPSHOT.flags, SNAPSHOT.description)
    .option('--counters', "print the runs' counters too, under their ftrace and vmstat names")
    .option('--json', 'print the runs as JSON')
    .action(async (options: CompareOptions) => {
      await compare(options);
    });
}

async function compare(options: CompareOptions): Promise<void> {
  // Everything named is looked up before anything runs.
  const seed = parseSeed(options.seed);
  const { snapshot, device, blockLayer, scheduler, elevatorSet } = options;
  const drives = startingDrives(snapshot, device, DEFAULT_DEVICES).map((drives) => {
    const layerOf = (way: PageoutWay, scenario: Scenario) => {
      const kernel = blockKernelFor(scenario, way.kernel);
      return parseBlockLayer(drives.profile, blockLayer, scheduler, elevatorSet, kernel);
    };
    return { drives, layerOf };
  });
  const ways = options.way.map((name) => findWay(name));
  const scenarios = options.scenario.map((name) => loadScenario(name));

  const groups: RunGroup[] = scenarios.flatMap((scenario) =>
    drives.map((drive) => ({ scenario, ...drive, runs: [] })),
  );
  const total = groups.length * ways.length;
  const isComplete = await withProgress(total, (progress) => runAll(groups, ways, seed, progress));
  const runs = groups.flatMap((group) => group.runs);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ runs }, null, 2)}\n`);
  else printGroups(groups, ways.length, options.counters === true);
  if (isComplete) return;
  process.stderr.write(`interrupted: ${runs.length} of ${total} runs are above\n`);
  process.exitCode = 130;
}

/** The runs of one scenario on one drive. */
interface RunGroup {
  readonly scenario: Scenario;
  readonly drives: StartingDrives;
  /** The block layer a way runs on: its own kernel's, if it belongs to one. */
  readonly layerOf: (way: PageoutWay, scenario: Scenario) => BlockLayer;
  readonly runs: RunResult[];
}

/** Runs everything, filling the groups; false when a person interrupted it. */
async function runAll(
  groups: readonly RunGroup[],
  ways: readonly PageoutWay[],
  seed: number,
  progress: Progress,
): Promise<boolean> {
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  let done = 0;
  for (const { scenario, drives, layerOf, runs } of groups) {
    const { name: deviceName, profile, stack, saved } = drives;
    const disk = { profile, deviceName, stack, snapshot: saved?.snapshot };
    for (const way of ways) {
      const what = `${scenario.name} ${deviceName} ${way.name}`;
      progress.update(done, what);
      const onStep = (nowNs: number) =>
        progress.update(done, `${what}, ${(nowNs / 1e9).toFixed(1)} s simulated`);
      const onWork = (work: string, share: number) =>
        progress.update(done, `${what}, ${workText(work, share)}`);
      const layer = layerOf(way, scenario);
      runs.push(runScenario(scenario, { ...disk, way, ...layer, seed, onStep, onWork }));
      done++;
      // Lets an interrupt be seen between two runs.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (isInterrupted) return false;
    }
  }
  process.removeListener('SIGINT', interrupt);
  return true;
}

function printGroups(groups: readonly RunGroup[], ways: number, withCounters: boolean): void {
  for (const { scenario, drives, runs } of groups) {
    if (runs.length === 0) continue;
    const layers = new Set(runs.map((run) => `${run.block_layer} ${run.scheduler}`));
    const heading = `${scenario.name}: ${scenario.title}\n${drives.title}, ${[...layers].join(', ')}`;
    process.stdout.write(`\n${heading}\n${comparisonTable(runs)}\n`);
    if (withCounters) process.stdout.write(`${countersTable(runs)}\n`);
    for (const { way, deadlock } of runs) {
      if (deadlock !== undefined) process.stdout.write(`${way}: ${deadlock}\n`);
    }
    if (runs.length === ways) process.stdout.write(`${verdict(runs)}\n`);
  }
  process.stdout.write(`\n${LEGEND}.\n`);
}
