/**
 * `npm run bench`: the micro-benchmarks of the hot paths.
 *
 *   npm run bench -- [--smoke] [--suite NAME]
 *
 * A new suite is one file and one line in the list below.
 */

import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { InputError } from '../../src/sim/input-error.ts';
import { flashRequests, rotationalRequests } from './device-requests.ts';
import { block } from './block.ts';
import { eventHeap } from './event-heap.ts';
import { fioStream } from './fio-stream.ts';
import { pageReclaim } from './page-reclaim.ts';
import { straceReader } from './strace-reader.ts';
import { choose, time, type Suite, type Timing } from './suite.ts';

const suites: readonly Suite[] = [
  block,
  eventHeap,
  rotationalRequests,
  flashRequests,
  pageReclaim,
  fioStream,
  straceReader,
];

/** Sampling time a case, seconds; the smoke run only shows that every suite still runs. */
const FULL_SECONDS = 2;
const SMOKE_SECONDS = 0.15;

function print(timings: readonly Timing[], heapPairs: number): void {
  const table = new Table({
    head: ['suite', 'operation', 'operations/s', '±', 'heap pairs/operation'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { suite, name, operationsPerSecond, marginPercent } of timings) {
    table.push([
      suite,
      name,
      Math.round(operationsPerSecond).toLocaleString('en'),
      `${marginPercent.toFixed(1)} %`,
      (heapPairs / operationsPerSecond).toFixed(2),
    ]);
  }
  console.log(table.toString());
  console.log(
    `One heap pair is one push and one pop at 64 pending events: ` +
      `${Math.round(heapPairs).toLocaleString('en')}/s in this run.`,
  );
}

function main(): void {
  const { values } = parseArgs({
    options: { smoke: { type: 'boolean', default: false }, suite: { type: 'string' } },
  });
  const seconds = values.smoke ? SMOKE_SECONDS : FULL_SECONDS;
  const wanted = choose(suites, values.suite);
  // The yardstick is always timed first, in the same process as what is held against it.
  const yardstick = time(eventHeap, eventHeap.make()[0], seconds);
  const timings = wanted.flatMap((suite) => suite.make().map((one) => time(suite, one, seconds)));
  print(timings, yardstick.operationsPerSecond);
}

try {
  main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
