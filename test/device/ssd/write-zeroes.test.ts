/** Write-zeroes unmaps every whole unit of its range, and programs only the units it cuts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Op } from '../../../src/device/device.ts';
import { Bench, mapFaults } from './small.ts';

const UNIT = 8;

test('write-zeroes maps the units it cuts and no others', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4095 }),
      fc.integer({ min: 1, max: 100 }),
      (sector, wanted) => {
        const bench = new Bench();
        // The range may end with the drive.
        const end = Math.min(sector + wanted, bench.drive.capacitySectors);
        bench.submit(0, Op.writeZeroes, sector, end - sector);
        bench.run();
        bench.submit(1, Op.flush, 0, 0);
        bench.run();
        let cut = 0;
        for (let unit = Math.floor(sector / UNIT); unit * UNIT < end; unit++) {
          const isWhole = sector <= unit * UNIT && (unit + 1) * UNIT <= end;
          assert.equal(bench.drive.ftl.lookup(unit) >= 0, !isWhole, `unit ${unit}`);
          cut += Number(!isWhole);
        }
        assert.equal(bench.drive.counters.hostUnits, cut);
        assert.deepEqual(mapFaults(bench.drive), []);
      },
    ),
    {
      numRuns: 300,
      examples: [
        [40, 20],
        [36, 20],
        [4084, 12],
        [40, 3],
        [36, 24],
        [40, 16],
      ],
    },
  );
});
