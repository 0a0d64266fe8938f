/**
 * A fio matrix as targets: random reads or writes of 4 KiB at several numbers outstanding, from a
 * CSV with the columns `drive,rw,iodepth,numjobs,iops,p1_us...` or from fio's own JSON files.
 *
 * IOPS of every cell and, at one outstanding, the percentiles: there they are the drive's alone,
 * with no host queue in them. More of them on demand.
 */

import { InputError, nearestHint } from '../sim/input-error.ts';
import { readJsonText, readTextFile } from '../sim/json-file.ts';
import type { BareHost } from '../workload/bare/random-loop.ts';
import type { Target } from './target.ts';

export interface FioMatrixOptions {
  /** Which drive of a CSV that holds several. */
  readonly drive?: string | undefined;
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
  readonly write: boolean;
  readonly outstanding: number;
  readonly iops: number;
  /** `p50_ms` and so on. */
  readonly percentiles: Readonly<Record<string, number>>;
}

/** Percentiles outside are made by a request or two in a run of a minute. */
const LOWEST = 1;
const HIGHEST = 99;

/** @throws InputError naming file, line and column */
export function readFioMatrix(files: readonly string[], options: FioMatrixOptions = {}): Target[] {
  const cells = files.flatMap((file) =>
    file.endsWith('.json') ? jsonCells(file) : csvCells(file, options.drive),
  );
  const groups = new Map<string, Cell[]>();
  const { rw } = options;
  if (rw !== undefined && rw !== 'read' && rw !== 'write') {
    throw new InputError(`--rw: expected read or write, got "${rw}"`);
  }
  for (const cell of cells) {
    if (rw !== undefined && cell.write !== (rw === 'write')) continue;
    if (cell.outstanding > (options.most ?? 256)) continue;
    const key = `${cell.write ? 'w' : 'r'}${cell.outstanding}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const rows = [...groups.values()].sort(
    ([a], [b]) => Number(a.write) - Number(b.write) || a.outstanding - b.outstanding,
  );
  if (rows.length === 0) throw new InputError('expected at least one cell', { file: files[0] });
  return rows.map((row) => {
    const { write, outstanding, percentiles } = row[0];
    const iops = row.reduce((sum, cell) => sum + cell.iops, 0) / row.length;
    const { seconds = 60, host, latencyMost = 1 } = options;
    return {
      workload: { run: 'random', write, outstanding, seconds, host },
      measured: outstanding <= latencyMost ? { iops, ...percentiles } : { iops },
    };
  });
}

function csvCells(file: string, drive: string | undefined): Cell[] {
  const lines = readTextFile(file).split(/\r?\n/);
  const header = lines[0].split(',');
  for (const name of ['rw', 'iodepth', 'numjobs', 'iops']) {
    if (!header.includes(name)) {
      throw new InputError(`expected a column "${name}"${nearestHint(name, header)}`, {
        file,
        line: 1,
      });
    }
  }
  const cells: Cell[] = [];
  const drives = new Set<string>();
  lines.forEach((line, i) => {
    if (i === 0 || line.trim() === '') return;
    const words = line.split(',');
    const text = (name: string): string => words[header.indexOf(name)] ?? '';
    const number = (name: string): number => {
      const value = Number(text(name));
      if (text(name) !== '' && value >= 0) return value;
      throw new InputError(`column "${name}": expected a number, got "${text(name)}"`, {
        file,
        line: i + 1,
      });
    };
    const name = header.includes('drive') ? text('drive') : '';
    drives.add(name);
    if (drive !== undefined && name !== drive) return;
    const percentiles = header.flatMap((column) => {
      const share = /^p([\d.]+)_us$/.exec(column);
      return share !== null && isKept(Number(share[1]))
        ? [[`p${share[1]}_ms`, number(column) / 1000] as const]
        : [];
    });
    cells.push({
      write: text('rw').includes('write'),
      outstanding: number('iodepth') * number('numjobs'),
      iops: number('iops'),
      percentiles: Object.fromEntries(percentiles),
    });
  });
  if (drive !== undefined && cells.length === 0) {
    throw new InputError(`no drive is called "${drive}"${nearestHint(drive, drives)}`, { file });
  }
  if (drive === undefined && drives.size > 1) {
    throw new InputError(
      `holds several drives (${[...drives].join(', ')}): choose one by --drive`,
      {
        file,
      },
    );
  }
  return cells;
}

interface FioSide {
  iops?: number;
  clat_ns?: { percentile?: Record<string, number> };
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
  if (!/^rand(read|write)$/.test(rw)) {
    throw new InputError(`rw: expected randread or randwrite, got "${rw}"`, { file });
  }
  const other = jobs.find((job) => (job['job options']?.rw ?? rw) !== rw)?.['job options']?.rw;
  if (other !== undefined) {
    throw new InputError(`expected one cell a file, got jobs of ${rw} and of ${other}`, { file });
  }
  const bs = options.bs ?? options.blocksize ?? '4k';
  if (!/^(4k|4096|4kib)$/i.test(bs)) {
    throw new InputError(`bs: expected 4k, for a fio matrix is one of 4 KiB, got "${bs}"`, {
      file,
    });
  }
  const write = rw === 'randwrite';
  const sides = jobs.map((job) => (write ? job.write : job.read) ?? {});
  const percentile = sides[0].clat_ns?.percentile ?? {};
  return [
    {
      write,
      // Without group_reporting every job has its own entry; with it the first stands for all.
      outstanding: Number(options.iodepth ?? 1) * Number(options.numjobs ?? jobs.length),
      iops: sides.reduce((sum, side) => sum + (side.iops ?? 0), 0),
      percentiles: Object.fromEntries(
        Object.entries(percentile)
          .filter(([share]) => isKept(Number(share)))
          .map(([share, ns]) => [`p${Number(share)}_ms`, ns / 1e6]),
      ),
    },
  ];
}

function isKept(share: number): boolean {
  return share >= LOWEST && share <= HIGHEST;
}
