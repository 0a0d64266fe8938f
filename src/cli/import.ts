/** `disktime import disksim FILE.diskspecs`: another simulator's parameters as a profile. */

import { Command } from 'commander';
import { FATES, type ReportLine } from '../device/hdd/disksim/account.ts';
import { importDisksim } from '../device/hdd/disksim/import.ts';
import { renderTable } from '../report/table.ts';
import { writeWhole } from '../report/write-file.ts';
import { InputError } from '../sim/input-error.ts';

interface ImportCommandOptions {
  output?: string;
  report?: string;
  name?: string;
  title?: string;
  source?: string;
  bus?: string;
  parv?: string;
}

export function importCommand(): Command {
  const disksim = new Command('disksim')
    .description("DiskSim's parameter file with the .model and .seek it names")
    .argument('<file>', 'FILE.diskspecs')
    .option('-o, --output <file>', 'write the profile there (default: standard output)')
    .option('--report <file>', 'what became of each key (default: standard error)')
    .option('--name <name>', "the profile's name (default: the file's)")
    .option('--title <text>', 'maker, model, size, speed, year')
    .option('--source <text>', 'what the files are taken from, for the sources of the numbers')
    .option('--bus <ms>', 'time of a sector on the bus, ms: READ or READ,WRITE')
    .option('--parv <file>', 'system file with the bus (default: FILE.parv, if it is there)')
    .action(runDisksim);
  return new Command('import')
    .description("read another simulator's drive into a profile")
    .addCommand(disksim.exitOverride());
}

/**
 * `READ` or `READ,WRITE`, ms.
 * @throws InputError
 */
export function parseBus(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const [read, write = read, ...more] = text.split(',').map(Number);
  if (more.length === 0 && read >= 0 && write >= 0) return [read, write];
  throw new InputError(`--bus: "${text}": expected milliseconds a sector, READ or READ,WRITE`);
}

/** Spread over a table: keys of many zones that shared one fate are one row. */
function reportText(lines: readonly ReportLine[]): string {
  const rows = new Map<string, { line: ReportLine; count: number }>();
  for (const line of lines) {
    const key = `${line.file}|${line.key}|${line.fate}|${line.note}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { line, count: 1 });
    else row.count++;
  }
  const sorted = [...rows.values()].sort(
    (a, b) => FATES.indexOf(b.line.fate) - FATES.indexOf(a.line.fate),
  );
  return renderTable(
    ['key', 'value', 'fate', 'where to, or why not', 'line'],
    sorted.map(({ line, count }) => [
      count > 1 ? `${line.key} (${count} times)` : line.key,
      line.value,
      line.fate,
      line.note,
      String(line.line),
    ]),
  );
}

function runDisksim(file: string, options: ImportCommandOptions): void {
  const bus_ms = parseBus(options.bus);
  const { name, title, source, parv } = options;
  const { profile, report } = importDisksim(file, { name, title, source, bus_ms, parv });
  const text = `${JSON.stringify(profile, null, 2)}\n`;
  const account = `${reportText(report)}\n`;
  if (options.report === undefined) process.stderr.write(account);
  else writeWhole(options.report, account);
  if (options.output === undefined) process.stdout.write(text);
  else writeWhole(options.output, text);
}
