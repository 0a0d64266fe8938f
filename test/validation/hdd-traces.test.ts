/**
 * Real drives' traces, replayed: the demerit figure is no worse than the bound. Data: measured traces
 * of DiskSim's validation set in ../shared/validation; absent from a user's clone.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadProfile } from '../../src/device/registry.ts';
import { importDisksim } from '../../src/device/hdd/disksim/import.ts';
import { validate } from '../../src/report/validation.ts';
import { readValidationTrace } from '../../src/workload/replay/validation-trace.ts';

const FOLDERS = [
  process.env.DISKTIME_VALIDATION,
  '../shared/validation',
  '/work/shared/validation',
];
const ROOT = FOLDERS.find((folder) => folder !== undefined && existsSync(join(folder, 'hdd')));

/**
 * Trace, shipped profile, DiskSim's published demerit, and the share of it that is reached: above 1
 * where a drive resists (docs/VALIDATION.md says by what). The DEC RZ26 was at 1.05 while reads begun
 * within their sectors were sent too late: 0.45 ms in the median of those behind a write, which hid as much
 * of what its parameters do not say. With that mended they miss by 0.29 ms, and the sum by 1.08.
 */
const DRIVES: readonly (readonly [string, string, number, number])[] = [
  ['atlas10k', 'quantum-atlas10k', 0.268, 1],
  ['barracuda', 'seagate-st32171w', 0.349, 1],
  ['cheetah4LP', 'seagate-st34501n', 0.318, 1],
  ['ibm18es', 'ibm-dnes-309170w', 0.135, 1],
  ['hp_c2247a', 'hp-c2247a', 0.09, 1],
  ['hp_c2490a', 'hp-c2490a', 0.254, 1],
  ['dec_rz26', 'dec-rz26', 0.34, 1.1],
];

const skip = ROOT === undefined ? 'SKIPPED: ../shared/validation is not here' : false;
if (skip !== false) console.warn(`test/validation: ${skip}`);

let logs = 0;
for (const [trace, name, published_ms, reached] of DRIVES) {
  test(`${name}: demerit at most ${reached} of DiskSim's ${published_ms} ms`, { skip }, () => {
    const file = join(ROOT!, 'hdd', trace, `${trace}.trace`);
    const result = validate(readValidationTrace(file), loadProfile(name));
    logs += Math.log(result.demerit_ms / published_ms);
    assert.ok(result.demerit_ms <= reached * published_ms, `${result.demerit_ms} ms`);
  });
}

test('over all seven: geometric mean of ours/theirs at most 0.9', { skip }, () => {
  const mean = Math.exp(logs / DRIVES.length);
  assert.ok(mean <= 0.9, String(mean));
});

test('the shipped profiles are what the import gives', { skip }, () => {
  for (const [trace, name] of DRIVES) {
    const shipped = loadProfile(name);
    const { link } = shipped as unknown as {
      link: { sector_us: number; writeSector_us: number };
    };
    const { profile } = importDisksim(join(ROOT!, 'hdd', trace, `${trace}.diskspecs`), {
      name,
      title: shipped.title,
      source: 'DiskSim 4.0 validation set (CMU PDL)',
      bus_ms: [link.sector_us / 1000, link.writeSector_us / 1000],
    });
    const { sources: _imported, ...numbers } = profile;
    const { sources: _shipped, ...kept } = shipped;
    assert.deepEqual(JSON.parse(JSON.stringify(numbers)), kept);
  }
});
