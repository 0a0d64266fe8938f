/**
 * The frame of the micro-benchmarks: what a suite is, and how it is timed.
 *
 * A figure in operations per second says little about another machine. So every run first times the
 * event heap, and every other figure stands beside it as "heap pairs per operation": what one
 * operation costs in units of one push and one pop, which is much the same wherever it is run.
 */

import Benchmark from 'benchmark';
import { InputError, nearestHint } from '../../src/sim/input-error.ts';

/** One thing to be timed. */
export interface Case {
  /** What one operation is, in a few words. */
  readonly name: string;
  /** How many operations one call of `run` performs. */
  readonly operations: number;
  run(): void;
}

/** One file's cases; made only when they are run, since making a drive may take a while. */
export interface Suite {
  readonly name: string;
  /** `npm run bench:allocation` fails when one of the cases does allocate. */
  readonly allocatesNothing?: boolean;
  make(): Case[];
}

/**
 * The suite of that name, or all of them.
 * @throws InputError with the nearest name
 */
export function choose(suites: readonly Suite[], name: string | undefined): readonly Suite[] {
  if (name === undefined) return suites;
  const match = suites.find((suite) => suite.name === name);
  if (match !== undefined) return [match];
  const names = suites.map((suite) => suite.name);
  throw new InputError(`--suite: there is no suite "${name}"${nearestHint(name, names)}`);
}

export interface Timing {
  suite: string;
  name: string;
  operationsPerSecond: number;
  /** Relative margin of error of the mean (95 %), percent. */
  marginPercent: number;
}

/** Run before a case is sampled: until then code is not compiled, and memory not given by the system. */
const WARM_UP_MS = 400;

/**
 * Times one case.
 * @param seconds how long to sample it
 */
export function time(suite: Suite, one: Case, seconds: number): Timing {
  const warm = performance.now() + Math.min(WARM_UP_MS, seconds * 1000);
  while (performance.now() < warm) one.run();
  const benchmark = new Benchmark(
    one.name,
    () => {
      one.run();
    },
    { maxTime: seconds, minSamples: 5 },
  );
  benchmark.run();
  // benchmark.js keeps what a case threw, and does not throw it on.
  const { error } = benchmark as unknown as { error?: unknown };
  if (error !== undefined) throw error;
  return {
    suite: suite.name,
    name: one.name,
    operationsPerSecond: benchmark.hz * one.operations,
    marginPercent: benchmark.stats.rme,
  };
}
