/** `disktime explore`: runs a race under many schedules, and prints the circle if one closes. */

import { Command } from 'commander';
import { findWay, pageoutWays } from '../mm/pageout/registry.ts';
import type { PageoutWay } from '../mm/pageout/way.ts';
import { renderTable } from '../report/table.ts';
import { exploreExhaustively, exploreRandomly } from '../workload/race/race.ts';
import { findRace, races } from '../workload/race/registry.ts';
import { parseCount, parseSeed } from './options.ts';
import { withProgress } from './progress.ts';

const HEADINGS = [
  'race',
  'way',
  'random deadlocks',
  'exhaustive',
  'lock order warnings',
  'busy inodes',
  'igrab refused',
];

interface ExploreOptions {
  way: string[];
  schedules: string;
  depth: string;
  seed: string;
  json?: boolean;
}

export function exploreCommand(): Command {
  return new Command('explore')
    .description('look for deadlocks: run a race under many schedules')
    .argument('[race...]', `races: ${[...races.keys()].join(', ')}`, [...races.keys()])
    .option('-w, --way <name...>', 'ways of writing out', [...pageoutWays.keys()])
    .option('-n, --schedules <n>', 'random schedules, and at most so many exhaustive ones', '1000')
    .option('--depth <n>', 'choices that the exhaustive search varies', '10')
    .option('--seed <n>', 'first seed', '1')
    .option('--json', 'print the findings as JSON')
    .action((names: string[], options: ExploreOptions) => explore(names, options));
}

async function explore(names: readonly string[], options: ExploreOptions): Promise<void> {
  const schedules = parseCount(options.schedules, '--schedules');
  const depth = parseCount(options.depth, '--depth');
  const seed = parseSeed(options.seed);
  const ways = options.way.map((name) => findWay(name));
  await exploreRaces(names, ways, { schedules, depth, seed, isJson: options.json === true });
}

/** How far to look, and how to say what was found. */
export interface Search {
  /** Random schedules, and at most so many exhaustive ones. */
  schedules: number;
  depth: number;
  seed: number;
  isJson: boolean;
}

/** Runs races, by name, under many schedules, and prints what came of them. */
export async function exploreRaces(
  names: readonly string[],
  ways: readonly PageoutWay[],
  { schedules, depth, seed, isJson }: Search,
): Promise<void> {
  const cases = names.flatMap((name) => ways.map((way) => ({ race: findRace(name), way })));
  const findings = await withProgress(cases.length, (progress) =>
    cases.map(({ race, way }, i) => {
      const random = exploreRandomly(race, way, schedules, seed, (done) => {
        if (done % 256 === 0) progress.update(i, `${race.name} ${way.name}: ${done} schedules`);
      });
      const all = exploreExhaustively(race, way, depth, schedules);
      return { race, way, random, all };
    }),
  );
  if (isJson) {
    const rows = findings.map(({ race, way, random, all }) => ({
      race: race.name,
      way: way.name,
      random_schedules: random.schedules,
      random_deadlocks: random.deadlocks,
      exhaustive_schedules: all.schedules,
      exhaustive_is_complete: all.isComplete,
      exhaustive_deadlocks: all.deadlocks,
      first: random.first ?? all.first ?? null,
      first_at: random.firstAt ?? all.firstAt ?? null,
      random_final_iputs: random.finalIputs,
      random_busy_inodes: random.busyInodes,
      random_igrab_refused: random.refusals,
      possible_inversions: [...new Set([...random.inversions, ...all.inversions])],
    }));
    process.stdout.write(`${JSON.stringify({ races: rows }, null, 2)}\n`);
    return;
  }
  const rows = findings.map(({ race, way, random, all }) => [
    race.name,
    way.name,
    `${random.deadlocks} of ${random.schedules}`,
    `${all.deadlocks} of ${all.schedules}${all.isComplete ? ', all' : ''}`,
    `${new Set([...random.inversions, ...all.inversions]).size}`,
    `${random.busyInodes + all.busyInodes}`,
    `${random.refusals + all.refusals}`,
  ]);
  process.stdout.write(`${renderTable(HEADINGS, rows)}\n`);
  for (const { race, way, random, all } of findings) {
    const first = random.first ?? all.first;
    if (first === undefined) continue;
    process.stdout.write(
      `\n${race.name} under ${way.name}, ${random.firstAt ?? all.firstAt}: ${race.summary}\n${first}\n`,
    );
    for (const inversion of random.inversions) process.stdout.write(`${inversion}\n`);
  }
}
