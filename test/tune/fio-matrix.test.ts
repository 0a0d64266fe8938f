/** fio's own JSON as a measurement to tune to. */

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { InputError } from '../../src/sim/input-error.ts';
import { readFioMatrix } from '../../src/tune/fio-matrix.ts';
import { tune } from '../../src/tune/tune.ts';
import { smallProfile } from '../device/hdd/small-drive.ts';

const side = (iops: number, p50_ns = 0): object => ({
  iops,
  clat_ns: { percentile: { '50.000000': p50_ns, '99.000000': 2 * p50_ns, '99.990000': 9e9 } },
});

/** What `fio --output-format=json` writes of one job, as far as it is read. */
function output(options: Record<string, string>, iops: number, p50_ns: number): string {
  const job = { 'job options': options, read: side(iops, p50_ns), write: side(0) };
  const top = { 'fio version': 'fio-3.33', 'global options': { ioengine: 'libaio', direct: '1' } };
  return JSON.stringify({ ...top, jobs: [job] });
}

function written(text: string, name = 'cell.json'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'disktime-fio-')), name);
  writeFileSync(file, text);
  return file;
}

const ONE = { rw: 'randread', bs: '4k', iodepth: '1' };

test('cells of several files become one matrix, percentiles at one outstanding only', () => {
  const files = [
    written(output({ ...ONE, iodepth: '4', numjobs: '2' }, 150, 60e6)),
    written(output(ONE, 70, 14e6)),
  ];
  const targets = readFioMatrix(files);
  assert.deepEqual(
    targets.map(({ workload, measured }) => [
      'outstanding' in workload ? workload.outstanding : 0,
      measured,
    ]),
    [
      [1, { iops: 70, p50_ms: 14, p99_ms: 28 }],
      [8, { iops: 150 }],
    ],
  );
});

test('a profile is fitted to them', async () => {
  const file = written(output(ONE, 90, 10.5e6));
  const { startLoss, loss } = await tune({
    profile: smallProfile(),
    measurement: { kind: 'targets', targets: readFioMatrix([file], { seconds: 5 }), file },
    fit: ['overhead.readMiss.afterRead_ms'],
    evaluations: 40,
  });
  assert.ok(loss < startLoss, `${startLoss} -> ${loss}`);
});

for (const [name, text, message] of [
  [
    'a sequential job',
    output({ ...ONE, rw: 'read' }, 1, 1),
    /cell\.json: rw: expected randread or/,
  ],
  ['another size', output({ ...ONE, bs: '128k' }, 1, 1), /cell\.json: bs: expected 4k/],
  [
    'two cells in a file',
    output(ONE, 1, 1)
      .replace('"jobs":[', '"jobs":[{"job options":{"rw":"randread"}},')
      .replace('"rw":"randread","bs"', '"rw":"randwrite","bs"'),
    /cell\.json: expected one cell a file, got jobs of randread and of randwrite/,
  ],
  ['no jobs', '{"fio version": "fio-3.33"}', /cell\.json: expected fio JSON with "jobs"/],
  ['no JSON', 'fio: job aborted', /cell\.json/],
] as const) {
  test(`${name} is an error that names the file`, () => {
    const file = written(text);
    assert.throws(
      () => readFioMatrix([file]),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  });
}
