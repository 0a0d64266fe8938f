/**
 * Flash drives tuned to half of what was measured on them, and predicted on the other half: 4 KiB
 * random loops of `../shared/validation/ssd`, the very cells of docs/VALIDATION-SSD.md. The start is the
 * drive's datasheet, so that nothing but the fitted half tells of the drive.
 *
 * Run as a program it prints them: `npx tsx test/tune/flash.ts [DRIVE]`.
 */

import { fileURLToPath } from 'node:url';
import { ssdProfileSchema, type SsdProfile } from '../../src/device/ssd/profile.ts';
import { profileFromDatasheet } from '../../src/tune/datasheet.ts';
import { firstGuess } from '../../src/tune/ssd-first-guess.ts';
import { compareTargets, type Comparison, type Target } from '../../src/tune/target.ts';
import { tune } from '../../src/tune/tune.ts';
import { readFlashMatrix, type FioMatrixOptions } from '../../src/tune/fio-matrix.ts';
import { validationData } from '../validation/shared.ts';

const devices = fileURLToPath(new URL('../../devices/ssd/', import.meta.url));

interface Drive {
  /** Of its datasheet; its profile where there is none (`start`). */
  readonly name: string;
  readonly start?: () => SsdProfile;
  readonly file: string;
  readonly options: FioMatrixOptions;
  readonly fit: { readonly read: readonly number[]; readonly write: readonly number[] };
  readonly predict: { readonly read: readonly number[]; readonly write: readonly number[] };
}

const QUARTERS = {
  fit: { read: [1, 2, 16], write: [1, 2, 16] },
  predict: { read: [4, 8, 64], write: [4, 8, 64] },
};
const sata = (name: string, drive: string) => ({
  name,
  file: 'sata-random-4k.csv',
  options: { drive },
  ...QUARTERS,
});
const threads = (drive: string, source: string) => ({
  file: 'nvme-fs-path.csv',
  options: { drive, where: [`source=/${source}/`] },
  fit: { read: [1, 2, 8], write: [1, 2, 8] },
  predict: { read: [4, 6, 10], write: [4, 6, 10] },
});

export const FLASH: readonly Drive[] = [
  sata('samsung-860pro', 'samsung-860-pro'),
  sata('samsung-pm883', 'samsung-pm883'),
  sata('kingston-dc500m', 'kingston-dc500m'),
  { name: 'intel-p4510', ...threads('intel-p4510-1tb', 'p4510_legacy.raw.out_[rw]4') },
  {
    name: 'sabrent-rocket4plus-2tb',
    file: 'sabrent-rocket4plus-2tb.csv',
    options: { drive: 'benchmarks/4096_sector/1x/4k', where: ['iodepth=1'] },
    fit: { read: [1, 2, 16], write: [1] },
    predict: { read: [4, 8, 64], write: [] },
  },
];

const cellsAt = (
  targets: readonly Target[],
  at: { readonly read: readonly number[]; readonly write: readonly number[] },
): Target[] =>
  targets.filter(
    ({ workload: w }) => w.run === 'loop' && (w.write ? at.write : at.read).includes(w.outstanding),
  );
/** Of each cell the figures that VALIDATION-SSD.md holds drives to. */
const held = (c: Comparison): boolean => c.figure === 'iops' || c.figure === 'p50_us';

export interface Row {
  readonly drive: string;
  readonly comparison: Comparison;
  /** The same from the datasheet alone, as a share. */
  readonly sheetOff: number;
  readonly isFitted: boolean;
}

export async function tuneFlash(drive: Drive, workers = 0): Promise<Row[]> {
  const start =
    drive.start?.() ??
    ssdProfileSchema.parse(profileFromDatasheet(`${devices}${drive.name}.datasheet.json`));
  const targets = readFlashMatrix([`${validationData}ssd/${drive.file}`], {
    ...drive.options,
    most: 1024,
    latencyMost: start.queue_depth,
  });
  const fitted = cellsAt(targets, drive.fit);
  const { profile, loss, startLoss, evaluations } = await tune({
    profile: firstGuess(start, fitted),
    measurement: { kind: 'targets', targets: fitted, file: drive.file },
    workers,
  });
  if (process.env.VERBOSE)
    console.log(
      drive.name,
      startLoss,
      loss,
      evaluations,
      JSON.stringify({
        c: profile.controller,
        l: profile.link,
        r: profile.array.read_us,
        p: profile.array.program_us,
        re: profile.array.read_retry,
        i: profile.array.idle,
      }),
    );
  return [fitted, cellsAt(targets, drive.predict)].flatMap((cells, i) => {
    const sheet = compareTargets(start, cells);
    return compareTargets(profile, cells)
      .map((comparison, k) => ({
        drive: drive.name,
        comparison,
        sheetOff: sheet[k].off,
        isFitted: i === 0,
      }))
      .filter((row) => held(row.comparison));
  });
}

if (process.argv[1] === import.meta.filename) {
  for (const drive of FLASH.filter(({ name }) => name.includes(process.argv[2] ?? ''))) {
    const t = performance.now();
    for (const { comparison: c, sheetOff, isFitted } of await tuneFlash(drive, 2)) {
      const w = c.workload as { write: boolean; outstanding: number };
      console.log(
        drive.name,
        isFitted ? 'fit ' : 'HELD',
        w.write ? 'write' : 'read',
        w.outstanding,
        c.figure,
        c.measured.toFixed(1),
        c.simulated.toFixed(1),
        `${(100 * c.off).toFixed(1)} %`,
        `sheet ${(100 * sheetOff).toFixed(1)} %`,
      );
    }
    console.log(((performance.now() - t) / 1000).toFixed(0), 's');
  }
}
