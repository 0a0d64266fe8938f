/**
 * What the flash drives are held to: 4 KiB random loops measured on real ones, one cell a row of
 * `../shared/validation/ssd` or a published single figure, and how far each may be missed.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Beside the repository, or one up from there when this is a worktree of it. */
const SHARED = ['../../../shared/', '../../../../shared/']
  .map((up) => fileURLToPath(new URL(`${up}validation/ssd/`, import.meta.url)))
  .find((path) => existsSync(path));

/** Whether the measurements are there: a user's clone has none. */
export const isMeasured = SHARED !== undefined;

export type Figure = 'iops' | 'p50_us' | 'p90_us' | 'p99_us';

/** One measured loop. */
export interface Cell {
  readonly profile: string;
  readonly write: boolean;
  readonly outstanding: number;
  /** Host time from a completion to the next submission, us. */
  readonly hostUs: number;
  readonly measured: { readonly [F in Figure]?: number };
  readonly tolerance: number;
  readonly source: string;
}

type Row = Readonly<Record<string, string>>;

function readRows(file: string): Row[] {
  const [header, ...lines] = readFileSync(`${SHARED}${file}`, 'utf8').trim().split(/\r?\n/);
  // A field may be quoted and then hold commas.
  const split = (line: string) =>
    (line.match(/("[^"]*"|[^,]*)(,|$)/g) ?? []).map((f) => f.replace(/,$/, '').replaceAll('"', ''));
  const names = split(header);
  return lines.map((line) => {
    const fields = split(line);
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
}

/** Rows of one drive in a file: depths as [iodepth, numjobs]. */
interface Series {
  readonly profile: string;
  readonly file: string;
  readonly match: Row;
  readonly reads: readonly (readonly [number, number])[];
  readonly writes: readonly (readonly [number, number])[];
  /** 1/IOPS - mean clat at depth 1, us: the host of these runs. */
  readonly hostUs: number;
}

/** Threads at iodepth 1 up to 16; 64 as one thread's, which the drive's 32 tags do not distort. */
const SATA = [
  [1, 1],
  [1, 4],
  [1, 16],
  [64, 1],
] as const;
const THREADS = [1, 4, 8, 10].map((jobs) => [1, jobs] as const);

const sata = (profile: string, drive: string): Series => ({
  profile,
  file: 'sata-random-4k.csv',
  match: { drive },
  reads: SATA,
  writes: SATA,
  hostUs: 13,
});

const series: readonly Series[] = [
  sata('samsung-860pro', 'samsung-860-pro'),
  {
    ...sata('samsung-860pro-write-through', 'samsung-860-pro (controller path A, write cache off)'),
    reads: [],
  },
  sata('samsung-pm883', 'samsung-pm883'),
  sata('kingston-dc500m', 'kingston-dc500m'),
  {
    profile: 'intel-p4510',
    file: 'nvme-fs-path.csv',
    match: { drive: 'intel-p4510-1tb', source: 'results/p4510_legacy/raw/out_[rw]4.txt' },
    reads: THREADS,
    writes: THREADS,
    hostUs: 2.8,
  },
  {
    profile: 'intel-p4510',
    file: 'nvme-fs-path.csv',
    match: { drive: 'intel-p4510-1tb', source: 'results/p4510/4G_3.35/4k_[rw]_.*' },
    reads: [[128, 4]],
    writes: [[128, 4]],
    hostUs: 2.8,
  },
  {
    profile: 'intel-p4800x',
    file: 'nvme-fs-path.csv',
    match: {
      drive: 'intel-optane-p4800x-375gb',
      source: 'results/optane_legacy/raw/out_[rw]4.txt',
    },
    reads: THREADS,
    writes: THREADS,
    hostUs: 2.7,
  },
  {
    profile: 'sabrent-rocket4plus-2tb',
    file: 'sabrent-rocket4plus-2tb.csv',
    match: { dataset: 'benchmarks/4096_sector/1x/4k' },
    reads: [1, 4, 16, 64].map((jobs) => [1, jobs] as const),
    writes: [[1, 1]],
    hostUs: 3.6,
  },
];

function cellsOf(of: Series): Cell[] {
  const rows = readRows(of.file).filter((row) =>
    Object.entries(of.match).every(([key, wanted]) => {
      const got = row[key];
      return got === wanted || (key === 'source' && new RegExp(`^${wanted}$`).test(got));
    }),
  );
  const cell = (write: boolean, iodepth: number, jobs: number): Cell => {
    const row = rows.find(
      (r) =>
        r.rw === (write ? 'randwrite' : 'randread') &&
        (r.bs === '4k' || r.bs === '4096B') &&
        Number(r.iodepth) === iodepth &&
        Number(r.numjobs ?? r.jobs) === jobs,
    );
    if (row === undefined)
      throw new Error(`${of.file}: no row of ${of.profile} ${iodepth}x${jobs}`);
    return {
      profile: of.profile,
      write,
      outstanding: iodepth * jobs,
      hostUs: of.hostUs,
      measured: { iops: Number(row.iops), p50_us: Number(row.p50_us) },
      tolerance: write ? 0.15 : 0.1,
      source: `${of.file}, iodepth ${iodepth} x ${jobs}`,
    };
  };
  return [
    ...of.reads.map(([iodepth, jobs]) => cell(false, iodepth, jobs)),
    ...of.writes.map(([iodepth, jobs]) => cell(true, iodepth, jobs)),
  ];
}

/** IOPS of all cells of random writes of a drive of sata-random-4k.csv, by `${iodepth}x${jobs}`. */
export function writeMatrix(drive: string): Map<string, number> {
  const rows = readRows('sata-random-4k.csv').filter(
    (row) => row.drive === drive && row.rw === 'randwrite',
  );
  return new Map(rows.map((row) => [`${row.iodepth}x${row.numjobs}`, Number(row.iops)]));
}

/** A row of random reads of sabrent-rocket4plus-2tb.csv. */
export interface ReadRow extends Record<
  'iops' | 'p50_us' | 'p90_us' | 'p99_us' | 'p99_9_us',
  number
> {
  readonly iodepth: number;
  readonly jobs: number;
}

/** @param sector `4096_sector` or `512_sector`: the drive's format in that series */
export function readMatrix(sector: string, iodepth: number, jobs: number): ReadRow {
  const row = readRows('sabrent-rocket4plus-2tb.csv').find(
    (r) =>
      r.dataset === `benchmarks/${sector}/1x/4k` &&
      r.rw === 'randread' &&
      Number(r.iodepth) === iodepth &&
      Number(r.numjobs) === jobs,
  )!;
  return {
    iodepth,
    jobs,
    iops: Number(row.iops),
    p50_us: Number(row.p50_us),
    p90_us: Number(row.p90_us),
    p99_us: Number(row.p99_us),
    p99_9_us: Number(row['p99.9_us']),
  };
}

const single = (
  profile: string,
  write: boolean,
  outstanding: number,
  measured: Cell['measured'],
  source: string,
): Cell => ({
  profile,
  write,
  outstanding,
  hostUs: 0,
  measured,
  tolerance: write ? 0.15 : 0.1,
  source,
});

/** Every cell. @throws Error when the measurements are absent */
export function allCells(): Cell[] {
  const pro = 'samsung-850pro-256gb';
  const sheet = 'datasheets.json';
  return [
    ...series.flatMap(cellsOf),
    single(pro, false, 1, { iops: 10000 }, sheet),
    single(pro, false, 32, { iops: 100000 }, sheet),
    single(pro, true, 1, { iops: 36000 }, sheet),
    single(pro, true, 32, { iops: 90000 }, sheet),
    single(
      'micron-7300pro-3840gb',
      false,
      1,
      { p50_us: 115, p90_us: 167, p99_us: 185 },
      'validation/README.md',
    ),
  ];
}
