/** The part of docs/TUNING.md on flash drives: real ones, and hidden ones. */

import { percentile, sorted } from '../../src/measure/demerit.ts';
import { markdownTable } from '../../src/report/markdown-table.ts';
import type { LoopWorkload } from '../../src/tune/target.ts';
import { FLASH, tuneFlash, type Row } from './flash.ts';
import { steadyWrites, writeAndFlush } from './flash-other.ts';
import { predictFlash } from './hidden-flash.ts';

export const FLASH_HEADING = '# Tuning flash drives\n';
const FIRST_SEED = 201;
const WORKERS = 2;
const STEADY_DRIVES = 3;
const HIDDEN_FLASH = 12;

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The part of docs/TUNING.md on flash drives. */
export async function flashPart(): Promise<string> {
  const rows: Row[] = [];
  for (const drive of FLASH) rows.push(...(await tuneFlash(drive, WORKERS)));
  const off = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const line = ({ drive, comparison: c, sheetOff }: Row): string[] => {
    const { write, outstanding } = c.workload as { write: boolean; outstanding: number };
    const digits = c.figure === 'iops' ? 0 : 1;
    return [
      drive,
      write ? 'write' : 'read',
      String(outstanding),
      c.figure.replace('_us', ', us').replace('iops', 'IOPS'),
      c.measured.toFixed(digits),
      c.simulated.toFixed(digits),
      off(c.off),
      off(sheetOff),
    ];
  };
  const head = [
    'drive',
    'op',
    'outstanding',
    'figure',
    'measured',
    'tuned',
    'off',
    'datasheet alone',
  ];
  const held = rows.filter(({ isFitted }) => !isFitted);
  const bound = ({ comparison }: Row): number =>
    (comparison.workload as { write: boolean }).write ? 0.15 : 0.1;
  const within = (of: readonly Row[], of_: (row: Row) => number): string =>
    `${of.filter((row) => Math.abs(of_(row)) <= bound(row)).length} of ${of.length}`;
  const hiddenRows: string[][] = [];
  const rms: number[] = [];
  let worstOfAll = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + HIDDEN_FLASH; seed++) {
    const { untuned, tuned, worst } = await predictFlash(seed, undefined, WORKERS);
    hiddenRows.push([String(seed), percent(untuned), percent(tuned), percent(worst)]);
    rms.push(tuned);
    worstOfAll = Math.max(worstOfAll, worst);
  }
  const flushes = (await writeAndFlush(WORKERS)).map(({ drive, comparison: c, isFitted }) => [
    drive,
    String((c.workload as { kib: number }).kib),
    c.measured.toFixed(0),
    c.simulated.toFixed(0),
    off(c.off),
    isFitted ? 'yes' : 'no',
  ]);
  const steady: string[][] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STEADY_DRIVES; seed++) {
    for (const { drive, comparison: c, isFitted } of await steadyWrites(seed, WORKERS)) {
      const { outstanding, steady: isSteady } = c.workload as LoopWorkload;
      const state = isSteady ? 'steady' : 'fresh';
      const figures = [c.measured, c.simulated].map((iops) => iops.toFixed(0));
      steady.push([
        drive,
        state,
        String(outstanding),
        ...figures,
        off(c.off),
        isFitted ? 'yes' : 'no',
      ]);
    }
  }
  return `${FLASH_HEADING}
## Real drives, half of the depths left out

4 KiB random loops of \`../shared/validation/ssd\` (of cells at equal outstanding the one of middle
IOPS). Begun from the datasheet (\`devices/ssd/*.datasheet.json\`), tuned to the depths of the second table,
by default settings, and predicted at those of the first. The last column is the datasheet's
profile untuned, on the same cells. Reads are held to 10 %, writes to 15 %.

Left out, ${within(held, (row) => row.comparison.off)} figures hold tuned, ${within(held, (row) => row.sheetOff)}
from the datasheet alone; fitted, ${within(
    rows.filter(({ isFitted }) => isFitted),
    (row) => row.comparison.off,
  )}.

Left out:

${markdownTable(head, held.map(line))}

Fitted:

${markdownTable(head, rows.filter(({ isFitted }) => isFitted).map(line))}

The 860 PRO's write rates at 4 and more outstanding are those of a drive that collects more or less as the
matrix went on ([VALIDATION-SSD.md](VALIDATION-SSD.md)); medians hold. The Sabrent's cells disagree among themselves
at equal outstanding by up to 1.9 times. That dies which share a ready line are tried at all comes of all its rows
([VALIDATION-SSD.md](VALIDATION-SSD.md)), so what is left out of it here is out of sample in the numbers, not in the kind
of drive; the other drives and the hidden ones had no part in that. What the datasheets assume for a plain SATA host adapter was
taken from the three SATA drives here, so their datasheet columns are not out of sample in the time of
a command on the link; ratings that no sheet here has a source for are marked as such in the files.

## A write and a flush

\`flush-cost.json\` of the same data: one write of so many KiB and a flush, again and again. Begun from no more
than interface, kind of cell, capacity and power-loss protection, tuned to four sizes.

${markdownTable(['drive', 'KiB', 'measured, us', 'tuned', 'off', 'fitted'], flushes)}

The 950 PRO was measured at 3.1 ms for 512 KiB and 2.4 ms for 1 MiB: no drive of this model takes longer for
less, and fitted to the latter it misses what lies about the former.

## Steady state

Made-up drives with another program time, tuned to by nothing but their 4 KiB random writes in steady state at
32 outstanding.

${markdownTable(['drive', 'state', 'outstanding', 'IOPS', 'tuned', 'off', 'fitted'], steady)}

## Hidden flash drives

Made-up drives with other senses, programs, firmware and serial parts, drawn at random; tuned to from a
plain datasheet by their figures at 1, 4, 16 and 64 outstanding, then predicted at 2, 8 and 32 and with
reads of 16 KiB. Root mean square of the relative errors, and the largest: half of the drives are within
${percent(percentile(sorted(Float64Array.from(rms)), 0.5))}, all within ${percent(Math.max(...rms))}, and no figure is further off than ${percent(worstOfAll)}.

${markdownTable(['seed', 'untuned', 'tuned', 'worst figure'], hiddenRows)}
`;
}
