/** Where each unit stays in a lane, births and units are numbered within it; from without that shows nowhere. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Births } from '../../../src/device/ssd/births.ts';
import { SsdDrive } from '../../../src/device/ssd/drive.ts';
import { Geometry } from '../../../src/device/ssd/geometry.ts';
import { FIRST, LogicalMap } from '../../../src/device/ssd/logical-map.ts';
import { Steady, WrittenInOrder } from '../../../src/device/ssd/start.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { smallProfile } from './small.ts';

function origins(geometry: Geometry, spare: number | undefined, lanes: number): Births {
  const births = new Births(geometry.blocks, geometry.unitsPerBlock, 0, spare, lanes);
  for (let origin = 0; origin < births.origins; origin++) births.giveBack(origin);
  return births;
}

test('a map of lanes tells of every unit what one of the whole drive tells', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(0, 5, undefined),
      fc.constantFrom(1, 3),
      fc.integer({ min: 1, max: 3000 }),
      (seed, spare, pages_per_program, units) => {
        const geometry = new Geometry(
          smallProfile({
            capacity_sectors: 8 * units,
            array: { blocks_per_plane: 96, pages_per_block: 12, pages_per_program },
          }),
        );
        const births = origins(geometry, spare, geometry.lanes);
        const map = new LogicalMap(geometry, births, true);
        const random = new RandomStream(seed, 'map');
        const expected = new Map<number, number>();
        const check = (of: LogicalMap): void => {
          const all = Int32Array.from({ length: units }, (_, unit) => unit);
          const gathered = new Int32Array(units);
          of.gather(all, units, gathered);
          for (const unit of all) {
            const entry = expected.get(unit) ?? 0;
            assert.equal(of.get(unit), entry);
            assert.equal(gathered[unit], entry);
            if (entry >= FIRST) assert.equal(of.unitOf(entry - FIRST), unit);
          }
        };
        const nextBirth = new Map<number, number>();
        for (let n = 0; n < 300; n++) {
          const unit = random.below(units);
          const lane = geometry.laneOfUnit(unit);
          if (random.below(10) === 0) {
            map.remove(unit);
            expected.set(unit, 1);
            continue;
          }
          let birth = nextBirth.get(lane) ?? 0;
          if (birth % births.stride === 0) {
            const block = lane * geometry.blocksPerLane;
            if (births.isOutFor(block)) break;
            birth = births.takeFor(block) * births.stride;
          }
          assert.equal(births.laneOf(Math.floor(birth / births.stride)), lane);
          nextBirth.set(lane, birth + 1);
          map.put(unit, birth);
          expected.set(unit, birth + FIRST);
        }
        check(map);
        const again = new LogicalMap(geometry, births, true);
        const told = new Map<number, number>();
        const shares: number[] = [];
        const saved = map.save((share) => shares.push(share));
        again.load(
          saved,
          (unit, entry) => told.set(unit, entry),
          (share) => shares.push(share),
        );
        assert.ok(shares.every((share) => share >= 0 && share < 1));
        check(again);
        assert.deepEqual(
          [...told].sort((a, b) => a[0] - b[0]),
          [...expected].sort((a, b) => a[0] - b[0]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('every lane has the origins of its blocks and its part of the spare ones', () => {
  const geometry = new Geometry(
    smallProfile({ capacity_sectors: 512, array: { blocks_per_plane: 8 } }),
  );
  const { lanes, blocksPerLane } = geometry;
  assert.ok(lanes > 1);
  const births = origins(geometry, 3 * lanes, lanes);
  const taken = new Set<number>();
  for (let lane = 0; lane < lanes; lane++) {
    const block = lane * blocksPerLane + 3;
    let count = 0;
    for (; !births.isOutFor(block); count++) {
      const origin = births.takeFor(block);
      assert.equal(births.laneOf(origin), lane);
      if (origin < geometry.blocks) assert.equal(geometry.laneOfBlock(origin), lane);
      taken.add(origin);
    }
    assert.equal(count, blocksPerLane + 3);
  }
  assert.equal(taken.size, births.origins);
  births.load(Int32Array.from([...taken].reverse()));
  assert.deepEqual(new Set(births.save()), taken);
});

test('a start that says that units are in their lanes has them there', () => {
  const geometry = new Geometry(
    smallProfile({
      capacity_sectors: 8 * 1234,
      array: { blocks_per_plane: 96 },
      ftl: { allocation: 'by-address', cached_map: { bytes: 8192, entry_bytes: 64 } },
    }),
  );
  const { logicalUnits, mappedUnits } = geometry;
  assert.ok(mappedUnits > logicalUnits);
  const starts = [
    new WrittenInOrder(geometry, 0),
    new WrittenInOrder(geometry, 457),
    // The pages of what was written lie behind it, not where their own addresses are.
    new WrittenInOrder(geometry, 457, 8),
    new WrittenInOrder(geometry, logicalUnits, mappedUnits - logicalUnits),
    new Steady(geometry, 3, true, 2),
    new Steady(geometry, 3, false, 2),
    new Steady(geometry, 3, true, 2, undefined, { apart: undefined }),
    new Steady(geometry, 3, true, 2, undefined, { apart: { stale: 2 } }),
    new Steady(geometry, 3, false, 2, undefined, { apart: { stale: 2 } }),
  ];
  assert.deepEqual(
    starts.map((start) => start.byAddress),
    [true, true, false, true, true, false, true, true, true],
  );
  for (const start of starts) {
    let strays = 0;
    for (let unit = 0; unit < mappedUnits; unit++) {
      if (!start.has(unit)) continue;
      const place = start.find(unit);
      const block = geometry.blockOf(place);
      const inBlock = place - block * geometry.unitsPerBlock;
      assert.equal(start.logicalAt(block, inBlock), unit);
      assert.equal(start.validBits(block, inBlock, inBlock + 1), 1);
      const lane = geometry.laneOfBlock(block);
      if (lane !== geometry.laneOfUnit(unit)) strays++;
    }
    assert.equal(strays === 0, start.byAddress, start.name);
  }
});

test('pages that lie apart have blocks of their own, and so had those that are stale', () => {
  const profile = smallProfile({
    capacity_sectors: 8 * 1234,
    array: { blocks_per_plane: 32 },
    ftl: { cached_map: { bytes: 8192, entry_bytes: 64 } },
  });
  const geometry = new Geometry(profile);
  const start = new Steady(geometry, 3, false, 2, undefined, { apart: { stale: 5 } });
  const { blocks } = new SsdDrive(profile, new EventQueue(), { start: () => start });
  const ofPages = new Set<number>();
  for (let unit = geometry.logicalUnits; unit < geometry.mappedUnits; unit++) {
    ofPages.add(geometry.blockOf(start.find(unit)));
  }
  for (let unit = 0; unit < geometry.logicalUnits; unit++) {
    assert.ok(!ofPages.has(geometry.blockOf(start.find(unit))));
  }
  const last = Array.from({ length: geometry.lanes }, (_, lane) => [
    ...blocks.valid.subarray(lane * geometry.blocksPerLane, (lane + 1) * geometry.blocksPerLane),
  ]);
  // 20 pages in 4 lanes; three free blocks behind five that hold nothing.
  for (const valid of last) assert.deepEqual(valid.slice(-9).slice(1), Array(8).fill(0));
  for (const valid of last) assert.ok(valid.at(-9)! > 0);
  assert.deepEqual([...blocks.free], Array(geometry.lanes).fill(3));
});
