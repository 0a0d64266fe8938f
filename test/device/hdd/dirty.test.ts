import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DirtyRanges } from '../../../src/device/hdd/dirty.ts';

type Range = readonly [start: number, end: number, bornNs: number];

const CAPACITY = 6;

/** The same on a plain list. */
function added(
  ranges: Range[],
  lbn: number,
  endLbn: number,
  nowNs: number,
  reach: number,
): Range[] {
  const isApart = ([start, end]: Range): boolean => end <= lbn - reach || start >= endLbn + reach;
  const merged = ranges.filter((range) => !isApart(range));
  const start = Math.min(lbn, ...merged.map((range) => range[0]));
  const end = Math.max(endLbn, ...merged.map((range) => range[1]));
  const born = Math.min(nowNs, ...merged.map((range) => range[2]));
  const all: Range[] = [...ranges.filter(isApart), [start, end, born]];
  return all.sort((a, b) => a[0] - b[0]);
}

function removed(ranges: Range[], lbn: number, endLbn: number): Range[] {
  return ranges.flatMap(([start, end, born]): Range[] => {
    const parts: Range[] = [
      [start, Math.min(end, lbn), born],
      [Math.max(start, endLbn), end, born],
    ];
    return parts.filter((part) => part[0] < part[1]);
  });
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('add', 'add', 'remove', 'removeFirst'),
    lbn: fc.nat(80),
    sectors: fc.integer({ min: 1, max: 12 }),
  }),
  { maxLength: 80 },
);

test('dirty ranges are those of a plain list, whatever places they are kept at', () => {
  fc.assert(
    fc.property(fc.boolean(), steps, (combine, all) => {
      const dirty = new DirtyRanges(CAPACITY, combine);
      let ranges: Range[] = [];
      all.forEach(({ kind, lbn, sectors }, nowNs) => {
        const endLbn = lbn + sectors;
        Object.assign(dirty, { lbn, endLbn, nowNs });
        if (kind === 'add') {
          if (ranges.length >= CAPACITY) return;
          dirty.add();
          ranges = added(ranges, lbn, endLbn, nowNs, combine ? 1 : 0);
        } else if (kind === 'remove') {
          if (ranges.length > CAPACITY) return;
          dirty.remove();
          ranges = removed(ranges, lbn, endLbn);
        } else {
          // As writing out does: a range's first sectors, from the place that was found.
          const at = dirty.find();
          if (at === dirty.size) return;
          const start = dirty.starts[at];
          const stop = Math.min(dirty.ends[at], start + sectors);
          Object.assign(dirty, { lbn: start, endLbn: stop });
          dirty.removeFrom(at);
          ranges = removed(ranges, start, stop);
        }
        const column = (i: number): number[] => ranges.map((range) => range[i]);
        deepEqual(dirty.save(), [column(0), column(1), column(2)]);
        equal(dirty.count, ranges.length);
        equal(
          dirty.sectors,
          ranges.reduce((sum, [start, end]) => sum + end - start, 0),
        );
        Object.assign(dirty, { lbn, endLbn });
        const next = ranges.find(([, end]) => end > lbn);
        const found = dirty.find();
        equal(found < dirty.size ? dirty.starts[found] : undefined, next?.[0]);
        equal(dirty.holds(), next !== undefined && next[0] <= lbn && endLbn <= next[1]);
        dirty.findOldest();
        equal(dirty.oldestNs, Math.min(Infinity, ...column(2)));
      });
    }),
    { numRuns: 1000 },
  );
});
