/** `disktime validate TRACE --device DRIVE`: a drive's measured trace against its simulation. */

import { Command } from 'commander';
import { importDisksim } from '../device/hdd/disksim/import.ts';
import type { AnyProfile } from '../device/profile.ts';
import { loadProfile } from '../device/registry.ts';
import { distributionPlot } from '../report/distribution-plot.ts';
import { renderTable } from '../report/table.ts';
import { validationDocument } from '../report/validation-document.ts';
import {
  validate,
  VALIDATION_HEAD,
  validationJson,
  validationRows,
  type Validation,
} from '../report/validation.ts';
import { writeWhole } from '../report/write-file.ts';
import { InputError } from '../sim/input-error.ts';
import { readValidationTrace } from '../workload/replay/validation-trace.ts';
import { parseBus } from './import.ts';
import { SNAPSHOT, savedDrive } from './snapshot.ts';

interface ValidateOptions {
  device?: string;
  bus?: string;
  snapshot?: string;
  svg?: string;
  json?: boolean;
  all?: string;
  markdown?: string;
}

export function validateCommand(): Command {
  return new Command('validate')
    .description('replay a measured trace of a real drive and say how far off the drive is')
    .argument('[trace]', 'R|W action LBA sectors response_us gap_us, one request a line')
    .option('-d, --device <name>', 'drive: a name, a profile, or a DiskSim FILE.diskspecs')
    .option('--bus <ms>', 'of a .diskspecs: time of a sector on the bus, READ or READ,WRITE')
    .option(SNAPSHOT.flags, SNAPSHOT.description)
    .option('--svg <file>', 'draw both distribution curves there')
    .option('--json', 'print the figures as JSON')
    .option('--all <folder>', 'every drive whose NAME/NAME.trace lies in this folder')
    .option('--markdown <file>', 'with --all: write the document and its plots there')
    .action(run);
}

/**
 * A drive by name, profile or DiskSim parameter file.
 * @throws InputError
 */
export function loadDrive(name: string, bus: string | undefined): AnyProfile {
  if (name.endsWith('.diskspecs')) return importDisksim(name, { bus_ms: parseBus(bus) }).profile;
  if (bus !== undefined) throw new InputError('--bus: only a .diskspecs file leaves the bus open');
  return loadProfile(name);
}

/** The picture of a result. */
export function plotOf(result: Validation): string {
  const [all] = result.shares;
  return distributionPlot(
    `${result.device}: ${result.requests} requests, demerit ${result.demerit_ms.toFixed(3)} ms`,
    [
      { label: 'measured', values: all.measured, colour: '#1f77b4' },
      { label: 'simulated', values: all.simulated, colour: '#d62728' },
    ],
  );
}

function run(file: string | undefined, options: ValidateOptions): void {
  const { device, bus, snapshot } = options;
  if (options.all !== undefined) {
    if (snapshot !== undefined) {
      throw new InputError('--snapshot is of one drive, and --all takes each of a folder');
    }
    if (options.markdown === undefined) throw new InputError('--all: needs --markdown FILE');
    validationDocument(options.all, options.markdown, plotOf);
    return;
  }
  const asked = device === undefined ? undefined : loadDrive(device, bus);
  const saved = snapshot === undefined ? undefined : savedDrive(snapshot, asked);
  const profile = saved?.profile ?? asked;
  if (file === undefined || profile === undefined) {
    throw new InputError(
      'validate: needs a trace and --device or --snapshot, or --all FOLDER --markdown FILE',
    );
  }
  const result = validate(readValidationTrace(file), profile, saved?.snapshot);
  if (options.svg !== undefined) writeWhole(options.svg, plotOf(result));
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(validationJson(result), null, 2)}\n`
      : textOf(result, profile.title),
  );
}

function textOf(result: Validation, title: string): string {
  const share = (100 * result.demerit_share).toFixed(1);
  const worst = result.worst.map(
    ({ mechanism, requests, error_ms }) =>
      `  ${String(requests).padStart(4)}  ${mechanism} (measured - simulated: ${error_ms.toFixed(2)} ms on average)`,
  );
  return [
    title,
    renderTable(VALIDATION_HEAD, validationRows(result)),
    `demerit ${result.demerit_ms.toFixed(3)} ms, ${share} % of the mean measured response time`,
    'the worst thousand requests miss by:',
    ...worst,
    '',
  ].join('\n');
}
