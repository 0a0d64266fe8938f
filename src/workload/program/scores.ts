/** What programs measure of their own work: named samples, such as a round's files a second. */

export interface Score {
  /** How many samples. */
  n: number;
  mean: number;
  min: number;
  max: number;
}

export class Scores {
  readonly #samples = new Map<string, number[]>();

  /** Adds a sample; the name says what of, and in which unit: `fsmark.files_per_s`. */
  add(name: string, value: number): void {
    const samples = this.#samples.get(name);
    if (samples === undefined) this.#samples.set(name, [value]);
    else samples.push(value);
  }

  /** Every score, in the order in which their names first came up. */
  toJSON(): Record<string, Score> {
    return Object.fromEntries(
      [...this.#samples].map(([name, samples]) => [name, scoreOf(samples)]),
    );
  }
}

function scoreOf(samples: readonly number[]): Score {
  const sum = samples.reduce((total, sample) => total + sample, 0);
  return {
    n: samples.length,
    mean: sum / samples.length,
    min: samples.reduce((least, sample) => Math.min(least, sample), Infinity),
    max: samples.reduce((most, sample) => Math.max(most, sample), -Infinity),
  };
}
