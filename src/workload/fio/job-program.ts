/** One clone of a fio job as a program: it opens its files, does its IOs, and closes them. */

import type { FileCalls, Program } from '../../mm/file-calls.ts';
import { RandomStream } from '../../sim/random.ts';
import type { Sleeping } from '../../sim/task.ts';
import { SECOND } from '../../sim/units.ts';
import { IoStream, READ, WRITE } from './io-stream.ts';
import { fileNames, type Job } from './job.ts';

export class JobProgram implements Program {
  readonly name: string;
  readonly #job: Job;
  readonly #clone: number;

  constructor(job: Job, clone: number) {
    this.#job = job;
    this.#clone = clone;
    this.name = job.clones === 1 ? job.name : `${job.name}.${clone}`;
  }

  *run(calls: FileCalls): Sleeping<void> {
    const job = this.#job;
    const seedName = `${job.name}.${this.#clone}`;
    yield* this.#delay(calls, seedName);
    if (job.lockedBytes > 0) yield* calls.allocate(job.lockedBytes);
    const names = fileNames(job, this.#clone);
    const end = job.files.startBytes + job.files.bytes;
    const files = names.map((name) => calls.open(name, job.files.isLaidOut ? end : 0));
    // A shared mapping needs the whole length to be there: what is not laid out is a hole.
    if (job.isMmap) for (const file of files) yield* extend(calls, file, end);
    yield* this.#work(calls, files, new IoStream(job, seedName));
    for (const [i, file] of files.entries()) {
      if (job.writes && (job.endFsync || job.fsyncOnClose)) yield* calls.fsync(file);
      yield* calls.close(file);
      if (job.unlink) yield* calls.unlink(names[i]);
    }
  }

  *#delay(calls: FileCalls, seedName: string): Sleeping<void> {
    const [least, most] = this.#job.startDelayNs;
    const extra =
      most === least ? 0 : new RandomStream(this.#job.seed, `fio:${seedName}:delay`).uniform();
    if (most > 0) yield* calls.sleepNs(Math.round(least + extra * (most - least)));
  }

  *#work(calls: FileCalls, files: readonly number[], ios: IoStream): Sleeping<void> {
    const job = this.#job;
    const startNs = calls.nowNs();
    const endNs = startNs + job.runtimeNs;
    let done = 0;
    let writes = 0;
    let readBytes = 0;
    let readIos = 0;
    let writtenBytes = 0;
    while (calls.nowNs() < endNs && ios.next()) {
      const file = files[ios.file];
      let dueNs: number;
      if (ios.direction === READ) {
        yield* calls.read(file, ios.offsetBytes, ios.bytes);
        readBytes += ios.bytes;
        readIos++;
        dueNs = due(readBytes, job.bytesPerSecond.read, readIos, job.iosPerSecond.read);
      } else {
        yield* job.isMmap
          ? calls.touch(file, ios.offsetBytes, ios.bytes)
          : calls.write(file, ios.offsetBytes, ios.bytes);
        writtenBytes += ios.bytes;
        writes++;
        dueNs = due(writtenBytes, job.bytesPerSecond.write, writes, job.iosPerSecond.write);
      }
      if (ios.direction === WRITE && job.fsyncEvery > 0 && writes % job.fsyncEvery === 0) {
        yield* calls.fsync(file);
      }
      if (job.thinkNs > 0 && ++done % job.thinkEvery === 0) yield* calls.sleepNs(job.thinkNs);
      const earlyNs = startNs + dueNs - calls.nowNs();
      if (earlyNs > 0) yield* calls.sleepNs(Math.round(earlyNs));
    }
  }
}

/** How long so much may not take less than, at limited rates, ns. */
function due(bytes: number, bytesPerSecond: number, ios: number, iosPerSecond: number): number {
  return Math.max(bytes / bytesPerSecond, ios / iosPerSecond) * SECOND;
}

/** ftruncate to a length that the file does not have yet. */
function* extend(calls: FileCalls, file: number, bytes: number): Sleeping<void> {
  if (calls.sizeOf(file) < bytes) yield* calls.truncate(file, bytes);
}
