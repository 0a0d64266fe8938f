import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { InputError } from '../../src/sim/input-error.ts';
import type { CallTrace } from '../../src/workload/trace/call-trace.ts';
import { fioIolog } from '../../src/workload/trace/fio-iolog.ts';
import { detectFormat, readTrace } from '../../src/workload/trace/registry.ts';
import { replayPrograms } from '../../src/workload/trace/replay.ts';
import { parseStraceLine } from '../../src/workload/trace/strace-line.ts';
import { strace } from '../../src/workload/trace/strace.ts';
import { inflateText } from '../../src/workload/trace/text-lines.ts';
import { logOf, RecordingCalls } from './recording-calls.ts';

const RECORDED = 'bench/traces/sqlite-tar.strace.gz';

const logs = (trace: CallTrace) => replayPrograms(trace).map((program) => logOf(program));
const logOfText = (text: string) => logs(strace.read(text, 't.strace'))[0];

function fails(read: () => unknown, pattern: RegExp): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

test('strace: every form of a line’s beginning', () => {
  const call = 'close(3) = 0';
  for (const [line, pid, time] of [
    [call, '', ''],
    [`77  ${call}`, '77', ''],
    [`[pid   77] ${call}`, '77', ''],
    [`77 1795435402.169353 ${call}`, '77', '1795435402.169353'],
    [`77      0.000123 ${call}`, '77', '0.000123'],
    [`     0.000123 ${call}`, '', '0.000123'],
    [`12:00:01.000123 ${call}`, '', '12:00:01.000123'],
    [`77 12:00:01 ${call}`, '77', '12:00:01'],
  ]) {
    const parsed = parseStraceLine(line);
    assert.ok(parsed?.kind === 'call', line);
    assert.equal(parsed.call.pid, pid, line);
    assert.equal(parsed.call.time, time, line);
    assert.deepEqual(parsed.call.args, ['3']);
  }
});

test('strace: arguments with commas, quotes and brackets in them', () => {
  const line =
    'writev(3</a, "b\\76c>, [{iov_base="x, \\"y\\")"..., iov_len=5}, {iov_base="", iov_len=0}], 2) = 5 <0.000021>';
  const parsed = parseStraceLine(line);
  assert.ok(parsed === undefined || parsed.kind === 'call');
  assert.equal(parsed?.kind === 'call' ? parsed.call.args.length : 0, 3);
  assert.equal(parsed?.kind === 'call' ? parsed.call.result : '', '5');
});

test('strace: positions, append, truncation, dup, rename, unlink', () => {
  const text = `openat(AT_FDCWD</d>, "a", O_RDWR|O_CREAT|O_TRUNC, 0644) = 3</d/a>
write(3</d/a>, "abc"..., 100) = 100
write(3</d/a>, ""..., 100) = 50
lseek(3</d/a>, 10, SEEK_SET) = 10
dup(3</d/a>) = 5</d/a>
write(5</d/a>, ""..., 7) = 7
close(3</d/a>) = 0
write(5</d/a>, ""..., 7) = -1 EAGAIN (Resource temporarily unavailable)
write(5</d/a>, ""..., 7) = 7
close(5</d/a>) = 0
openat(AT_FDCWD</d>, "a", O_WRONLY|O_APPEND) = 3</d/a>
write(3</d/a>, ""..., 5) = 5
fdatasync(3</d/a>) = 0
ftruncate(3</d/a>, 20) = 0
close(3</d/a>) = 0
write(1<pipe:[77]>, "x", 1) = 1
openat(AT_FDCWD</d>, "b", O_RDONLY) = -1 ENOENT (No such file or directory)
rename("/d/a", "/d/b") = 0
unlinkat(AT_FDCWD</d>, "b", 0) = 0
sync() = 0
exit_group(0) = ?
+++ exited with 0 +++
`;
  assert.deepEqual(logOfText(text), [
    'open /d/a 0',
    'truncate /d/a 0',
    'write /d/a 0 100',
    'write /d/a 100 50',
    'write /d/a 10 7',
    'write /d/a 17 7',
    'close /d/a',
    'open /d/a 150',
    'write /d/a 150 5',
    'fsync /d/a',
    'truncate /d/a 20',
    'close /d/a',
    'rename /d/a /d/b',
    'unlink /d/b',
    'sync',
  ]);
});

test('strace: a call cut in two by another process; what was there before is known by reads', () => {
  const text = `7 100000000.5 openat(AT_FDCWD, "/d/x", O_RDWR <unfinished ...>
8 100000000.6 openat(AT_FDCWD, "/d/y", O_RDWR) = 3
7 100000000.7 <... openat resumed>) = 3
7 100000000.8 pread64(3,  <unfinished ...>
8 100000000.9 pwrite64(3, ""..., 4096, 8192) = 4096
7 100000001.0 <... pread64 resumed>""..., 4096, 12288) = 4096
8 100000001.1 +++ exited with 0 +++
7 100000001.2 +++ exited with 0 +++
`;
  const trace = strace.read(text, 't.strace');
  assert.deepEqual(trace.warnings, []);
  assert.deepEqual(
    logs(trace).sort((a, b) => (a[0] < b[0] ? -1 : 1)),
    [
      ['open /d/x 16384', 'read /d/x 12288 4096', 'close /d/x'],
      ['open /d/y 0', 'write /d/y 8192 4096', 'close /d/y'],
    ],
  );
});

test('strace: processes that follow one another are one program; recorded pauses when asked', () => {
  const text = `7 100000000.5 creat("/d/x", 0644) = 3
7 100000000.6 write(3, ""..., 10) = 10
8 100000000.7 write(3</d/x>, ""..., 5) = 5
8 100000003.7 fsync(3</d/x>) = 0
`;
  const trace = strace.read(text, 't.strace');
  const programs = replayPrograms(trace, { think: 'recorded', maxThinkNs: 1e9 });
  assert.deepEqual(
    programs.map((program) => program.name),
    ['7+8'],
  );
  const calls = new RecordingCalls(0);
  const log = logOf(programs[0], calls);
  // The inherited descriptor goes on where its parent left it.
  assert.ok(log.includes('write /d/x 10 5'), log.join('; '));
  assert.ok(Math.abs(calls.nowNs() - 1.2e9) < 10, `${calls.nowNs()}`);
});

test('strace: a line that is none, and a trace that breaks off', () => {
  fails(() => strace.read('close(3) = 0\nnonsense here\n', 't'), /^t:2: not a line of strace's/);
  fails(() => strace.read('close(3) = 0\nwrite(3, "abc', 't'), /^t:2: .*breaks off/);
  fails(() => strace.read('', 't'), /^t: the trace is empty/);
  const gz = gzipSync('close(3) = 0\n'.repeat(50_000));
  fails(
    () => inflateText(gz.subarray(0, gz.length - 40), 't.gz'),
    /^t\.gz:\d\d+: .*breaks off here/,
  );
  const text = gunzipSync(readFileSync(RECORDED)).subarray(0, 100_000).toString();
  fails(() => strace.read(text, 't'), /^t:\d+: .*breaks off here/);
});

test('the recorded trace: read whole, and replayed with every open closed', () => {
  const trace = readTrace(RECORDED);
  assert.deepEqual(trace.warnings, []);
  assert.ok(trace.length > 50_000);
  const programs = replayPrograms(trace);
  assert.ok(programs.length >= 3);
  for (const program of programs) {
    const log = logOf(program);
    const opens = log.filter((line) => line.startsWith('open')).length;
    assert.equal(log.filter((line) => line.startsWith('close')).length, opens);
  }
});

const V3 = `fio version 3 iolog
27 /d/a add
635 /d/a open
641 /d/a write 8192 4096
756 /d/a read 16384 4096
800 /d/a sync 0 0
900 /d/a close
`;

test('fio iolog 3, with the header again in mid-file', () => {
  const trace = fioIolog.read(V3 + V3, 'a.log');
  const once = ['write /d/a 8192 4096', 'read /d/a 16384 4096', 'fsync /d/a', 'close /d/a'];
  assert.deepEqual(logs(trace), [['open /d/a 20480', ...once, 'open /d/a 20480', ...once]]);
  // The second run begins where the first ended.
  assert.equal(trace.startNs[trace.length - 1], (900 + 900 - 635) * 1000);
});

test('fio iolog 2: waits, trims, and lines fio itself refuses', () => {
  const log = `fio version 2 iolog
/d/a add
/d/a open
/d/a wait 1000 0
/d/a trim 0 4096
/d/a datasync 0 0
/d/a close
`;
  const trace = fioIolog.read(log, 'a.log');
  assert.deepEqual(logs(trace), [['open /d/a 0', 'fsync /d/a', 'close /d/a']]);
  assert.deepEqual(trace.warnings, ['trims are left out (1 times)']);
  assert.equal(trace.startNs[1], 1e6);
  const head = 'fio version 2 iolog\n/d/a add\n/d/a open\n';
  fails(() => fioIolog.read(`${head}/d/a sync`, 'a'), /^a:4: expected file, action, offset/);
  fails(
    () => fioIolog.read(`${head}/d/a wirte 0 1`, 'a'),
    /^a:4: unknown action "wirte"; nearest: "write"/,
  );
  fails(
    () => fioIolog.read(`${head}/d/b read 0 1`, 'a'),
    /^a:4: read of \/d\/b, which is not open/,
  );
  fails(() => fioIolog.read('fio version 9 iolog', 'a'), /^a:1: /);
  fails(() => fioIolog.read(V3.replace('641', 'x'), 'a'), /^a:4: /);
});

test('formats are told by their first line, or named', () => {
  assert.equal(detectFormat(V3, 'x').name, 'fio-iolog');
  assert.equal(detectFormat('7 1795435402.1 close(3) = 0\n', 'x').name, 'strace');
  fails(() => detectFormat('hello', 'x'), /^x:1: of no known trace format/);
  fails(() => readTrace('stracee:x'), /nearest: "strace"/);
  fails(() => readTrace('strace:/no/such'), /^\/no\/such: no such file/);
});
