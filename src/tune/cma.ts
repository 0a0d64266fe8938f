/**
 * A derivative-free search: CMA-ES, the evolution strategy that learns which directions of the
 * space matter and which go together (Hansen, "The CMA Evolution Strategy: A Tutorial",
 * arXiv:1604.00772; names and constants are its figure 6's).
 *
 * It asks for a generation of points and is told their losses, so the evaluations may run anywhere
 * and in any order: the same seed and losses give the same search. Coordinates are 0..1; points
 * outside are evaluated at the border and charged for the distance.
 */

import type { RandomStream } from '../sim/random.ts';

export class Cma {
  readonly lambda: number;
  bestPoint: number[];
  bestLoss = Infinity;
  #mean: number[];
  #sigma: number;
  readonly #n: number;
  readonly #weights: number[];
  readonly #mueff: number;
  #covariance: number[][];
  #basis: number[][];
  #scale: number[];
  #pathSigma: number[];
  #pathC: number[];
  #steps: number[][] = [];
  #points: number[][] = [];
  readonly #random: RandomStream;
  #generation = 0;

  /**
   * @param start the first mean, each coordinate 0..1
   * @param sigma first standard deviation, in the same unit
   * @param lambda points in a generation; 4 + 3 ln n by default
   */
  constructor(start: readonly number[], sigma: number, random: RandomStream, lambda?: number) {
    const n = start.length;
    this.#n = n;
    this.lambda = lambda ?? 4 + Math.floor(3 * Math.log(n));
    const raw = Array.from({ length: this.lambda >> 1 }, (_, i) =>
      Math.log((this.lambda + 1) / 2 / (i + 1)),
    );
    const total = raw.reduce((a, b) => a + b);
    this.#weights = raw.map((w) => w / total);
    this.#mueff = 1 / this.#weights.reduce((sum, w) => sum + w * w, 0);
    this.#mean = [...start];
    this.bestPoint = [...start];
    this.#sigma = sigma;
    this.#random = random;
    this.#covariance = identity(n);
    this.#basis = identity(n);
    this.#scale = Array.from({ length: n }, () => 1);
    this.#pathSigma = Array.from({ length: n }, () => 0);
    this.#pathC = Array.from({ length: n }, () => 0);
  }

  /** Standard deviation along the widest axis: below some 1e-4 nothing more is to be gained. */
  get spread(): number {
    return this.#sigma * Math.max(...this.#scale);
  }

  /** The next generation, each point within 0..1. */
  ask(): number[][] {
    this.#steps = [];
    this.#points = [];
    for (let k = 0; k < this.lambda; k++) {
      const z = this.#scale.map((s) => s * this.#random.normal(0, 1));
      const step = this.#basis.map((row) => dot(row, z));
      this.#steps.push(step);
      this.#points.push(step.map((y, i) => this.#mean[i] + this.#sigma * y));
    }
    return this.#points.map((point) => point.map(clamp));
  }

  /** @param losses of the points of the last `ask`, in their order; lower is better */
  tell(losses: readonly number[]): void {
    const n = this.#n;
    losses.forEach((loss, k) => {
      if (loss < this.bestLoss) {
        this.bestLoss = loss;
        this.bestPoint = this.#points[k].map(clamp);
      }
    });
    const spread = Math.max(...losses) - Math.min(...losses);
    const charged = losses.map((loss, k) => {
      const outside = this.#points[k].reduce((sum, x) => sum + (x - clamp(x)) ** 2, 0);
      return loss + spread * (outside / this.#sigma ** 2 / n);
    });
    const order = charged.map((_, k) => k).sort((a, b) => charged[a] - charged[b] || a - b);
    const mueff = this.#mueff;
    const cSigma = (mueff + 2) / (n + mueff + 5);
    const dSigma = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cSigma;
    const cC = (4 + mueff / n) / (n + 4 + (2 * mueff) / n);
    const c1 = 2 / ((n + 1.3) ** 2 + mueff);
    const cMu = Math.min(1 - c1, (2 * (mueff - 2 + 1 / mueff)) / ((n + 2) ** 2 + mueff));
    const chi = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

    const best = this.#weights.map((_, i) => this.#steps[order[i]]);
    const move = this.#mean.map((_, i) => this.#weights.reduce((s, w, k) => s + w * best[k][i], 0));
    this.#mean = this.#mean.map((m, i) => m + this.#sigma * move[i]);
    // C^-1/2 times the move, through the eigenvectors.
    const along = this.#scale.map((s, j) => dot(column(this.#basis, j), move) / s);
    const white = this.#basis.map((row) => dot(row, along));
    const keepSigma = Math.sqrt(cSigma * (2 - cSigma) * mueff);
    this.#pathSigma = this.#pathSigma.map((p, i) => (1 - cSigma) * p + keepSigma * white[i]);
    const length = Math.hypot(...this.#pathSigma);
    this.#generation++;
    const settled = length / Math.sqrt(1 - (1 - cSigma) ** (2 * this.#generation));
    const isLong = settled > (1.4 + 2 / (n + 1)) * chi;
    const keepC = isLong ? 0 : Math.sqrt(cC * (2 - cC) * mueff);
    this.#pathC = this.#pathC.map((p, i) => (1 - cC) * p + keepC * move[i]);
    const lost = isLong ? c1 * cC * (2 - cC) : 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let value = (1 - c1 - cMu + lost) * this.#covariance[i][j];
        value += c1 * this.#pathC[i] * this.#pathC[j];
        this.#weights.forEach((w, k) => (value += cMu * w * best[k][i] * best[k][j]));
        this.#covariance[i][j] = value;
        this.#covariance[j][i] = value;
      }
    }
    this.#sigma *= Math.exp(Math.min(1, (cSigma / dSigma) * (length / chi - 1)));
    const { values, vectors } = eigen(this.#covariance);
    this.#scale = values.map((v) => Math.sqrt(Math.max(v, 1e-16)));
    this.#basis = vectors;
  }
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
const column = (m: readonly (readonly number[])[], j: number): number[] => m.map((row) => row[j]);
const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_unused, j) => (i === j ? 1 : 0)));

/** Eigenvalues and eigenvectors (as columns) of a symmetric matrix, by Jacobi's rotations. */
export function eigen(matrix: readonly (readonly number[])[]): {
  values: number[];
  vectors: number[][];
} {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = identity(n);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2;
    if (off < 1e-24) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) if (a[p][q] !== 0) rotate(a, v, p, q);
    }
  }
  return { values: a.map((row, i) => row[i]), vectors: v };
}

/** One rotation that makes a[p][q] vanish. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < a.length; k++) {
    const kp = a[k][p];
    const kq = a[k][q];
    a[k][p] = c * kp - s * kq;
    a[k][q] = s * kp + c * kq;
  }
  for (let k = 0; k < a.length; k++) {
    const pk = a[p][k];
    const qk = a[q][k];
    a[p][k] = c * pk - s * qk;
    a[q][k] = s * pk + c * qk;
    const vp = v[k][p];
    const vq = v[k][q];
    v[k][p] = c * vp - s * vq;
    v[k][q] = s * vp + c * vq;
  }
}
