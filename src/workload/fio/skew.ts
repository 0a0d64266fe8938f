/**
 * Skewed choice of blocks: fio's random_distribution=zipf and =pareto. Both draw a rank; which
 * block has which rank is a random order, as fio scatters them with a hash.
 */

import type { RandomStream } from '../../sim/random.ts';
import type { Distribution } from './values.ts';

export interface Skew {
  /** A rank, 0..n-1; 0 is the most likely. */
  next(random: RandomStream): number;
}

/**
 * Zipf ranks: probability of rank r proportional to 1/(r+1)^theta. Gray et al., "Quickly Generating
 * Billion-Record Synthetic Databases", SIGMOD 1994, figure 6.
 */
class Zipf implements Skew {
  readonly #n: number;
  readonly #theta: number;
  readonly #zetaN: number;
  readonly #eta: number;

  constructor(n: number, theta: number) {
    this.#n = n;
    this.#theta = theta;
    const zeta2 = zeta(2, theta);
    this.#zetaN = zeta(n, theta);
    this.#eta = n <= 2 ? 1 : (1 - (2 / n) ** (1 - theta)) / (1 - zeta2 / this.#zetaN);
  }

  next(random: RandomStream): number {
    const u = random.uniform();
    const uz = u * this.#zetaN;
    if (uz < 1 || this.#n === 1) return 0;
    if (uz < 1 + 0.5 ** this.#theta || this.#n === 2) return 1;
    const rank = Math.floor(this.#n * (this.#eta * u - this.#eta + 1) ** (1 / (1 - this.#theta)));
    return Math.min(rank, this.#n - 1);
  }
}

/** Terms summed one by one; the rest is an integral, within 1e-7 of the sum. */
const ZETA_TERMS = 1_000_000;

function zeta(n: number, theta: number): number {
  let sum = 0;
  const terms = Math.min(n, ZETA_TERMS);
  for (let i = 1; i <= terms; i++) sum += i ** -theta;
  if (n > terms) {
    const from = terms + 0.5;
    sum += ((n + 0.5) ** (1 - theta) - from ** (1 - theta)) / (1 - theta);
  }
  return sum;
}

/** Self-similar: a share h of the blocks gets 1-h of the IOs (fio's pareto; Gray et al., 4.4). */
class Pareto implements Skew {
  readonly #n: number;
  readonly #power: number;

  constructor(n: number, h: number) {
    this.#n = n;
    this.#power = Math.log(h) / Math.log(1 - h);
  }

  next(random: RandomStream): number {
    return Math.min(this.#n - 1, Math.floor(this.#n * random.uniform() ** this.#power));
  }
}

/** @param n how many blocks there are */
export function createSkew(distribution: Distribution, n: number): Skew | undefined {
  if (distribution.kind === 'zipf') return new Zipf(n, distribution.theta);
  if (distribution.kind === 'pareto') return new Pareto(n, distribution.h);
  return undefined;
}
