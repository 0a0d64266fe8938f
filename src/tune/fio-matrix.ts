/**
 * A fio matrix as targets: reads or writes at several numbers outstanding, from a CSV with the columns
 * `drive,rw,iodepth,numjobs,iops,p1_us...` or from fio's own JSON files.
 *
 * Of a rotational drive, random 4 KiB: IOPS of every cell and, at one outstanding, the percentiles:
 * there they are the drive's alone, with no host queue in them. Of a flash drive, jobs of any size,
 * random or in order: IOPS and the median up to the drive's queue depth, and at one outstanding the
 * percentiles; the host's time between two requests is taken from there.
 */

import { InputError } from '../sim/input-error.ts';
import { readJsonText } from '../sim/json-file.ts';
import type { BareHost } from '../workload/bare/random-loop.ts';
import { readCsv, type CsvRow } from './csv.ts';
import type { Target } from './target.ts';

export interface FioMatrixOptions {
  /** Which drive of a CSV that holds several. */
  readonly drive?: string | undefined;
  /** `COLUMN=VALUE` or `COLUMN=/PATTERN/`: only such rows of a CSV. */
  readonly where?: readonly string[] | undefined;
  /** Only `read` or only `write` cells. */
  readonly rw?: string | undefined;
  /** Simulated seconds a cell; 60 by default. */
  readonly seconds?: number | undefined;
  /** The host's block queue of the measurement. */
  readonly host?: BareHost | undefined;
  /** Cells with more outstanding are left out; 256 by default. */
  readonly most?: number | undefined;
  /** Percentiles of latency of cells with so many outstanding at most; 1 by default. */
  readonly latencyMost?: number | undefined;
}

/** One measured cell. */
interface Cell {
  /** Where it stands. */
  readonly at: { readonly file: string; readonly line?: number };
  readonly write: boolean;
  readonly isRandom: boolean;
  readonly kib: number;
  readonly outstanding: number;
  readonly iops: number;
  /** Mean completion latency, us; NaN when it is not told. */
  readonly mean_us: number;
  /** Completion latency by percentile, us, ascending. */
  readonly percentiles: readonly (readonly [share: number, us: number])[];
}

/** Percentiles outside are made by a request or two in a run of a minute. */
const LOWEST = 1;
const HIGHEST = 99;

/**
 * The cells of a rotational drive.
 * @throws InputError naming file, line and column
 */
export function readFioMatrix(files: readonly string[], options: FioMatrixOptions = {}): Target[] {
  const { seconds = 60, host, latencyMost = 1 } = options;
  return readCells(files, options).map((row) => {
    const { write, outstanding, percentiles, kib, isRandom, at } = row[0];
    if (!isRandom) {
      throw new InputError('rw: expected randread or randwrite, for a rotational drive', at);
    }
    if (kib !== 4) {
      throw new InputError(`bs: expected 4k, for a rotational drive, got ${kib} KiB`, at);
    }
    const iops = row.reduce((sum, cell) => sum + cell.iops, 0) / row.length;
    const latencies = Object.fromEntries(percentiles.map(([p, us]) => [`p${p}_ms`, us / 1000]));
    return {
      workload: { run: 'random', write, outstanding, seconds, host },
      measured: outstanding <= latencyMost ? { iops, ...latencies } : { iops },
    };
  });
}

/**
 * The cells of a flash drive. Of several at equal outstanding the one of middle IOPS stands for all.
 * @throws InputError naming file, line and column
 */
export function readFlashMatrix(
  files: readonly string[],
  options: FioMatrixOptions = {},
): Target[] {
  const rows = readCells(files, options);
  const { latencyMost = 32 } = options;
  const hostOf = (of: Cell): number => {
    const alone = rows.find(([{ write, outstanding }]) => outstanding === 1 && write === of.write);
    const lone = alone && middleOf(alone);
    return lone === undefined || !(lone.mean_us > 0)
      ? 0
      : Math.max(0, 1e6 / lone.iops - lone.mean_us);
  };
  return rows.map((row) => {
    const cell = middleOf(row);
    const { write, outstanding, iops, kib, isRandom, percentiles } = cell;
    // Of a lone read all of them: its modes and their shares show in these.
    const isWanted = (p: number): boolean =>
      (outstanding === 1 && !write) || (p === 50 && outstanding <= latencyMost);
    const latencies = percentiles.filter(([p, us]) => isWanted(p) && us > 0);
    return {
      workload: {
        run: 'loop',
        write,
        outstanding,
        kib,
        sequential: !isRandom,
        hostUs: Number(hostOf(cell).toFixed(2)),
        steady: false,
      },
      measured: { iops, ...Object.fromEntries(latencies.map(([p, us]) => [`p${p}_us`, us])) },
    };
  });
}

const middleOf = (row: readonly Cell[]): Cell =>
  [...row].sort((a, b) => a.iops - b.iops)[(row.length - 1) >> 1];

/** Cells by what was run: reads before writes, the smaller ones and those of fewer outstanding first. */
function readCells(files: readonly string[], options: FioMatrixOptions): Cell[][] {
  const { rw, most = 256 } = options;
  if (rw !== undefined && rw !== 'read' && rw !== 'write') {
    throw new InputError(`--rw: expected read or write, got "${rw}"`);
  }
  const cells = files.flatMap((file) =>
    file.endsWith('.json') ? jsonCells(file) : csvCells(file, options),
  );
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const { write, isRandom, kib, outstanding } = cell;
    if ((rw !== undefined && write !== (rw === 'write')) || outstanding > most) continue;
    const key = [write, isRandom, kib, outstanding].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const rows = [...groups.values()].sort(
    ([a], [b]) =>
      Number(a.write) - Number(b.write) ||
      Number(b.isRandom) - Number(a.isRandom) ||
      a.kib - b.kib ||
      a.outstanding - b.outstanding,
  );
  if (rows.length === 0) throw new InputError('expected at least one cell', { file: files[0] });
  return rows;
}

/** fio's sizes: 4k, 4096, 4096B, 4KiB, 1m. @returns KiB, or NaN */
function kibOf(bs: string): number {
  const found = /^([\d.]+)\s*([km]?)i?b?$/i.exec(bs);
  if (found === null) return NaN;
  const unit = { '': 1 / 1024, k: 1, m: 1024 }[found[2].toLowerCase()] ?? NaN;
  return Number(found[1]) * unit;
}

function csvCells(file: string, options: FioMatrixOptions): Cell[] {
  const csv = readCsv(file);
  csv.column('rw');
  csv.column('iodepth');
  csv.column('iops');
  const jobs = csv.column('numjobs', 'jobs');
  const names = ['drive', 'dataset', 'device'].find((name) => csv.columns.includes(name));
  const shares = csv.columns.flatMap((column) => {
    const share = Number(/^p([\d._]+)_us$/.exec(column)?.[1].replace('_', '.') ?? NaN);
    return isKept(share) ? [[share, column] as const] : [];
  });
  const rows = csv.rows.filter(matching(options.where ?? [], csv.columns));
  const known = new Set(names === undefined ? [] : rows.map((row) => row.text(names)));
  const { drive } = options;
  if (drive !== undefined && !known.has(drive)) {
    throw new InputError(`no drive is called "${drive}"; there are ${[...known].join(', ')}`, {
      file,
    });
  }
  if (drive === undefined && known.size > 1) {
    throw new InputError(`holds several drives (${[...known].join(', ')}): choose one by --drive`, {
      file,
    });
  }
  return rows.flatMap((row): Cell[] => {
    if (drive !== undefined && row.text(names!) !== drive) return [];
    const rw = row.text('rw');
    // A mix, or a trim, is no target of this sort.
    if (!/^(rand)?(read|write)$/.test(rw)) return [];
    const bs = row.text('bs');
    const kib = bs === '' ? 4 : kibOf(bs);
    if (!(kib > 0)) {
      throw new InputError(`column "bs": expected a size as 4k, got "${bs}"`, {
        file,
        line: row.line,
      });
    }
    return [
      {
        at: { file, line: row.line },
        write: rw.endsWith('write'),
        isRandom: rw.startsWith('rand'),
        kib,
        outstanding: row.number('iodepth') * row.number(jobs),
        iops: row.number('iops'),
        mean_us: csv.columns.includes('clat_us_mean') ? row.number('clat_us_mean') : NaN,
        percentiles: shares.map(([share, column]) => [share, row.number(column)]),
      },
    ];
  });
}

/** The conditions of --where as one. */
function matching(where: readonly string[], columns: readonly string[]): (row: CsvRow) => boolean {
  const conditions = where.map((text) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    if (name === undefined || !columns.includes(name)) {
      throw new InputError(
        `--where: expected COLUMN=VALUE with a column of ${columns.join(', ')}, got "${text}"`,
      );
    }
    const pattern = /^\/(.*)\/$/.exec(value);
    const isWanted =
      pattern === null
        ? (got: string) => got === value
        : (got: string) => new RegExp(pattern[1]).test(got);
    return (row: CsvRow) => isWanted(row.text(name));
  });
  return (row) => conditions.every((holds) => holds(row));
}

interface FioSide {
  iops?: number;
  clat_ns?: { mean?: number; percentile?: Record<string, number> };
}
interface FioOutput {
  'global options'?: Record<string, string>;
  jobs?: { 'job options'?: Record<string, string>; read?: FioSide; write?: FioSide }[];
}

function jsonCells(file: string): Cell[] {
  const output = readJsonText(file).value as FioOutput;
  const jobs = output.jobs ?? [];
  if (jobs.length === 0) throw new InputError('expected fio JSON with "jobs"', { file });
  const options = { ...output['global options'], ...jobs[0]['job options'] };
  const { rw = options.readwrite ?? 'read' } = options;
  if (!/^(rand)?(read|write)$/.test(rw)) {
    throw new InputError(`rw: expected (rand)read or (rand)write, got "${rw}"`, { file });
  }
  const other = jobs.find((job) => (job['job options']?.rw ?? rw) !== rw)?.['job options']?.rw;
  if (other !== undefined) {
    throw new InputError(`expected one cell a file, got jobs of ${rw} and of ${other}`, { file });
  }
  const bs = options.bs ?? options.blocksize ?? '4k';
  const kib = kibOf(bs);
  if (!(kib > 0)) throw new InputError(`bs: expected a size as 4k, got "${bs}"`, { file });
  const write = rw.endsWith('write');
  const sides = jobs.map((job) => (write ? job.write : job.read) ?? {});
  const percentile = sides[0].clat_ns?.percentile ?? {};
  return [
    {
      at: { file },
      write,
      isRandom: rw.startsWith('rand'),
      kib,
      // Without group_reporting every job has its own entry; with it the first stands for all.
      outstanding: Number(options.iodepth ?? 1) * Number(options.numjobs ?? jobs.length),
      iops: sides.reduce((sum, side) => sum + (side.iops ?? 0), 0),
      mean_us: (sides[0].clat_ns?.mean ?? NaN) / 1000,
      percentiles: Object.entries(percentile)
        .map(([share, ns]) => [Number(share), ns / 1000] as const)
        .filter(([share]) => isKept(share))
        .sort(([a], [b]) => a - b),
    },
  ];
}

function isKept(share: number): boolean {
  return share >= LOWEST && share <= HIGHEST;
}
