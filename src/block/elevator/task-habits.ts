/**
 * What a fair elevator learns of a task: whether it seeks, and how soon it comes back. cfq and bfq
 * keep both alike (cfq-iosched.c and bfq-iosched.c); what counts as a seek is each one's own rule.
 */

/** Think time is trusted from so many samples on, in 256ths (sample_valid). */
const VALID_SAMPLES = 80;

/** Which of a task's last 32 requests were seeks. */
export class SeekHistory {
  #bits: number;

  /** @param bits what to begin with: the lowest is the last one */
  constructor(bits = 0) {
    this.#bits = bits;
  }

  note(isSeek: boolean): void {
    this.#bits = (this.#bits << 1) | (isSeek ? 1 : 0);
  }

  /** How many of them were, 0..32. */
  get seeks(): number {
    let bits = this.#bits;
    let count = 0;
    for (; bits !== 0; bits &= bits - 1) count++;
    return count;
  }
}

/** The decaying mean of the time from a task's completion to its next request. */
export class ThinkTime {
  /** When the last one was done, ns. */
  lastEndNs = 0;
  /** Operand of `note`, ns. */
  thinkNs = 0;
  /** ns. */
  meanNs = 0;
  #samples = 0;
  #total = 0;

  /** Counts one more such time: `thinkNs`, already cut to what the elevator lets count. */
  note(): void {
    this.#samples = Math.floor((7 * this.#samples + 256) / 8);
    this.#total = (7 * this.#total + 256 * this.thinkNs) / 8;
    this.meanNs = this.#total / this.#samples;
  }

  get isKnown(): boolean {
    return this.#samples > VALID_SAMPLES;
  }
}
