import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RandomStream } from '../../src/sim/random.ts';
import { parseJobFile } from '../../src/workload/fio/job-file.ts';
import { Permutation } from '../../src/workload/fio/permutation.ts';
import { createSkew } from '../../src/workload/fio/skew.ts';
import { logOf, RecordingCalls } from './recording-calls.ts';

/** What the first program of a job does. */
function run(options: string, calls?: RecordingCalls): string[] {
  return logOf(parseJobFile(`[j]\n${options}`, 'job.fio').phases[0][0], calls);
}

const ios = (log: string[]) => log.filter((line) => /^(read|write|touch)/.test(line));
const offsets = (log: string[]) => ios(log).map((line) => Number(line.split(' ')[2]));

test('a permutation holds every index once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (n, seed) => {
      const order = new Permutation(n);
      order.rekey(new RandomStream(seed, 'test'));
      const seen = new Set(Array.from({ length: n }, (_, i) => order.at(i)));
      assert.equal(seen.size, n);
      assert.ok(Math.max(...seen) === n - 1);
    }),
  );
});

test('a permutation of many blocks jumps about: mean step near a third of the range', () => {
  const n = 100_000;
  const order = new Permutation(n);
  order.rekey(new RandomStream(7, 'test'));
  let sum = 0;
  for (let i = 1; i < n; i++) sum += Math.abs(order.at(i) - order.at(i - 1));
  assert.ok(Math.abs(sum / n / n - 1 / 3) < 0.01, `${sum / n / n}`);
});

test('sequential write: open, blocks in order, fsync, close', () => {
  assert.deepEqual(run('rw=write\nsize=12k\nend_fsync=1\ndirectory=/d'), [
    'open /d/j.0.0 12288',
    'write /d/j.0.0 0 4096',
    'write /d/j.0.0 4096 4096',
    'write /d/j.0.0 8192 4096',
    'fsync /d/j.0.0',
    'close /d/j.0.0',
  ]);
  assert.equal(run('rw=write\nsize=12k\nfallocate=none')[0], 'open j.0.0 0');
  assert.equal(run('rw=read\nsize=12k\nfallocate=none')[0], 'open j.0.0 12288');
});

test('random write covers every block once, in the same order for the same seed', () => {
  const options = 'rw=randwrite\nsize=4m\noffset=1m';
  const log = offsets(run(options));
  assert.equal(new Set(log).size, 1024);
  assert.equal(Math.min(...log), 1 << 20);
  assert.equal(Math.max(...log), (5 << 20) - 4096);
  assert.deepEqual(offsets(run(options)), log);
  assert.notDeepEqual(offsets(run(`${options}\nrandseed=2`)), log);
});

test('random write without a map repeats itself', () => {
  const log = offsets(run('rw=randwrite\nsize=4m\nnorandommap'));
  assert.equal(log.length, 1024);
  // 1 - 1/e of the blocks, about.
  assert.ok(Math.abs(new Set(log).size - 647) < 60);
});

test('random writes of several sizes cover every byte once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 300 }), fc.nat(1000), (blocks, seed) => {
      const log = ios(
        run(`rw=randwrite\nsize=${blocks * 4096}\nbssplit=4k/50:12k:32k/10\nrandseed=${seed}`),
      );
      const covered = new Uint8Array(blocks);
      for (const line of log) {
        const [, , at, bytes] = line.split(' ').map(Number);
        for (let b = at / 4096; b < (at + bytes) / 4096; b++) covered[b]++;
      }
      assert.ok(covered.every((times) => times === 1));
    }),
    { numRuns: 50 },
  );
});

test('mixed reads and writes keep to the mix', () => {
  const log = ios(run('rw=randrw\nrwmixread=70\nsize=16m'));
  const reads = log.filter((line) => line.startsWith('read')).length;
  assert.equal(log.length, 4096);
  assert.ok(Math.abs(reads / 4096 - 0.7) < 0.03);
});

test('sizes by bssplit keep to the shares; by bsrange they are multiples of the least', () => {
  const sizes = (log: string[]) => ios(log).map((line) => Number(line.split(' ')[3]));
  const split = sizes(run('rw=write\nsize=64m\nbssplit=4k/75:8k/25'));
  assert.ok(Math.abs(split.filter((s) => s === 4096).length / split.length - 0.75) < 0.02);
  const range = sizes(run('rw=write\nsize=8m\nbsrange=4k-16k'));
  assert.deepEqual(
    [...new Set(range.slice(0, -1))].sort((a, b) => a - b),
    [4096, 8192, 12288, 16384],
  );
});

test('several files: by turns, at random, one after the other', () => {
  const files = (log: string[]) =>
    ios(log)
      .map((line) => line.split(' ')[1].at(-1))
      .join('');
  assert.equal(files(run('rw=write\nsize=24k\nnrfiles=3')), '012012');
  assert.equal(files(run('rw=write\nsize=24k\nnrfiles=3\nfile_service_type=sequential')), '001122');
  assert.equal(
    files(run('rw=write\nsize=24k\nnrfiles=3\nfile_service_type=roundrobin:2')),
    '001122',
  );
  const random = files(run('rw=write\nsize=96k\nnrfiles=3\nfile_service_type=random'));
  assert.equal(random.split('').sort().join(''), '0'.repeat(8) + '1'.repeat(8) + '2'.repeat(8));
});

test('more IO than the file holds begins again; loops too; number_ios ends it', () => {
  assert.deepEqual(offsets(run('rw=write\nsize=8k\nio_size=16k')), [0, 4096, 0, 4096]);
  assert.deepEqual(offsets(run('rw=write\nsize=8k\nloops=2')), [0, 4096, 0, 4096]);
  assert.deepEqual(offsets(run('rw=write\nsize=1m\nnumber_ios=1')), [0]);
});

test('runtime ends a job, and a time-based one goes on until then', () => {
  const ms = () => new RecordingCalls(1e6);
  assert.equal(ios(run('rw=write\nsize=64k\nruntime=10ms', ms())).length, 10);
  assert.equal(ios(run('rw=write\nsize=8k\nruntime=10ms\ntime_based', ms())).length, 10);
  assert.equal(ios(run('rw=write\nsize=8k\nruntime=10ms', ms())).length, 2);
  const ramped = 'rw=write\nsize=8k\nruntime=10ms\ntime_based\nramp_time=5ms';
  assert.equal(ios(run(ramped, ms())).length, 15);
});

test('fsync every so many writes; thinktime; rates; delays; mmap; lockmem; unlink', () => {
  assert.equal(run('rw=write\nsize=64k\nfsync=4').filter((l) => l.startsWith('fsync')).length, 4);
  assert.equal(run('rw=write\nsize=64k\nsync=1').filter((l) => l.startsWith('fsync')).length, 16);
  const think = run('rw=write\nsize=64k\nthinktime=500\nthinktime_blocks=8');
  assert.deepEqual(
    think.filter((line) => line.startsWith('sleep')),
    ['sleep 500000', 'sleep 500000'],
  );
  const calls = new RecordingCalls(1000);
  run('rw=write\nsize=1m\nrate=1m', calls);
  assert.ok(Math.abs(calls.nowNs() - 1e9) < 1e6, `${calls.nowNs()}`);
  const iops = new RecordingCalls(1000);
  run('rw=read\nsize=40k\nrate_iops=100', iops);
  assert.ok(Math.abs(iops.nowNs() - 1e8) < 1e6);
  assert.equal(run('rw=write\nsize=4k\nstartdelay=2')[0], 'sleep 2000000000');
  assert.match(run('rw=randwrite\nsize=4k\nioengine=mmap')[1], /^touch/);
  assert.equal(run('rw=write\nsize=4k\nlockmem=1m')[0], 'allocate 1048576');
  assert.equal(run('rw=write\nsize=4k\nunlink=1').at(-1), 'unlink j.0.0');
});

test('zipf and pareto choose the first ranks as often as their laws say', () => {
  const random = new RandomStream(3, 'test');
  const n = 1000;
  const draws = 200_000;
  const zipf = createSkew({ kind: 'zipf', theta: 0.9 }, n);
  const pareto = createSkew({ kind: 'pareto', h: 0.2 }, n);
  let zipfFirst = 0;
  let paretoFifth = 0;
  for (let i = 0; i < draws; i++) {
    if (zipf?.next(random) === 0) zipfFirst++;
    if ((pareto?.next(random) ?? n) < n * 0.2) paretoFifth++;
  }
  let zeta = 0;
  for (let i = 1; i <= n; i++) zeta += i ** -0.9;
  assert.ok(Math.abs(zipfFirst / draws - 1 / zeta) < 0.005);
  // 80 % of the IOs to 20 % of the blocks.
  assert.ok(Math.abs(paretoFifth / draws - 0.8) < 0.01);
});
