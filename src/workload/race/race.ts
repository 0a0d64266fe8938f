/**
 * A race: a few tasks on a small machine whose outcome depends on who runs when. The explorer runs
 * it again and again under different schedules; a circle of waits is an outcome, not an error.
 */

import { NullQueue } from '../../block/null-queue.ts';
import { EventQueue } from '../../sim/events.ts';
import { RandomStream } from '../../sim/random.ts';
import type { SchedulePolicy, Task } from '../../sim/task.ts';
import { DeadlockError } from '../../sim/wait-graph.ts';
import { MS, US } from '../../sim/units.ts';
import { Machine } from '../../mm/machine.ts';
import type { FileSystemKind } from '../../fs/registry.ts';
import type { PageoutWay } from '../../mm/pageout/way.ts';
import { defaultVmOptions } from '../../mm/vm-options.ts';

export interface Race {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Frames of the machine: small, so that schedules are short. */
  readonly pages: number;
  /** The file system; ext2 where it does not matter. */
  readonly fileSystem?: FileSystemKind;
  /** How long the disk takes for a bio, ns; 50 us where it does not matter. */
  readonly bioNs?: number;
  /** Fills memory and starts the tasks whose end ends the race. */
  start(machine: Machine): readonly Task[];
}

export interface Outcome {
  /** The report of the circle, or undefined when every task ended. */
  readonly deadlock: string | undefined;
  /** Orders of locks that another schedule could turn into a deadlock. */
  readonly inversions: readonly string[];
  /** Final iputs that reclaim ran. */
  readonly finalIputs: number;
  /** Inodes still held when their file system had been unmounted ("VFS: Busy inodes after unmount"). */
  readonly busyInodes: number;
  /** Times reclaim was refused an inode on its way out. */
  readonly refusals: number;
  /** Times a range was written, or a page used, of an inode on its way out that nothing held. */
  readonly unpinnedUses: number;
  /** Choices the schedule had to make. */
  readonly choices: number;
}

/** 256 MiB: two block groups. */
const DISK_SECTORS = 2 ** 19;
/** A race that has not ended by then has lost its way. */
const LIMIT_STEPS = 200_000;
/** Uses of the processor after which the exhaustive search lets time go on. */
const POLLS = 512;

/** Runs a race once, under a schedule. */
export function runRace(race: Race, way: PageoutWay, policy: SchedulePolicy): Outcome {
  let choices = 0;
  const events = new EventQueue(256);
  const queue = new NullQueue(events, race.bioNs ?? 50 * US, false, DISK_SECTORS);
  const options = {
    ...defaultVmOptions,
    kernel: way.kernel ?? defaultVmOptions.kernel,
    pages: race.pages,
    dirtyRatio: 95,
    dirtyBackgroundRatio: 90,
    fileSystem: race.fileSystem ?? 'ext2',
  };
  const machine = new Machine(events, queue, options, way);
  machine.memory.scheduler.policy = {
    choose: (count) => {
      choices++;
      return policy.choose(count);
    },
    delayNs: (ns) => policy.delayNs(ns),
  };
  const { graph, stat } = machine.memory;
  const outcome = (deadlock: string | undefined): Outcome => ({
    deadlock,
    inversions: graph.inversions,
    finalIputs: stat.reclaimFinalIputs,
    busyInodes: stat.busyInodes,
    refusals: stat.igrabRefused,
    unpinnedUses: stat.unpinnedUses,
    choices,
  });
  const tasks = race.start(machine);
  try {
    for (let steps = 0; tasks.some((task) => !task.isDone); steps++) {
      if (steps > LIMIT_STEPS || !events.step()) {
        const stuck = tasks.filter((task) => !task.isDone);
        return outcome(
          `no circle, but no end: ${stuck.map((t) => `${t.name} waits for ${t.waitingFor}`).join(', ')}`,
        );
      }
    }
  } catch (error) {
    if (error instanceof DeadlockError) return outcome(error.message);
    throw error;
  }
  return outcome(undefined);
}

/** A random schedule: any runnable task next, and every use of the processor lasts 0 to 2 x. */
export function randomSchedule(seed: number): SchedulePolicy {
  const stream = new RandomStream(seed, 'schedule');
  return {
    choose: (count) => stream.below(count),
    // Long waits are timers, and timers are punctual.
    delayNs: (ns) => (ns < 5 * MS ? ns * 2 * stream.uniform() + stream.below(20 * US) : ns),
  };
}

export interface Exploration {
  schedules: number;
  deadlocks: number;
  /** The first deadlock's report, and the seed or choices that lead to it. */
  first: string | undefined;
  firstAt: string | undefined;
  inversions: Set<string>;
  finalIputs: number;
  busyInodes: number;
  refusals: number;
  unpinnedUses: number;
}

function emptyExploration(): Exploration {
  return {
    schedules: 0,
    deadlocks: 0,
    first: undefined,
    firstAt: undefined,
    inversions: new Set(),
    finalIputs: 0,
    busyInodes: 0,
    refusals: 0,
    unpinnedUses: 0,
  };
}

function count(exploration: Exploration, outcome: Outcome, at: string): void {
  exploration.schedules++;
  exploration.finalIputs += outcome.finalIputs;
  exploration.busyInodes += outcome.busyInodes;
  exploration.refusals += outcome.refusals;
  exploration.unpinnedUses += outcome.unpinnedUses;
  for (const inversion of outcome.inversions) exploration.inversions.add(inversion);
  if (outcome.deadlock === undefined) return;
  exploration.deadlocks++;
  exploration.first ??= outcome.deadlock;
  exploration.firstAt ??= at;
}

/**
 * Runs `schedules` random schedules, seeds `firstSeed` upwards.
 * @param onStep called after each, for progress
 */
export function exploreRandomly(
  race: Race,
  way: PageoutWay,
  schedules: number,
  firstSeed: number,
  onStep: (done: number) => void = () => {},
): Exploration {
  const exploration = emptyExploration();
  for (let i = 0; i < schedules; i++) {
    const seed = (firstSeed + i) >>> 0;
    count(exploration, runRace(race, way, randomSchedule(seed)), `seed ${seed}`);
    onStep(i + 1);
  }
  return exploration;
}

/**
 * Runs every schedule that differs in its first `depth` choices between tasks that can run at the
 * same time (processor time is 0, so that they often can), first come first run after that.
 * @param limit schedules at most; `isComplete` says whether they were all
 */
export function exploreExhaustively(
  race: Race,
  way: PageoutWay,
  depth: number,
  limit: number,
): Exploration & { isComplete: boolean } {
  const exploration = emptyExploration();
  // The choices made so far and how many there were to choose from: counted up like an odometer.
  const picked: number[] = [];
  const widths: number[] = [];
  let isComplete = false;
  while (exploration.schedules < limit) {
    let at = 0;
    let uses = 0;
    const policy: SchedulePolicy = {
      choose: (width) => {
        if (at >= depth) return 0;
        if (at === picked.length) picked.push(0);
        widths[at] = width;
        return picked[at++];
      },
      // Now and then it takes its time: a task that polls must not stop the clock.
      delayNs: (ns) => (ns >= 5 * MS ? ns : ++uses % POLLS === 0 ? 100 * US : 0),
    };
    count(exploration, runRace(race, way, policy), `choices ${picked.join(' ')}`);
    let last = Math.min(at, picked.length) - 1;
    picked.length = last + 1;
    while (last >= 0 && picked[last] + 1 >= widths[last]) last--;
    if (last < 0) {
      isComplete = true;
      break;
    }
    picked.length = last + 1;
    picked[last]++;
  }
  return { ...exploration, isComplete };
}
