import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../src/sim/input-error.ts';
import { parseJobFile } from '../../src/workload/fio/job-file.ts';

const parse = (text: string) => parseJobFile(text, 'job.fio');

function fails(text: string, pattern: RegExp): void {
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, pattern);
      return true;
    },
  );
}

/** The job file of the shared samples, which fio 3.x ran. */
const SAMPLE = `; sample job: mixed foreground reads over background writeback
[global]
ioengine=psync
directory=/data
size=16m
bs=4k
direct=0
time_based=0
randseed=42
log_avg_msec=100
[seqwrite]
rw=write
bs=128k
end_fsync=1
stonewall
[randread]
rw=randread
io_size=4m
write_iolog=/data/randread.iolog
write_lat_log=randread
stonewall
[mixed]
rw=randrw
rwmixread=70
bssplit=4k/60:16k/30:64k/10
io_size=4m
fsync=64
stonewall
[trimmed]
rw=write
io_size=1m
thinktime=500
thinktime_blocks=16
`;

test('a job file that fio ran: phases, defaults, ignored options', () => {
  const { phases, jobs, ignored, extensions } = parse(SAMPLE);
  assert.deepEqual(
    phases.map((phase) => phase.map((program) => program.name)),
    [['seqwrite'], ['randread'], ['mixed', 'trimmed']],
  );
  assert.deepEqual(ignored, ['log_avg_msec', 'write_iolog', 'write_lat_log']);
  assert.equal(extensions.memBytes, undefined);
  const [seqwrite, randread, mixed, trimmed] = jobs;
  assert.deepEqual(seqwrite.blockSizes.write.bytes, [131072]);
  assert.equal(seqwrite.ioBytes, 16 << 20);
  assert.equal(randread.ioBytes, 4 << 20);
  assert.equal(randread.seed, 42);
  assert.deepEqual(mixed.blockSizes.read.bytes, [4096, 16384, 65536]);
  assert.deepEqual(mixed.blockSizes.read.shares, [0.6, 0.3, 0.1]);
  assert.equal(mixed.fsyncEvery, 64);
  assert.equal(trimmed.thinkNs, 500_000);
  assert.equal(trimmed.isTimeBased, false);
});

test('comments, quotes, later globals, clones and the environment', () => {
  const text = `# top
[global]
size=1m   ; each
rw=write
[a]
numjobs=3
description="kept; whole"
[global]
bs=\${BLOCK}
[b]
filename="one":two\\:three
nrfiles=2
`;
  const { phases, jobs } = parseJobFile(text, 'job.fio', { environment: { BLOCK: '8k' } });
  assert.deepEqual(
    phases[0].map((program) => program.name),
    ['a.0', 'a.1', 'a.2', 'b'],
  );
  assert.deepEqual(jobs[0].blockSizes.write.bytes, [4096]);
  assert.deepEqual(jobs[1].blockSizes.write.bytes, [8192]);
  assert.deepEqual(jobs[1].files.names, ['one', 'two:three']);
});

test('the machine of disktime_* options', () => {
  const { extensions } = parse(
    '[global]\ndisktime_mem=64m\ndisktime_device=seagate\ndisktime_way=range\n' +
      'disktime_scheduler=deadline\ndisktime_dirty_ratio=20\ndisktime_dirty_background_ratio=10\n' +
      '[a]\nsize=1m\n',
  );
  assert.deepEqual(extensions, {
    memBytes: 64 << 20,
    device: 'seagate',
    way: 'range',
    scheduler: 'deadline',
    dirtyRatio: 20,
    dirtyBackgroundRatio: 10,
  });
  fails('[a]\nsize=1m\ndisktime_mem=64m', /^job\.fio:3: .*\[global\]/);
});

test('what is wrong is named with its line and the nearest name', () => {
  fails(
    '[a]\nsize=1m\nrwmixraed=3',
    /^job\.fio:3: unknown option "rwmixraed"; nearest: "rwmixread"/,
  );
  fails('[a]\nsize=lots', /^job\.fio:2: size: "lots" is not a size/);
  fails('[a]\nrw=write', /^job\.fio:1: job "a" needs a size/);
  fails(
    '[a]\nsize=1m\nrw=randtrim',
    /^job\.fio:3: rw: randtrim: trim is not for buffered files yet/,
  );
  fails('[a]\nsize=1m\ndirect=1', /^job\.fio:3: direct: direct IO bypasses the page cache/);
  fails('[a]\nsize=1m\nrw=wirte', /^job\.fio:3: rw: "wirte" .*nearest: "write"/);
  fails('[a]\nsize=1m\nrw', /^job\.fio:3: rw needs a value/);
  fails('[a]\nsize=1m\nread_iolog=x', /^job\.fio:3: read_iolog .*fio-iolog:FILE/);
  fails('size=1m', /^job\.fio:1: expected a section/);
  fails('[global]\nsize=1m', /^job\.fio: no job/);
  fails('[a]\nsize=50%', /^job\.fio:2: size: "50%"/);
  fails('[a]\nsize=1m\ntime_based', /^job\.fio:3: time_based needs a runtime/);
  fails('[a]\nsize=1m\nbssplit=4k/60:8k/60', /^job\.fio:3: bssplit: the percentages sum to 120/);
  fails('[a]\nsize=1m\nnumjobs=0', /^job\.fio:3: numjobs: "0"/);
});
