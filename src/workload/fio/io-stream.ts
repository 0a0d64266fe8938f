/**
 * The IOs of one clone of a job, one by one: direction, file, offset and size. It knows nothing of
 * time, and nothing is allocated per IO.
 */

import { RandomStream } from '../../sim/random.ts';
import { FileWalk } from './file-walk.ts';
import type { Job } from './job.ts';
import type { BlockSizes } from './values.ts';

export const READ = 0;
export const WRITE = 1;

export class IoStream {
  /** The IO chosen last: READ or WRITE, which of the clone's files, where and how long. */
  direction = READ;
  file = 0;
  offsetBytes = 0;
  bytes = 0;

  readonly #job: Job;
  readonly #walks: FileWalk[];
  /** Files whose pass is over. */
  readonly #isDone: Uint8Array;
  #filesLeft: number;
  #servedInRow = 0;
  #bytesLeft: number;
  #iosLeft: number;
  readonly #mixRandom: RandomStream;
  readonly #sizeRandom: RandomStream;
  readonly #fileRandom: RandomStream;

  /** @param seedName names the clone's random streams, e.g. `writer.0` */
  constructor(job: Job, seedName: string) {
    this.#job = job;
    const stream = (what: string) => new RandomStream(job.seed, `fio:${seedName}:${what}`);
    this.#mixRandom = stream('mix');
    this.#sizeRandom = stream('size');
    this.#fileRandom = stream('file');
    const sizes = [
      ...(job.reads ? [job.blockSizes.read] : []),
      ...(job.writes ? [job.blockSizes.write] : []),
    ];
    const all = sizes.flatMap((each) => each.bytes);
    const options = {
      startBytes: job.files.startBytes,
      bytes: job.files.bytes,
      unitBytes: Math.min(...all),
      isRandom: job.isRandom,
      hasMap: job.isRandom && job.hasRandomMap,
      distribution: job.distribution,
      sizesVary: new Set(all).size > 1,
    };
    this.#walks = Array.from(
      { length: job.files.count },
      (_, file) => new FileWalk(options, stream(`offset.${file}`)),
    );
    this.#isDone = new Uint8Array(job.files.count);
    this.#filesLeft = job.files.count;
    this.#bytesLeft = job.isTimeBased ? Infinity : job.ioBytes * job.loops;
    this.#iosLeft = job.numberIos;
  }

  /** Chooses the next IO; false when the clone has done all its work. */
  next(): boolean {
    if (this.#bytesLeft <= 0 || this.#iosLeft <= 0) return false;
    this.direction = this.#chooseDirection();
    const wanted = this.#chooseBytes();
    this.#chooseFile();
    while (!this.#walks[this.file].choose(this.direction, wanted)) this.#endOfPass();
    const walk = this.#walks[this.file];
    this.offsetBytes = walk.offsetBytes;
    this.bytes = Math.min(walk.bytes, this.#bytesLeft);
    this.#bytesLeft -= this.bytes;
    this.#iosLeft--;
    return true;
  }

  #chooseDirection(): number {
    const { reads, writes, readPercent } = this.#job;
    if (!writes) return READ;
    if (!reads) return WRITE;
    return this.#mixRandom.below(100) < readPercent ? READ : WRITE;
  }

  #chooseBytes(): number {
    const { blockSizes } = this.#job;
    const sizes: BlockSizes = this.direction === READ ? blockSizes.read : blockSizes.write;
    const { bytes, shares, isRange } = sizes;
    if (bytes.length === 1) return bytes[0];
    if (isRange) {
      // Multiples of the smallest, each as likely.
      const steps = Math.floor(bytes[1] / bytes[0]);
      return bytes[0] * (1 + this.#sizeRandom.below(steps));
    }
    let draw = this.#sizeRandom.uniform();
    let i = 0;
    while (i < bytes.length - 1 && draw >= shares[i]) draw -= shares[i++];
    return bytes[i];
  }

  /** The file for this IO, one whose pass is not over. */
  #chooseFile(): void {
    const { service, serviceEvery } = this.#job.files;
    const mayStay = this.#isDone[this.file] === 0;
    if (service === 'sequential' && mayStay) return;
    // The count begins at 0 and the first file is file 0.
    if (mayStay && this.#servedInRow < serviceEvery) {
      this.#servedInRow++;
      return;
    }
    this.#servedInRow = 1;
    if (service === 'random') this.file = this.#fileRandom.below(this.#walks.length);
    else this.file = (this.file + 1) % this.#walks.length;
    this.#skipDone();
  }

  #skipDone(): void {
    while (this.#isDone[this.file] === 1) this.file = (this.file + 1) % this.#walks.length;
  }

  /** The current file has no more to give: on to another, or all over again. */
  #endOfPass(): void {
    this.#isDone[this.file] = 1;
    if (--this.#filesLeft === 0) {
      this.#isDone.fill(0);
      this.#filesLeft = this.#walks.length;
      for (const walk of this.#walks) walk.reset();
      this.file = 0;
      return;
    }
    this.#skipDone();
  }
}
