/** Every figure measured on a drive bought since 2003, beside what its profile gives. */

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HddProfile } from '../../src/device/hdd/profile.ts';
import { loadProfile } from '../../src/device/registry.ts';
import { profileOfDatasheet, readDatasheet } from '../../src/tune/datasheet.ts';
import { readFigures } from '../../src/tune/figures-file.ts';
import { readFioMatrix } from '../../src/tune/fio-matrix.ts';
import { compareTargets, describeWorkload, type Target } from '../../src/tune/target.ts';
import { runRandomLoop } from '../../src/workload/bare/random-loop.ts';
import { runSequential } from '../../src/workload/bare/sequential.ts';
import { validationData } from './shared.ts';

const devices = fileURLToPath(new URL('../../devices/hdd/', import.meta.url));

/** A drive with measurements: which of them its profile was fitted to. */
interface Drive {
  readonly name: string;
  readonly fitted: () => Target[];
  readonly unseen?: () => Target[];
}

const fio = (drive: string, rw: string, host = {}) =>
  readFioMatrix([`${validationData}hdd/fio-random-4k-percentiles.csv`], { drive, rw, host });
/** Latencies of reads with 4, 16 and 32 outstanding: nothing was fitted to them. */
const latencies = (drive: string, host = {}): Target[] =>
  readFioMatrix([`${validationData}hdd/fio-random-4k-percentiles.csv`], {
    drive,
    rw: 'read',
    host,
    latencyMost: 32,
  })
    .filter(
      ({ workload }) => workload.run === 'random' && [4, 16, 32].includes(workload.outstanding),
    )
    .map(({ workload, measured: { iops: _iops, ...percentiles } }) => ({
      workload,
      measured: percentiles,
    }));
const figures = (name: string) => readFigures(`${devices}${name}.figures.json`);
const deadline = { elevator: 'deadline' };

const DRIVES: readonly Drive[] = [
  {
    name: 'generic-500gb-7200',
    fitted: () => fio('hdd-500gb-7200', 'read'),
    unseen: () => [...latencies('hdd-500gb-7200'), ...fio('hdd-500gb-7200', 'write')],
  },
  {
    name: 'wd-raptor-wd740gd',
    fitted: () => fio('wd-raptor-74gb-10k', 'read', deadline),
    unseen: () => [
      ...latencies('wd-raptor-74gb-10k', deadline),
      ...fio('wd-raptor-74gb-10k', 'write', deadline),
    ],
  },
  ...['hgst-ultrastar-he12', 'toshiba-mg07-12tb', 'seagate-barracuda-st2000dm006'].map((name) => ({
    name,
    fitted: () => figures(name),
  })),
];

const percent = (off: number): string => `${(100 * off).toFixed(1)} %`;

/** The drive's profile as kept, and as its datasheet alone gives it, on the same targets. */
function rows(name: string, targets: readonly Target[], isFitted: boolean): string[] {
  const kept = compareTargets(loadProfile(name), targets);
  const sheet = readDatasheet(`${devices}${name}.datasheet.json`);
  const alone = compareTargets(profileOfDatasheet(sheet), targets);
  return kept.map(({ workload, figure, measured, simulated, off }, i) => {
    const cells = [
      describeWorkload(workload),
      figure,
      measured.toPrecision(4),
      simulated.toPrecision(4),
      percent(off),
      isFitted ? 'in-sample' : 'not fitted to',
      alone[i].simulated.toPrecision(4),
      percent(alone[i].off),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

function driveSection({ name, fitted, unseen }: Drive): string {
  const body = [...rows(name, fitted(), true), ...(unseen ? rows(name, unseen(), false) : [])];
  return [
    `## ${name}\n`,
    '| workload | figure | measured | profile | error | figure was | datasheet alone | error |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...body,
  ].join('\n');
}

/** What was measured on a drive that its datasheet alone is held against. */
export const readCells = (name: 'generic-500gb-7200' | 'wd-raptor-wd740gd'): Target[] =>
  name === 'wd-raptor-wd740gd'
    ? fio('wd-raptor-74gb-10k', 'read', deadline)
    : fio('hdd-500gb-7200', 'read');
export const readLatencies = (name: 'generic-500gb-7200' | 'wd-raptor-wd740gd'): Target[] =>
  name === 'wd-raptor-wd740gd'
    ? latencies('wd-raptor-74gb-10k', deadline)
    : latencies('hdd-500gb-7200');

/** Drives of 7200 rpm for servers. */
export const ENTERPRISE = [
  'toshiba-mg07-12tb',
  'hgst-ultrastar-he12',
  'seagate-constellation-es3-4tb',
  'hgst-ultrastar-7k4000',
  'hgst-ultrastar-7k8',
];

/** 4 KiB random reads over the whole drive, 32 outstanding. */
export function atDepth32(name: string, seconds = 120): { iops: number; longest_ms: number } {
  const run = { write: false, outstanding: 32, seconds };
  const { iops, latency_ms } = runRandomLoop(loadProfile(name), run);
  return { iops, longest_ms: latency_ms.reduce((a, b) => Math.max(a, b)) };
}

function queueSection(): string {
  const body = ENTERPRISE.map((name) => {
    const { iops, longest_ms } = atDepth32(name, 300);
    return `| ${name} | ${iops.toFixed(1)} | ${longest_ms.toFixed(0)} |`;
  });
  return [
    '## 4 KiB random reads over the whole drive, 32 outstanding\n',
    'Expected of an enterprise drive of 7200 rpm: 180 to 240 IOPS, none longer than the age limit.\n',
    '| drive | IOPS | longest, ms |\n| --- | --- | --- |',
    ...body,
  ].join('\n');
}

/** Drives made from a datasheet. */
export const LATER: readonly string[] = readdirSync(devices)
  .filter((file) => file.endsWith('.datasheet.json'))
  .map((file) => file.replace('.datasheet.json', ''));

const IN_ORDER = [
  [8, 1],
  [256, 1],
  [1024, 1],
  [1024, 32],
] as const;

/** Reading and writing in order at the outside, and what the datasheet says of it. */
function sequentialSection(): string {
  const body = LATER.map((name) => {
    const profile = loadProfile(name) as HddProfile;
    const sheet = readDatasheet(`${devices}${name}.datasheet.json`);
    const { outer_MBps } = sheet;
    const source = sheet.sources.outer_MBps ?? 'assumption';
    // Long against what the write cache takes.
    const mib = Math.max(256, (2 * profile.writeCache.size_sectors) / 2048);
    const rates = [false, true].flatMap((write) =>
      IN_ORDER.map(([sectors, outstanding]) =>
        runSequential(profile, { write, at: 0, mib, sectors, outstanding }).toFixed(1),
      ),
    );
    return `| ${[name, outer_MBps?.toString() ?? '150', source, ...rates].join(' | ')} |`;
  });
  const heads = ['read', 'write'].flatMap((way) =>
    IN_ORDER.map(([sectors, outstanding]) => `${way} ${sectors / 2} KiB, ${outstanding}`),
  );
  return [
    '## In order, at the outside\n',
    'MB/s (10^6 bytes) of requests of so many KiB, so many outstanding, on the bare drive; writes until a ' +
      'flush has brought the last of them to the medium. 4 KiB one at a time is bound by the time of a ' +
      'command; the He12 and the MG07 end reading ahead by the clock (`cache.readAheadMax_ms`), as their ' +
      'single sectors show.\n',
    `| drive | outer rate stated | by | ${heads.join(' | ')} |`,
    `| --- | --- | --- |${' --- |'.repeat(heads.length)}`,
    ...body,
  ].join('\n');
}

/** The whole of docs/VALIDATION-LATER.md, as Markdown. */
export function laterDrivesDocument(): string {
  return [
    '# Drives bought since 2003, measured and simulated\n',
    'Made by `npx tsx test/validation/later-drives-document.ts`. "in-sample": the profile was ' +
      'fitted to this very figure, so that its error says how well the model can bend, not how well ' +
      'it predicts. "datasheet alone": `disktime tune --datasheet`, without a fit; where the ' +
      'datasheet file holds a measured transfer rate, that rate is no prediction either.\n',
    ...DRIVES.map(driveSection),
    queueSection(),
    sequentialSection(),
  ].join('\n\n');
}
