/**
 * The seek curve, whatever form it is given in, as pieces of one formula: time by distance in cylinders.
 *
 * Tables are interpolated by straight lines. HPL's equation is Ruemmler & Wilkes' (IEEE Computer,
 * March 1994): a + b*sqrt(d) for short seeks, c + d*distance for long ones. A datasheet's three
 * figures stretch and turn a typical curve: its value at one cylinder and at full stroke, and its mean
 * over random pairs of cylinders (the distance's share x of the stroke has density 2(1-x)).
 */

import { MS } from '../../sim/units.ts';
import type { SeekProfile } from './profile.ts';

/**
 * Distances up to here are looked up, longer ones computed: a table of the hundreds of thousands of
 * cylinders of a drive of today does not fit into a processor's cache, and a square root is sooner had
 * than a word from memory.
 */
const TABULATED = 8192;

/** Places that the pieces of long seeks are indexed by, at most. */
const BUCKETS = 1024;

/** base_ms + root_ms * (sqrt(d) - rootFrom) + rise_ms * (d - from) / over, for d up to `until`. */
interface Piece {
  readonly until: number;
  readonly base_ms: number;
  readonly root_ms?: number;
  readonly rootFrom?: number;
  readonly rise_ms?: number;
  readonly from?: number;
  readonly over?: number;
}

/** Seek times of a drive. Operand and result are in fields (docs/HOT-PATH.md). */
export class SeekCurve {
  /** Result of `find`: the seek's time, ns; 0 for no distance. */
  ns = NaN;
  /** The longest seek, ns. */
  readonly longestNs: number = NaN;

  readonly #near: Float64Array;
  /** Columns of the pieces. */
  readonly #until: Float64Array;
  readonly #base: Float64Array;
  readonly #root: Float64Array;
  readonly #rootFrom: Float64Array;
  readonly #rise: Float64Array;
  readonly #from: Float64Array;
  readonly #over: Float64Array;
  /** The piece at the first distance of each bucket, and how many bits of a distance lie within one. */
  readonly #pieceAt: Uint16Array;
  readonly #bits: number = 0;

  constructor(seek: SeekProfile, cylinders: number) {
    const pieces = piecesOf(seek, cylinders);
    const column = (of: (piece: Piece) => number): Float64Array =>
      Float64Array.from(pieces, (piece) => of(piece));
    this.#until = column((piece) => piece.until);
    this.#base = column((piece) => piece.base_ms);
    this.#root = column((piece) => piece.root_ms ?? 0);
    this.#rootFrom = column((piece) => piece.rootFrom ?? 0);
    this.#rise = column((piece) => piece.rise_ms ?? 0);
    this.#from = column((piece) => piece.from ?? 0);
    this.#over = column((piece) => piece.over ?? 1);
    while (cylinders >> this.#bits > BUCKETS) this.#bits++;
    this.#pieceAt = new Uint16Array((cylinders >> this.#bits) + 1);
    this.#pieceAt.forEach((_, bucket) => {
      const first = bucket << this.#bits;
      this.#pieceAt[bucket] = this.#until.findIndex((until) => first <= until);
    });
    this.#near = new Float64Array(Math.min(cylinders, TABULATED));
    this.longestNs = 0;
    for (let d = 1; d < cylinders; d++) {
      this.#compute(d);
      if (d < TABULATED) this.#near[d] = this.ns;
      if (this.ns > this.longestNs) this.longestNs = this.ns;
    }
  }

  /** How long a seek over `distance` cylinders takes. */
  find(distance: number): void {
    if (distance < this.#near.length) this.ns = this.#near[distance];
    else this.#compute(distance);
  }

  #compute(distance: number): void {
    let i = this.#pieceAt[distance >> this.#bits];
    while (this.#until[i] < distance) i++;
    const ms =
      this.#base[i] +
      this.#root[i] * (Math.sqrt(distance) - this.#rootFrom[i]) +
      (this.#rise[i] * (distance - this.#from[i])) / this.#over[i];
    this.ns = Math.max(0, ms) * MS;
  }
}

/** @returns seek time in ns by distance in cylinders; [0] is 0 */
export function seekTable(seek: SeekProfile, cylinders: number): Float64Array {
  const curve = new SeekCurve(seek, cylinders);
  return Float64Array.from({ length: cylinders }, (_, distance) => {
    curve.find(distance);
    return curve.ns;
  });
}

function piecesOf(seek: SeekProfile, cylinders: number): Piece[] {
  switch (seek.form) {
    case 'table':
      return interpolated(seek.points);
    case 'hpl':
      return [
        ...seek.first_ms.map((base_ms, i) => ({ until: i + 1, base_ms })),
        {
          until: seek.threshold_cylinders - 1,
          base_ms: seek.shortConstant_ms,
          root_ms: seek.shortRoot_ms,
        },
        { until: Infinity, base_ms: seek.longConstant_ms, rise_ms: seek.longPerCylinder_ms },
      ];
    default:
      return throughFigures(seek.trackToTrack_ms, seek.average_ms, seek.fullStroke_ms, cylinders);
  }
}

/** Beyond the last point the last two points' line goes on; before the first, its value holds. */
function interpolated(points: readonly (readonly [number, number])[]): Piece[] {
  const [[first, base_ms]] = points;
  if (points.length === 1) return [{ until: Infinity, base_ms }];
  const lines = points.slice(1).map(([until, time], i) => {
    const [from, before] = points[i];
    return { until, base_ms: before, rise_ms: time - before, from, over: until - from };
  });
  lines[lines.length - 1].until = Infinity;
  return [{ until: first, base_ms }, ...lines];
}

/**
 * What the seven curves measured on the drives of DiskSim's set have in common (1992-1999, 2051 to 11 474
 * cylinders), each over its own mean for random pairs: at a share of the stroke, the time of a curve whose
 * single cylinder takes 0.163 and whose full stroke takes 1.876 of the mean, and how much it changes with
 * either; a linear regression, off by 0.02 (one standard deviation, 0.04 at most).
 */
const TYPICAL: readonly (readonly [share: number, time: number, single: number, full: number])[] = [
  [0.0003, 0.181, 0.7, -0.02],
  [0.001, 0.226, 0.66, -0.11],
  [0.003, 0.299, 0.46, -0.3],
  [0.01, 0.376, 0.53, -0.28],
  [0.02, 0.463, 0.38, -0.16],
  [0.03, 0.514, 0.3, -0.15],
  [0.05, 0.577, 0.22, -0.25],
  [0.1, 0.687, 0.12, -0.27],
  [0.15, 0.776, 0.09, -0.27],
  [0.2, 0.861, 0.2, -0.06],
  [0.25, 0.93, 0.14, -0.06],
  [1 / 3, 1.031, -0.14, -0.12],
  [0.4, 1.111, -0.11, 0],
  [0.5, 1.241, -0.29, 0.11],
  [0.6, 1.361, -0.3, 0.2],
  [0.75, 1.541, -0.39, 0.38],
  [0.9, 1.736, -0.15, 0.78],
  [1, 1.876, 0, 1],
];
const TYPICAL_SINGLE = 0.163;

/** Full stroke over the mean of the typical curve. */
export const TYPICAL_FULL = 1.876;

/** Mean of straight lines between points over random pairs of cylinders; x is a share of the stroke. */
function meanOfLines(points: readonly (readonly [x: number, y: number])[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < points.length; i++) {
    const [x0, y0] = points[i];
    const [x1, y1] = points[i + 1];
    // The integral of the line times 2 (1 - x).
    const slope = (y1 - y0) / (x1 - x0);
    const at = (x: number): number => {
      const constant = y0 - slope * x0;
      return 2 * (constant * x + ((slope - constant) * x ** 2) / 2 - (slope * x ** 3) / 3);
    };
    sum += at(x1) - at(x0);
  }
  return sum;
}

/** The typical curve of drives with these three figures, stretched so that its mean is exact. */
function throughFigures(single: number, average: number, full: number, cylinders: number): Piece[] {
  const stroke = Math.max(2, cylinders - 1);
  const single1 = single / average - TYPICAL_SINGLE;
  const full1 = full / average - TYPICAL_FULL;
  const knots = TYPICAL.filter(([share]) => share * stroke > 1).map(
    ([share, time, bySingle, byFull]): [number, number] => [
      share,
      average * (time + bySingle * single1 + byFull * full1),
    ],
  );
  // The end stays where it is.
  const curve = (stretch: number): [number, number][] => [
    [1 / stroke, single],
    ...knots.map(([share, time]): [number, number] => [
      share,
      share === 1 ? full : Math.max(single, stretch * time),
    ]),
  ];
  // The mean grows with the stretch: found by halving.
  let [low, high] = [0, 4];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (meanOfLines(curve(middle)) < average) low = middle;
    else high = middle;
  }
  return interpolated(curve(low).map(([share, time]): [number, number] => [share * stroke, time]));
}
