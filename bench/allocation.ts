/**
 * What an operation allocates: `npm run bench:allocation`.
 *
 *   npm run bench:allocation -- [--suite NAME] [--requests N] [--no-inlining]
 *
 * Each case runs in a process of its own, for 10^7 operations by default. V8's heap statistics are read
 * every few thousand of them: what the heap has grown by since is what was allocated, garbage included. A
 * stretch in which it shrank, because garbage was collected, does not count.
 *
 * Exit status 1 when a suite that says it allocates nothing has a case above half a byte an operation, in
 * the middle stretch, for the mean counts code that was compiled late: one boxed number in 32 operations is as
 * much. `--no-inlining` lets V8 inline nothing, so that every number
 * which crosses a call shows (docs/HOT-PATH.md); then nothing fails, for `submit` and `complete` cross.
 */

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { renderTable } from '../src/report/table.ts';
import { block } from './suites/block.ts';
import { flashRequests, rotationalRequests } from './suites/device-requests.ts';
import { eventHeap } from './suites/event-heap.ts';
import { choose } from './suites/suite.ts';

const suites = [eventHeap, rotationalRequests, flashRequests, block];
/** The young generation is so large that little is collected meanwhile. */
const HEAP = ['--min-semi-space-size=128', '--max-semi-space-size=128'];
/** Operations until code is compiled and tables have their size. */
const WARM_UP = 1_000_000;
/** Operations between two looks at the heap. */
const STRETCH = 65_536;
/** More than this is allocating, bytes an operation. */
const NOTHING = 0.5;

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    requests: { type: 'string', default: '10000000' },
    'no-inlining': { type: 'boolean', default: false },
    /** In a process of its own: suite and case, counted from 0. */
    case: { type: 'string' },
  },
});
const requests = Number(values.requests);
if (!(requests > 0))
  throw new RangeError(`--requests ${values.requests}: expected a number above 0`);

/** Bytes allocated by an operation: over all stretches, and in the middle one of them. */
type Allocated = readonly [mean: number, median: number];

/** Runs one case. */
function bytesOf(suite: number, index: number): Allocated {
  const one = suites[suite].make()[index];
  const run = (count: number): number => {
    let done = 0;
    for (; done < count; done += one.operations) one.run();
    return done;
  };
  // A queue that has only ever had one handler would be compiled as if there were no other.
  eventHeap.make()[0].run();
  run(WARM_UP);
  let grownBytes = 0;
  let counted = 0;
  const stretches: number[] = [];
  for (let done = 0; done < requests;) {
    const before = getHeapStatistics().used_heap_size;
    const stretch = run(Math.min(STRETCH, requests));
    const grown = getHeapStatistics().used_heap_size - before;
    done += stretch;
    if (grown < 0) continue;
    grownBytes += grown;
    counted += stretch;
    stretches.push(grown / stretch);
  }
  stretches.sort((a, b) => a - b);
  return [grownBytes / counted, stretches[Math.floor(stretches.length / 2)]];
}

function inProcess(suite: number, index: number): Allocated {
  const child = ['--import', 'tsx', import.meta.filename];
  const v8 = values['no-inlining'] ? [...HEAP, '--no-turbo-inlining'] : HEAP;
  const args = [...v8, ...child, '--requests', values.requests, '--case', `${suite}:${index}`];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Allocated;
}

function measureAll(): void {
  const rows: string[][] = [];
  for (const suite of choose(suites, values.suite)) {
    suite.make().forEach(({ name }, i) => {
      process.stderr.write(`${suite.name}: ${name}\n`);
      const [bytes, median] = inProcess(suites.indexOf(suite), i);
      const isTooMuch = median > NOTHING && suite.allocatesNothing === true;
      if (isTooMuch && !values['no-inlining']) process.exitCode = 1;
      rows.push([suite.name, name, bytes.toFixed(3), isTooMuch ? 'expected 0' : '']);
    });
  }
  process.stdout.write(`${renderTable(['suite', 'operation', 'bytes/operation', ''], rows)}\n`);
}

if (values.case === undefined) measureAll();
else {
  const [suite, index] = values.case.split(':').map(Number);
  process.stdout.write(JSON.stringify(bytesOf(suite, index)));
}
