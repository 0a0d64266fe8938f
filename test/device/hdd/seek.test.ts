import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HddProfile } from '../../../src/device/hdd/profile.ts';
import { SeekCurve } from '../../../src/device/hdd/seek.ts';

type Seek = HddProfile['mechanics']['seek'];
type Point = readonly [distance: number, ms: number];

/** Up to there the curve looks its answer up; behind it computes. */
const TABULATED = 8192;

/** What the profile says, read off its points one by one. */
function plainTable(points: readonly Point[], distance: number): number {
  if (points.length === 1 || distance <= points[0][0]) return points[0][1];
  let i = 1;
  while (i < points.length - 1 && distance > points[i][0]) i++;
  const [from, before] = points[i - 1];
  const [to, time] = points[i];
  return Math.max(0, before + ((time - before) * (distance - from)) / (to - from));
}

function plainHpl(seek: Extract<Seek, { form: 'hpl' }>, distance: number): number {
  if (distance <= seek.first_ms.length) return seek.first_ms[distance - 1];
  if (distance < seek.threshold_cylinders) {
    return seek.shortConstant_ms + seek.shortRoot_ms * Math.sqrt(distance);
  }
  return seek.longConstant_ms + seek.longPerCylinder_ms * distance;
}

function holds(
  seek: Seek,
  cylinders: number,
  borders: readonly number[],
  plain: (d: number) => number,
): void {
  const curve = new SeekCurve(seek, cylinders);
  curve.find(0);
  equal(curve.ns, 0);
  for (const border of [1, ...borders, TABULATED, cylinders - 1]) {
    for (const distance of [border - 1, border, border + 1]) {
      if (distance < 1 || distance >= cylinders) continue;
      curve.find(distance);
      const expected = plain(distance) * 1e6;
      ok(Math.abs(curve.ns - expected) < 1e-3, `${distance}: ${curve.ns} ns, not ${expected}`);
      ok(curve.ns <= curve.longestNs);
    }
  }
}

const cylindersOf = fc.oneof(
  fc.integer({ min: 2, max: 2000 }),
  fc.constantFrom(TABULATED - 1, TABULATED, TABULATED + 1, TABULATED + 2),
  fc.integer({ min: 8000, max: 60_000 }),
);
const msOf = fc.double({ min: 0.1, max: 20, noNaN: true });

test('a table holds at its points and between them, looked up and computed', () => {
  const place = fc.oneof(
    fc.integer({ min: 1, max: 60_000 }),
    fc.integer({ min: TABULATED - 3, max: TABULATED + 3 }),
  );
  const pointsOf = fc.uniqueArray(fc.tuple(place, msOf), {
    selector: ([distance]) => distance,
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(cylindersOf, pointsOf, (cylinders, drawn) => {
      const points = drawn.sort((a, b) => a[0] - b[0]);
      const borders = points.map(([distance]) => distance);
      holds({ form: 'table', points }, cylinders, borders, (d) => plainTable(points, d));
    }),
    { numRuns: 150 },
  );
});

test("HPL's equation holds in each of its three parts, looked up and computed", () => {
  const thresholdOf = fc.oneof(
    fc.integer({ min: 12, max: 30_000 }),
    fc.integer({ min: TABULATED - 1, max: TABULATED + 2 }),
  );
  fc.assert(
    fc.property(
      cylindersOf,
      thresholdOf,
      fc.array(msOf, { maxLength: 10 }),
      msOf,
      fc.double({ min: 0, max: 0.3, noNaN: true }),
      msOf,
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      (cylinders, threshold_cylinders, first_ms, shortConstant_ms, shortRoot_ms, c, d) => {
        const seek = {
          form: 'hpl' as const,
          first_ms,
          threshold_cylinders,
          shortConstant_ms,
          shortRoot_ms,
          longConstant_ms: c,
          longPerCylinder_ms: d,
        };
        const borders = [first_ms.length, threshold_cylinders - 1, threshold_cylinders];
        holds(seek, cylinders, borders, (distance) => plainHpl(seek, distance));
      },
    ),
    { numRuns: 150 },
  );
});

test('the looked-up and the computed part of a datasheet curve are one curve', () => {
  const figuresOf = fc.record({
    trackToTrack_ms: fc.double({ min: 0.2, max: 1.5, noNaN: true }),
    average_ms: fc.double({ min: 4, max: 12, noNaN: true }),
    fullStroke: fc.double({ min: 1.6, max: 2.3, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: TABULATED + 2, max: 60_000 }),
      figuresOf,
      (cylinders, { trackToTrack_ms, average_ms, fullStroke }) => {
        const fullStroke_ms = average_ms * fullStroke;
        const seek = { form: 'datasheet' as const, trackToTrack_ms, average_ms, fullStroke_ms };
        const curve = new SeekCurve(seek, cylinders);
        const at = (distance: number): number => {
          curve.find(distance);
          return curve.ns / 1e6;
        };
        ok(Math.abs(at(1) - trackToTrack_ms) < 1e-9);
        ok(Math.abs(at(cylinders - 1) - fullStroke_ms) < 1e-9);
        // A step from one cylinder to the next is no more than the curve's own slope.
        const before = at(TABULATED - 1) - at(TABULATED - 2);
        const across = at(TABULATED) - at(TABULATED - 1);
        const behind = at(TABULATED + 1) - at(TABULATED);
        const slope = Math.max(Math.abs(before), Math.abs(behind)) + 1e-9;
        ok(Math.abs(across) <= slope, `${before}, ${across}, ${behind} ms`);
      },
    ),
    { numRuns: 60 },
  );
});
