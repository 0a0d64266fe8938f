/** The flash drives' cells, simulated, and the document that shows them. */

import { loadProfile } from '../../src/device/registry.ts';
import { runDirectLoop } from '../../src/workload/bare/direct-loop.ts';
import { allCells, type Cell, type Figure } from './ssd-cells.ts';
import { matrixPart } from './ssd-matrix.ts';
import { missReason } from './ssd-misses.ts';
import { roundsPart } from './ssd-rounds.ts';

/** One figure of one cell. */
export interface Result {
  readonly cell: Cell;
  readonly figure: Figure;
  readonly measured: number;
  readonly simulated: number;
  /** simulated / measured - 1. */
  readonly error: number;
  readonly holds: boolean;
  /** Why it is known to miss, if it is. */
  readonly reason: string | undefined;
}

const REQUESTS = 20_000;

export const describe = (cell: Cell): string =>
  `${cell.profile} ${cell.write ? 'write' : 'read'} at ${cell.outstanding}`;

/** Runs a cell and compares each of its figures. */
export function runCell(cell: Cell): Result[] {
  const { write, outstanding, hostUs } = cell;
  const got = runDirectLoop(loadProfile(cell.profile), {
    write,
    outstanding,
    hostUs,
    requests: REQUESTS,
  });
  return (Object.entries(cell.measured) as [Figure, number][]).map(([figure, measured]) => {
    const simulated = got[figure];
    const error = simulated / measured - 1;
    const holds = Math.abs(error) <= cell.tolerance;
    return { cell, figure, measured, simulated, error, holds, reason: missReason(cell, figure) };
  });
}

const round = (x: number): string => (x >= 1000 ? x.toFixed(0) : x.toFixed(1));
const percent = (x: number): string => `${x >= 0 ? '+' : '-'}${Math.abs(100 * x).toFixed(1)} %`;

/** docs/VALIDATION-SSD.md, from a fresh run of every cell. */
export function validationDocument(): string {
  const results = allCells().flatMap(runCell);
  const line = ({ cell, figure, measured, simulated, error, holds }: Result): string =>
    `| ${cell.profile} | ${cell.write ? 'write' : 'read'} | ${cell.outstanding} | ` +
    `${figure.replace('_us', ', us').replace('iops', 'IOPS')} | ${round(measured)} | ` +
    `${round(simulated)} | ${percent(error)} | ${holds ? 'yes' : 'no'} | ${cell.source} |`;
  const misses = results.filter((result) => !result.holds);
  const reasons = [...new Set(misses.map((miss) => miss.reason ?? 'not explained'))];
  return `# Flash drives against measurements

Written by \`npx tsx test/validation/ssd-document.ts\`; a test holds it to what the models do now.

4 KiB random loops on the bare device (\`src/workload/bare/direct-loop.ts\`), every sector of the drive
written once in order before, no collection yet. A cell holds when reads are within 10 % and writes
within 15 %. The timings of the profiles are fitted to rows of the same files (their \`sources\` say
which number to which), so depth 1 and the rate at the greatest depth are fits; what lies between
follows from the model.

${results.length - misses.length} of ${results.length} figures hold.

| drive | op | outstanding | figure | measured | simulated | error | holds | measured in |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${results.map(line).join('\n')}

## What misses, and why

${reasons
  .map((reason) => {
    const of = misses.filter((miss) => (miss.reason ?? 'not explained') === reason);
    const cells = of.map((m) => `${describe(m.cell)} (${m.figure} ${percent(m.error)})`);
    return `- ${reason}\n\n  ${[...new Set(cells)].join('; ')}.`;
  })
  .join('\n\n')}

${matrixPart()}
${roundsPart()}## Held by test beside these cells

\`test/validation/ssd-drives.test.ts\`, on drives shrunk in proportion (\`src/tune/shrunk.ts\`) where a steady
state is needed:

- 860 PRO, 4 KiB random writes at depth 1 with the write cache on and off: 42.5 times, within 15 %.
- 850 PRO, random writes at depth 32, full to clean: 0.12 to 0.20 (measured 0.16; fitted).
- Micron 7300 PRO, random writes in steady state: 70 to 77 k IOPS within 15 % (fitted), reached at 128
  outstanding; three read modes, a third each, within 10 %; reads next to an fsync writer, mostly empty
  and in steady state: p50 and p99 within 25 %, p99.9 within a factor of 1.5 (steady: p50 +12 %, p99
  -13 %, p99.9 1.22 times). The writer's rate is not published: both states hold at 12.6 k writes and
  flushes a second, which was chosen for that; in steady state p50 is 164 us (+58 %) at 14 k, and p99
  1.2 ms (-48 %) at 11.6 k. Of p90 and p95 nothing is published for these runs: the
  model's are 165 and 185 us mostly empty, 336 and 385 us in steady state.
- Agrawal's drive: one page read and written, exactly.
`;
}
