/**
 * What a request allocates: `npm run bench:allocation`, or with `-- --requests N` (10^7 by default).
 *
 * Each case runs in a process of its own whose young generation is so large that nothing is collected
 * meanwhile: what the heap has grown by is all that was allocated, garbage included.
 */

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { renderTable } from '../src/report/table.ts';
import { block } from './suites/block.ts';
import { flashRequests, rotationalRequests } from './suites/device-requests.ts';

const suites = [rotationalRequests, flashRequests, block];
const HEAP = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];
/** Until code is compiled and tables have their size. */
const WARM_UP = 300_000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000000' },
    /** In a process of its own: suite and case, counted from 0. */
    case: { type: 'string' },
  },
});
const requests = Number(values.requests);

/** Bytes on the heap after `gc` has run. */
function measure(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Runs one case. @returns bytes allocated by a request */
function bytesOf(suite: number, index: number): number {
  const one = suites[suite].make()[index];
  const run = (count: number): number => {
    let done = 0;
    for (; done < count; done += one.operations) one.run();
    return done;
  };
  run(WARM_UP);
  const before = measure();
  const done = run(requests);
  return (process.memoryUsage().heapUsed - before) / done;
}

function inProcess(suite: number, index: number): string {
  const child = ['--import', 'tsx', import.meta.filename];
  const args = [...HEAP, ...child, '--requests', values.requests, '--case', `${suite}:${index}`];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

if (values.case === undefined) {
  const rows = suites.flatMap((suite, s) =>
    suite.make().map(({ name }, i) => {
      process.stderr.write(`${suite.name}: ${name}\n`);
      return [suite.name, name, inProcess(s, i)];
    }),
  );
  process.stdout.write(`${renderTable(['suite', 'operation', 'bytes/operation'], rows)}\n`);
} else {
  const [suite, index] = values.case.split(':').map(Number);
  process.stdout.write(bytesOf(suite, index).toFixed(3));
}
