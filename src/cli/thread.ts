/** `disktime thread`: the claims of the thread of 2010, each held against runs. */

import { Command } from 'commander';
import { findGeneration, generationNames } from '../block/generation.ts';
import type { RunResult } from '../measure/run-result.ts';
import { findWay } from '../mm/pageout/registry.ts';
import {
  type Circumstance,
  type DeadlockCount,
  judgeThread,
  renderThread,
} from '../report/thread.ts';
import { MIB } from '../sim/units.ts';
import { exploreRandomly } from '../workload/race/race.ts';
import { findRace } from '../workload/race/registry.ts';
import { runScenario } from '../workload/run-scenario.ts';
import { loadScenario, type Scenario } from '../workload/scenario.ts';
import { ELEVATOR_SET, parseCount, parseBlockLayer, parseSeed } from './options.ts';
import { withProgress } from './progress.ts';
import { SNAPSHOT, startingDrives } from './snapshot.ts';

const DEVICES = ['seagate-st32171w', 'samsung-970pro'];
const WAYS = ['writepage', 'range', 'around', 'flusher', 'none', 'linux-2.6.34', 'linux-6.16'];
const SCENARIOS = ['S14', 'S15', 'S16', 'S17', 'sqlite-tar'];
const RACES: readonly (readonly [race: string, way: string])[] = [
  ['S19', 'range'],
  ['S19', 'around'],
  ['S19', 'flusher'],
  ['S19', 'none'],
  ['S19-linked', 'range'],
  ['S20', 'range'],
];

/** Under which S14 is run again, besides the usual: what is changed of it, or of the machine. */
interface CircumstanceSpec {
  readonly label: string;
  readonly scheduler?: string;
  readonly change: (scenario: Scenario) => Scenario;
}

const asIs = (scenario: Scenario) => scenario;

/** The same dirty file in more memory, the rest of it a clean stream's. */
function withMemory(mib: number): CircumstanceSpec {
  return {
    label: `memory ${mib}m`,
    change: (scenario) => ({
      ...scenario,
      memory: mib * MIB,
      cache: scenario.cache && {
        ...scenario.cache,
        files: scenario.cache.files.map((file) =>
          file.state === 'clean' ? { ...file, size: (mib - 40) * MIB } : file,
        ),
      },
      programs: [{ kind: 'allocate', size: (mib - 6) * MIB, order: 0, lowmem: false }],
    }),
  };
}

/** @param elevators of the block layer the drive has */
function circumstancesFor(elevators: readonly string[]): CircumstanceSpec[] {
  return [
    ...elevators.map((scheduler) => ({ label: `elevator ${scheduler}`, scheduler, change: asIs })),
    withMemory(128),
    withMemory(256),
    {
      label: 'dirty limits 20/10 %',
      change: (scenario) => ({
        ...scenario,
        vm: { ...scenario.vm, dirty_ratio: 20, dirty_background_ratio: 10 },
      }),
    },
  ];
}

const CIRCUMSTANCE_WAYS = ['writepage', 'range', 'around'];

interface ThreadOptions {
  device?: string[];
  blockLayer?: string;
  scheduler?: string;
  elevatorSet?: string[];
  schedules: string;
  seed: string;
  snapshot?: string;
  json?: boolean;
}

export function threadCommand(): Command {
  return new Command('thread')
    .description('the claims of the thread of June 2010, each held against runs')
    .option(
      '-d, --device <name...>',
      `drives, by name or profile path (default: ${DEVICES.join(', ')})`,
    )
    .option(
      '--block-layer <generation>',
      `kernel's block layer: ${generationNames().join(', ')} (default: 2.6.34, for flash 3.x)`,
    )
    .option('--scheduler <name>', 'IO scheduler (default: deadline or mq-deadline)')
    .option(ELEVATOR_SET.flags, ELEVATOR_SET.description)
    .option('-n, --schedules <n>', 'schedules to look for deadlocks in, a race', '1000')
    .option('--seed <n>', 'seed of every random stream', '1')
    .option(SNAPSHOT.flags, SNAPSHOT.description)
    .option('--json', 'print claims and runs as JSON')
    .action((options: ThreadOptions) => thread(options));
}

async function thread(options: ThreadOptions): Promise<void> {
  const seed = parseSeed(options.seed);
  const schedules = parseCount(options.schedules, '--schedules');
  const disks = startingDrives(options.snapshot, options.device, DEVICES).map(
    ({ name: deviceName, profile, stack, saved }) => ({
      deviceName,
      profile,
      stack,
      snapshot: saved?.snapshot,
    }),
  );
  const layers = disks.map(({ profile }) =>
    parseBlockLayer(profile, options.blockLayer, options.scheduler, options.elevatorSet),
  );
  const lifted = SCENARIOS.map((name) => loadScenario(name));
  const trace = loadScenario('sqlite-tar');
  const defaults: Scenario = {
    ...trace,
    name: 'sqlite-tar, default limits',
    vm: { ...trace.vm, dirty_ratio: 20, dirty_background_ratio: 10 },
  };
  const cases = [...lifted, defaults].flatMap((scenario) =>
    disks.flatMap((disk, i) =>
      WAYS.map((way) => ({ scenario, disk, layer: layers[i], way: findWay(way) })),
    ),
  );
  const [randomTail] = lifted;
  const others = disks.flatMap((disk, i) =>
    circumstancesFor(findGeneration(layers[i].generation).elevators).map((spec) => ({
      spec,
      disk,
      layer: { ...layers[i], scheduler: spec.scheduler ?? layers[i].scheduler },
      scenario: spec.change(randomTail),
    })),
  );
  const steps = cases.length + RACES.length + others.length;
  const { runs, races, circumstances } = await withProgress(steps, (progress) => ({
    runs: cases.map(({ scenario, disk, layer, way }, i) => {
      progress.update(i, `${scenario.name} ${disk.deviceName} ${way.name}`);
      return runScenario(scenario, { ...disk, way, ...layer, seed });
    }),
    races: RACES.map(([race, way], i): DeadlockCount => {
      progress.update(cases.length + i, `${race} ${way}`);
      const found = exploreRandomly(findRace(race), findWay(way), schedules, seed);
      return { race, way, deadlocks: found.deadlocks, schedules: found.schedules };
    }),
    circumstances: others.map(({ spec, disk, layer, scenario }, i): Circumstance => {
      progress.update(cases.length + RACES.length + i, `S14 ${disk.deviceName} ${spec.label}`);
      const found = CIRCUMSTANCE_WAYS.map((way) =>
        runScenario(scenario, { ...disk, way: findWay(way), ...layer, seed }),
      );
      return {
        device: disk.deviceName,
        label: spec.label,
        find: (way) => found[CIRCUMSTANCE_WAYS.indexOf(way)],
      };
    }),
  }));
  const finder = (suffix: string) => (scenario: string, device: string, way: string) =>
    runs.find(
      (run) => run.scenario === scenario + suffix && run.device === device && run.way === way,
    ) as RunResult;
  const claims = judgeThread({
    devices: disks.map(({ deviceName }) => deviceName),
    find: finder(''),
    defaults: finder(', default limits'),
    races,
    ways: WAYS,
    circumstances,
  });
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ claims, races, runs }, null, 2)}\n`
      : renderThread(claims),
  );
}
