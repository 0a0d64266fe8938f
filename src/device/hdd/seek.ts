/**
 * The seek curve, whatever form it is given in, as one table: ns by distance in cylinders.
 *
 * Tables are interpolated by straight lines. HPL's equation is Ruemmler & Wilkes' (IEEE Computer,
 * March 1994): a + b*sqrt(d) for short seeks, c + d*distance for long ones. A datasheet's three
 * figures fix a + b*sqrt(d) + c*d: its value at one cylinder and at full stroke, and its mean over
 * random pairs of cylinders (the distance's share x of the stroke has density 2(1-x), so the mean
 * of sqrt(x) is 8/15 and of x is 1/3).
 */

import { MS } from '../../sim/units.ts';
import type { SeekProfile } from './profile.ts';

type Curve = (distance: number) => number;

/** @returns seek time in ns by distance in cylinders; [0] is 0 */
export function seekTable(seek: SeekProfile, cylinders: number): Float64Array {
  const curve = curveOf(seek, cylinders);
  const table = new Float64Array(cylinders);
  for (let d = 1; d < cylinders; d++) table[d] = Math.max(0, curve(d)) * MS;
  return table;
}

function curveOf(seek: SeekProfile, cylinders: number): Curve {
  switch (seek.form) {
    case 'table':
      return interpolated(seek.points);
    case 'hpl':
      return (d) => {
        if (d <= seek.first_ms.length) return seek.first_ms[d - 1];
        return d < seek.threshold_cylinders
          ? seek.shortConstant_ms + seek.shortRoot_ms * Math.sqrt(d)
          : seek.longConstant_ms + seek.longPerCylinder_ms * d;
      };
    default:
      return throughFigures(seek.trackToTrack_ms, seek.average_ms, seek.fullStroke_ms, cylinders);
  }
}

/** Beyond the last point the last two points' line goes on; before the first, its value holds. */
function interpolated(points: readonly (readonly [number, number])[]): Curve {
  let at = 0;
  return (d) => {
    if (points.length === 1 || d <= points[0][0]) return points[0][1];
    if (d < points[at][0]) at = 0;
    while (at + 2 < points.length && points[at + 1][0] < d) at++;
    const [d0, t0] = points[at];
    const [d1, t1] = points[at + 1];
    return t0 + ((t1 - t0) * (d - d0)) / (d1 - d0);
  };
}

function throughFigures(single: number, average: number, full: number, cylinders: number): Curve {
  const stroke = Math.max(2, cylinders - 1);
  const root = Math.sqrt(stroke);
  // Differences to the one-cylinder seek: b*(sqrt(d)-1) + c*(d-1), at full stroke and on average.
  const b1 = root - 1;
  const c1 = stroke - 1;
  const b2 = (8 / 15) * root - 1;
  const c2 = stroke / 3 - 1;
  const det = b1 * c2 - b2 * c1;
  const b = ((full - single) * c2 - (average - single) * c1) / det;
  const c = (b1 * (average - single) - b2 * (full - single)) / det;
  return (d) => single + b * (Math.sqrt(d) - 1) + c * (d - 1);
}
