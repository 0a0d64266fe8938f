/**
 * `disktime compare`: the main job. Drives x ways of writing out x scenarios, one table a scenario
 * and drive, and one plain sentence on who wins.
 */

import { Command } from 'commander';
import { loadProfile } from '../device/registry.ts';
import { elevatorNames } from '../block/elevator/registry.ts';
import type { RunResult } from '../measure/run-result.ts';
import { findWay, pageoutWays } from '../mm/pageout/registry.ts';
import { comparisonTable, LEGEND, verdict } from '../report/comparison.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { runScenario } from '../workload/run-scenario.ts';
import { loadScenario } from '../workload/scenario.ts';
import { startProgress } from './progress.ts';

const DEFAULT_DEVICES = ['seagate-st32171w', 'samsung-970pro'];
/** One of each kind. */
const DEFAULT_WAYS = ['writepage', 'range', 'around', 'flusher', 'none'];
const DEFAULT_SCENARIOS = ['S14', 'S15', 'sqlite-tar'];

interface CompareOptions {
  device: string[];
  way: string[];
  scenario: string[];
  scheduler: string;
  seed: string;
  json?: boolean;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('compare ways of writing out: drives x ways x scenarios (the main job)')
    .option('-d, --device <name...>', 'drives, by name or profile path', DEFAULT_DEVICES)
    .option(
      '-w, --way <name...>',
      `ways of writing out: ${[...pageoutWays.keys()].join(', ')}`,
      DEFAULT_WAYS,
    )
    .option('-s, --scenario <name...>', 'scenarios, by name or path', DEFAULT_SCENARIOS)
    .option('--scheduler <name>', 'IO scheduler', 'deadline')
    .option('--seed <n>', 'seed of every random stream, 0..4294967295', '1')
    .option('--json', 'print the runs as JSON')
    .action(async (options: CompareOptions) => {
      await compare(options);
    });
}

/**
 * A seed from the command line.
 * @throws InputError
 */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= 0xffffffff) return seed;
  throw new InputError(`--seed: "${text}" is not a seed; expected a whole number, 0 to 4294967295`);
}

/**
 * A scheduler's name, checked.
 * @throws InputError with the nearest name
 */
export function checkScheduler(name: string): string {
  const names = elevatorNames();
  if (names.includes(name)) return name;
  throw new InputError(
    `--scheduler: no IO scheduler is called "${name}"${nearestHint(name, names)}`,
  );
}

async function compare(options: CompareOptions): Promise<void> {
  // Everything named is looked up before anything runs.
  const seed = parseSeed(options.seed);
  const scheduler = checkScheduler(options.scheduler);
  const profiles = options.device.map((name) => loadProfile(name));
  const ways = options.way.map((name) => findWay(name));
  const scenarios = options.scenario.map((name) => loadScenario(name));

  const runs: RunResult[] = [];
  const total = profiles.length * ways.length * scenarios.length;
  const progress = startProgress(total);
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  for (const scenario of scenarios) {
    for (const profile of profiles) {
      const group: RunResult[] = [];
      for (const way of ways) {
        if (isInterrupted) break;
        const what = `${scenario.name} ${profile.name} ${way.name}`;
        progress.update(runs.length, what);
        group.push(
          runScenario(scenario, {
            profile,
            way,
            scheduler,
            seed,
            onStep: (nowNs) =>
              progress.update(runs.length, `${what}, ${(nowNs / 1e9).toFixed(1)} s simulated`),
          }),
        );
        runs.push(group[group.length - 1]);
        // Lets an interrupt be seen between two runs.
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      if (options.json !== true && group.length > 0) {
        const heading = `${scenario.name}: ${scenario.title}\n${profile.title}, ${scheduler}`;
        process.stdout.write(`\n${heading}\n${comparisonTable(group)}\n`);
        if (group.length === ways.length) process.stdout.write(`${verdict(group)}\n`);
      }
    }
  }
  progress.stop();
  process.removeListener('SIGINT', interrupt);
  if (options.json === true) process.stdout.write(`${JSON.stringify({ runs }, null, 2)}\n`);
  else process.stdout.write(`\n${LEGEND}.\n`);
  if (isInterrupted) {
    process.stderr.write(`interrupted: ${runs.length} of ${total} runs are above\n`);
    process.exitCode = 130;
  }
}
