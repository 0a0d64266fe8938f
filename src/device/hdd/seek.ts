/**
 * The seek curve, whatever form it is given in, as pieces of one formula: time by distance in cylinders.
 *
 * Tables are interpolated by straight lines. HPL's equation is Ruemmler & Wilkes' (IEEE Computer,
 * March 1994): a + b*sqrt(d) for short seeks, c + d*distance for long ones. A datasheet's three
 * figures fix a + b*sqrt(d) + c*d: its value at one cylinder and at full stroke, and its mean over
 * random pairs of cylinders (the distance's share x of the stroke has density 2(1-x), so the mean
 * of sqrt(x) is 8/15 and of x is 1/3).
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

function throughFigures(single: number, average: number, full: number, cylinders: number): Piece[] {
  const stroke = Math.max(2, cylinders - 1);
  const root = Math.sqrt(stroke);
  // Differences to the one-cylinder seek: b*(sqrt(d)-1) + c*(d-1), at full stroke and on average.
  const b1 = root - 1;
  const c1 = stroke - 1;
  const b2 = (8 / 15) * root - 1;
  const c2 = stroke / 3 - 1;
  const det = b1 * c2 - b2 * c1;
  const root_ms = ((full - single) * c2 - (average - single) * c1) / det;
  const rise_ms = (b1 * (average - single) - b2 * (full - single)) / det;
  return [{ until: Infinity, base_ms: single, root_ms, rootFrom: 1, rise_ms, from: 1 }];
}
