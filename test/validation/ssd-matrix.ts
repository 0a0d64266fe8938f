/**
 * A whole fio matrix of random writes on one drive, cell after cell, as fio-plot's bench-fio runs it: all
 * numbers of jobs for one iodepth before the next, 60 s each, and fio's `randrepeat` (on by default), by
 * which a job's places are the same in every cell. What one cell overwrites was written together in an
 * earlier one, so that it goes stale together: collection costs less as the matrix goes on.
 *
 * On a drive shrunk in proportion, in time as in size. Run as a program it prints how each of several
 * regions and earlier uses fits: `npx tsx test/validation/ssd-matrix.ts`.
 */

import { loadProfile } from '../../src/device/registry.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { SECOND } from '../../src/sim/units.ts';
import { shrunk } from '../../src/tune/shrunk.ts';
import { at, loopsOnOneDrive } from './loops-on-one-drive.ts';
import { writeMatrix } from './ssd-cells.ts';

const STEPS = [1, 2, 4, 8, 16, 32, 64];
const CELL_SECONDS = 60;
/** Host time from a completion to the next submission, us: 1/IOPS - mean clat of cell 1 x 1. */
const HOST_NS = 12_600;

export interface MatrixStart {
  /** Share of the drive that is written to; the rest was written once before. */
  readonly region: number;
  /** Units written at random in it before the first cell, as a share of the drive. */
  readonly earlier: number;
  /** Whether a job's places are the same in every cell. */
  readonly isRepeated: boolean;
  /** Divides capacity and time. */
  readonly shrinkBy: number;
}

export interface MatrixCell {
  readonly iodepth: number;
  readonly jobs: number;
  readonly iops: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

/** Runs all 49 cells on one drive. */
export function runMatrix(name: string, start: MatrixStart): MatrixCell[] {
  const profile = shrunk(loadProfile(name) as SsdProfile, 1, start.shrinkBy);
  const most = STEPS[STEPS.length - 1] ** 2;
  const drive = loopsOnOneDrive(profile, most, HOST_NS);
  const write = { write: true, places: Math.floor(drive.units * start.region) };
  drive.run({
    ...write,
    outstanding: 32,
    jobs: [new RandomStream(1, 'earlier')],
    requests: Math.round(start.earlier * drive.units),
    forNs: Infinity,
  });
  return STEPS.flatMap((iodepth) =>
    STEPS.map((jobs) => {
      const seed = start.isRepeated ? 1 : iodepth * most + jobs;
      const cell = drive.run({
        ...write,
        outstanding: iodepth * jobs,
        jobs: Array.from({ length: jobs }, (_, job) => new RandomStream(seed, `job${job}`)),
        requests: Infinity,
        forNs: (CELL_SECONDS * SECOND) / start.shrinkBy,
      });
      return { iodepth, jobs, iops: cell.iops, p50_us: at(cell, 0.5), p99_us: at(cell, 0.99) };
    }),
  );
}

/**
 * Of the 860 PRO: the region by the rows of iodepth 2 and more, the earlier use by cell 1 x 2, in which
 * the first stalls were measured (0.5 % of its writes; none in 1 x 1). Cells 1 x 4 to 1 x 64 are predicted.
 */
export const PRO_860: MatrixStart = {
  region: 0.36,
  earlier: 0.056,
  isRepeated: true,
  shrinkBy: 32,
};

/** Root mean square of ln(simulated / measured) over the cells asked for. */
export function rmsOff(
  cells: readonly MatrixCell[],
  measured: ReadonlyMap<string, number>,
  isAsked: (cell: MatrixCell) => boolean,
): number {
  const asked = cells.filter(isAsked);
  const squares = asked.map(
    (cell) => Math.log(cell.iops / measured.get(`${cell.iodepth}x${cell.jobs}`)!) ** 2,
  );
  return Math.sqrt(squares.reduce((a, b) => a + b, 0) / asked.length);
}

/** The part of docs/VALIDATION-SSD.md. */
export function matrixPart(): string {
  const measured = writeMatrix('samsung-860-pro');
  const cells = runMatrix('samsung-860pro', PRO_860);
  const others = runMatrix('samsung-860pro', {
    ...PRO_860,
    isRepeated: false,
    shrinkBy: 2 * PRO_860.shrinkBy,
  });
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const isPredicted = (c: MatrixCell): boolean => c.iodepth === 1 && c.jobs >= 4;
  const isFitted = (c: MatrixCell): boolean => c.iodepth > 1;
  const kilo = (iops: number): string => (iops / 1000).toFixed(1);
  const row = (iodepth: number): string =>
    `| ${[
      iodepth,
      ...cells
        .filter((c) => c.iodepth === iodepth)
        .map((c) => `${kilo(measured.get(`${c.iodepth}x${c.jobs}`)!)} / ${kilo(c.iops)}`),
    ].join(' | ')} |`;
  const worst = Math.max(
    ...cells
      .filter(isPredicted)
      .map((c) => Math.abs(c.iops / measured.get(`${c.iodepth}x${c.jobs}`)! - 1)),
  );
  return `## The 860 PRO's matrix of writes, run in its order

Its 49 cells of random writes, one after the other on one simulated drive
(\`test/validation/ssd-matrix.ts\`): jobs within iodepth, 60 s each, a job's places the same in every cell,
which are the defaults of fio-plot's bench-fio and of fio's \`randrepeat\`. What one cell overwrites was
written together by an earlier one, so collection costs most in the first row and less later on. Two numbers
are fitted: the share of the drive written to (${PRO_860.region}), by the rows of iodepth 2 and more, and how much was
overwritten before (${PRO_860.earlier} of the drive), by cell 1 x 2. Row 1 from 4 jobs on is predicted: off by
${percent(rmsOff(cells, measured, isPredicted))} root mean square, ${percent(worst)} at most. The rows fitted are off by ${percent(rmsOff(cells, measured, isFitted))}; with other places in every
cell, all else the same, by ${percent(rmsOff(others, measured, isFitted))}, the rate then standing near ${kilo(others[others.length - 1].iops)} k to the end. IOPS in
thousands, measured / simulated:

| iodepth | ${STEPS.map((jobs) => `${jobs} ${jobs === 1 ? 'job' : 'jobs'}`).join(' | ')} |
| --- | ${STEPS.map(() => '---').join(' | ')} |
${STEPS.map(row).join('\n')}
`;
}

if (process.argv[1] === import.meta.filename) {
  const measured = writeMatrix('samsung-860-pro');
  for (const region of [0.3, 0.33, 0.36, 0.4, 0.45]) {
    for (const earlier of [0.048, 0.052, 0.056, 0.06]) {
      const cells = runMatrix('samsung-860pro', { ...PRO_860, region, earlier });
      const rms = rmsOff(cells, measured, (c) => c.iodepth > 1);
      const first = cells.slice(0, 7).map(({ iops }) => (iops / 1000).toFixed(1));
      console.log(region, earlier, `rows 2..64 ${(100 * rms).toFixed(1)} %, row 1`, ...first);
    }
  }
}
