/** `disktime tune MEASUREMENT`: fits a drive's profile to what was measured on it. */

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { importDisksim } from '../device/hdd/disksim/import.ts';
import type { AnyProfile } from '../device/profile.ts';
import { loadProfile } from '../device/registry.ts';
import type { SsdProfile } from '../device/ssd/profile.ts';
import { renderTable } from '../report/table.ts';
import { InputError } from '../sim/input-error.ts';
import { readJsonText } from '../sim/json-file.ts';
import { profileFromDatasheet } from '../tune/datasheet.ts';
import { readFigures } from '../tune/figures-file.ts';
import { readFioMatrix, readFlashMatrix } from '../tune/fio-matrix.ts';
import { holdOut, scoreTrace, type Measurement } from '../tune/measurement.ts';
import { groupNames, spaceOf } from '../tune/spaces.ts';
import { firstGuess } from '../tune/ssd-first-guess.ts';
import { compareTargets, describeWorkload } from '../tune/target.ts';
import { tune } from '../tune/tune.ts';
import { readValidationTrace } from '../workload/replay/validation-trace.ts';
import { parseSeed } from './options.ts';
import { withProgress } from './progress.ts';

interface TuneCommandOptions {
  device?: string;
  datasheet?: string;
  fit?: string[];
  evaluations?: string;
  where?: string[];
  writeCache?: string;
  budget?: string;
  holdOut?: string;
  drive?: string;
  rw?: string;
  elevator?: string;
  queueDepth?: string;
  workers: string;
  seed: string;
  name?: string;
  title?: string;
  output?: string;
}

export function tuneCommand(): Command {
  return new Command('tune')
    .description('fit a drive profile to a measured trace, fio matrix or list of figures')
    .argument(
      '[measurement...]',
      "trace of DiskSim's validation form, fio CSV or JSON files, or a figures JSON; " +
        'none writes the datasheet as a profile',
    )
    .option('-d, --device <name>', 'start from this profile (name, path or .diskspecs)')
    .option('--datasheet <file>', 'start from these datasheet figures (JSON)')
    .option('--fit <what...>', `groups or dotted numbers to fit (${groupNames()})`)
    .option(
      '--evaluations <n>',
      'simulations to spend; same number and seed, same result (default: 2000, flash 300 at most)',
    )
    .option('--budget <seconds>', 'stop after this long instead; gives up determinism')
    .option('--hold-out <share>', 'share left out and predicted (default: 0.5 of a trace, else 0)')
    .option('--drive <name>', 'drive of a CSV that holds several')
    .option('--where <column=value...>', 'only such rows of a CSV; =/PATTERN/ to match')
    .option('--write-cache <state>', 'on or off, where it is not as the flash drive comes')
    .option('--rw <kind>', 'only the read or only the write cells of a fio matrix')
    .option('--elevator <name>', "the measuring host's elevator (fio matrices)")
    .option('--queue-depth <n>', "the measuring host's queue depth (fio matrices)")
    .option('--workers <n>', 'worker threads', String(availableParallelism()))
    .option('--seed <n>', 'seed of the search', '1')
    .option('--name <name>', 'name of the new profile')
    .option('--title <text>', 'title of the new profile')
    .option('-o, --output <file>', 'write the profile there (default: standard output)')
    .action((files: string[], options: TuneCommandOptions) => run(files, options));
}

async function run(files: readonly string[], options: TuneCommandOptions): Promise<void> {
  const given = startingProfile(options);
  if (files.length === 0) {
    write(given, options);
    return;
  }
  const measurement = readMeasurement(files, options, given);
  const share = numberOf(
    options.holdOut ?? (measurement.kind === 'trace' ? '0.5' : '0'),
    'hold-out',
  );
  if (share >= 1) throw new InputError('--hold-out: expected a share from 0 to less than 1');
  const { fitted, held } = holdOut(measurement, share);
  const start =
    given.kind === 'ssd' && fitted.kind === 'targets'
      ? firstGuess(given as SsdProfile, fitted.targets)
      : given;
  const { evaluations: byDefault } = spaceOf(start);
  const evaluations =
    options.budget === undefined
      ? numberOf(options.evaluations ?? String(byDefault), 'evaluations')
      : Infinity;
  const endMs = Date.now() + 1000 * numberOf(options.budget ?? '0', 'budget');
  const seed = parseSeed(options.seed);
  const workers = numberOf(options.workers, 'workers');
  const total = endMs - Date.now();
  const steps = Number.isFinite(evaluations) ? evaluations : 100;
  const tuned = await withProgress(steps, (progress) =>
    tune({
      profile: start,
      measurement: fitted,
      fit: options.fit,
      evaluations,
      seed,
      workers,
      onProgress: (done, loss) => {
        const what = `loss ${loss.toFixed(4)}`;
        if (options.budget === undefined) {
          progress.update(Math.min(done, evaluations), what);
          return true;
        }
        const left = endMs - Date.now();
        progress.update(Math.round(100 * Math.min(1, 1 - left / total)), what);
        return left > 0;
      },
    }),
  );
  const lines = [
    `${tuned.evaluations} simulations; loss ${tuned.startLoss.toFixed(4)} -> ${tuned.loss.toFixed(4)}`,
    `fitted: ${tuned.fitted.map(({ name }) => name).join(', ')}`,
  ];
  if (tuned.idle.length > 0) lines.push(`of no effect here, left alone: ${tuned.idle.join(', ')}`);
  lines.push(report('fitted', given, tuned.profile, fitted));
  if (held !== undefined) lines.push(report('held out', given, tuned.profile, held));
  process.stderr.write(`${lines.join('\n')}\n`);
  write(tuned.profile, options);
}

function startingProfile(options: TuneCommandOptions): AnyProfile {
  const { device, datasheet, writeCache } = options;
  if ((device === undefined) === (datasheet === undefined)) {
    throw new InputError('expected a start: one of --device and --datasheet');
  }
  const profile =
    datasheet !== undefined
      ? profileFromDatasheet(datasheet)
      : device?.endsWith('.diskspecs') === true
        ? importDisksim(device).profile
        : loadProfile(device ?? '');
  if (writeCache === undefined) return profile;
  if (writeCache !== 'on' && writeCache !== 'off') {
    throw new InputError(`--write-cache: expected on or off, got "${writeCache}"`);
  }
  if (profile.kind !== 'ssd') {
    throw new InputError('--write-cache: expected a flash drive; of others see writeCache');
  }
  const flash = structuredClone(profile as SsdProfile);
  flash.buffer.write_back = writeCache === 'on';
  flash.sources['buffer.write_back'] = `as measured: write cache ${writeCache}`;
  return flash;
}

function readMeasurement(
  files: readonly string[],
  options: TuneCommandOptions,
  profile: AnyProfile,
): Measurement {
  const [file] = files;
  const isFigures =
    file.endsWith('.json') && Object.hasOwn(Object(readJsonText(file).value), 'targets');
  if (isFigures) return { kind: 'targets', targets: readFigures(file), file };
  if (/\.(csv|json)$/.test(file)) {
    const { elevator, queueDepth, drive, rw, where } = options;
    const depth = queueDepth === undefined ? undefined : numberOf(queueDepth, 'queue-depth');
    const host = { ...(elevator && { elevator }), ...(depth && { queueDepth: depth }) };
    const flashDepth = profile.kind === 'ssd' ? (profile as SsdProfile).queue_depth : undefined;
    return {
      kind: 'targets',
      targets:
        flashDepth === undefined
          ? readFioMatrix(files, { drive, where, rw, host })
          : readFlashMatrix(files, {
              drive,
              where,
              rw,
              most: Math.min(1024, 2 * flashDepth),
              latencyMost: flashDepth,
            }),
      file: files.join(', '),
    };
  }
  const trace = readValidationTrace(file);
  return { kind: 'trace', trace, from: 0, to: trace.requests };
}

function numberOf(text: string, option: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new InputError(`--${option}: expected a number of 0 or more, got "${text}"`);
}

/** How far the profiles before and after are off. */
function report(
  what: string,
  before: AnyProfile,
  after: AnyProfile,
  measurement: Measurement,
): string {
  if (measurement.kind === 'trace') {
    const [a, b] = [before, after].map((profile) => scoreTrace(profile, measurement));
    const share = (ms: number) => `${ms.toFixed(3)} ms (${((100 * ms) / a.mean_ms).toFixed(1)} %)`;
    return `${what}: demerit ${share(a.total_ms)} before, ${share(b.total_ms)} after`;
  }
  const [a, b] = [before, after].map((profile) => compareTargets(profile, measurement.targets));
  const percent = (off: number) => `${(100 * off).toFixed(1)} %`;
  return renderTable(
    [what, 'figure', 'measured', 'before', 'after', 'off'],
    b.map((row, i) => [
      describeWorkload(row.workload),
      row.figure,
      row.measured.toPrecision(4),
      a[i].simulated.toPrecision(4),
      row.simulated.toPrecision(4),
      percent(row.off),
    ]),
  );
}

function write(profile: AnyProfile, { name, title, output }: TuneCommandOptions): void {
  const named = { ...profile, ...(name && { name }), ...(title && { title }) };
  const text = `${JSON.stringify(named, null, 2)}\n`;
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}
