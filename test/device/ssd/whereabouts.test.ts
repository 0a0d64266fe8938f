/** Births and where they are, against a list of every unit's place. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Births } from '../../../src/device/ssd/births.ts';
import { countBits, bitRange } from '../../../src/device/ssd/bits.ts';
import { Geometry } from '../../../src/device/ssd/geometry.ts';
import { WrittenInOrder } from '../../../src/device/ssd/start.ts';
import { VictimRows } from '../../../src/device/ssd/victim-rows.ts';
import { Whereabouts } from '../../../src/device/ssd/whereabouts.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { smallProfile } from './small.ts';

test('bits', () => {
  assert.deepEqual([0, 1, -1, 0x80000001].map(countBits), [0, 1, 32, 2]);
  assert.deepEqual(
    [
      [0, 0],
      [0, 32],
      [31, 32],
      [32, 32],
      [4, 8],
    ].map(([from, to]) => bitRange(from, to)),
    [0, -1, -(2 ** 31), 0, 0xf0],
  );
});

/** One lane of 12 blocks, which the host fills and a collector empties by turns, as random says. */
function live(seed: number, pages: number, programRows: number, steps: number): void {
  const geometry = new Geometry(
    smallProfile({
      capacity_sectors: 16,
      array: {
        channels: 1,
        chips_per_channel: 1,
        blocks_per_plane: 12,
        pages_per_block: pages * programRows,
        pages_per_program: programRows,
      },
    }),
  );
  const { unitsPerBlock, unitsPerRow, unitsPerProgram, blocks } = geometry;
  const random = new RandomStream(seed, 'whereabouts');
  const births = new Births(blocks, unitsPerBlock, 2, 40);
  const whereabouts = new Whereabouts(geometry, births, new WrittenInOrder(geometry, 0));
  for (let origin = 0; origin < births.origins; origin++) births.giveBack(origin);
  const rows = new VictimRows(geometry, whereabouts);
  const placeOf = new Map<number, number>();
  const free = Array.from({ length: blocks }, (_, i) => i);
  const full: number[] = [];
  const open = { host: -1, collector: -1 };
  const fill = { host: 0, collector: 0 };
  const allocate = (who: 'host' | 'collector'): number => {
    if (open[who] < 0) {
      open[who] = free.shift()!;
      fill[who] = 0;
      if (who === 'host') {
        if (births.isOut) whereabouts.collectOrigins((block) => block === open.host, new Set());
        whereabouts.open(open[who]);
      }
    }
    const target = open[who] * unitsPerBlock + fill[who];
    fill[who] += unitsPerProgram;
    return target;
  };
  const close = (who: 'host' | 'collector'): void => {
    if (fill[who] < unitsPerBlock) return;
    full.push(open[who]);
    open[who] = -1;
  };
  const killSome = (share: number): void => {
    for (const birth of placeOf.keys()) {
      if (random.below(1000) >= share * 1000) continue;
      placeOf.delete(birth);
      births.kill(birth);
    }
  };
  const check = (): void => {
    for (const [birth, place] of placeOf) {
      assert.equal(whereabouts.find(birth), place);
      assert.equal(whereabouts.blockOf(birth), geometry.blockOf(place));
    }
  };
  const hand = new Int32Array(unitsPerProgram + unitsPerRow);
  let inHand = 0;
  const program = (): void => {
    const target = allocate('collector');
    const count = Math.min(inHand, unitsPerProgram);
    for (let i = 0; i < count; i++) if (!births.isLive(hand[i])) hand[i] = -1;
    whereabouts.move(hand, 0, count, target);
    for (let i = 0; i < count; i++) if (hand[i] >= 0) placeOf.set(hand[i], target + i);
    hand.copyWithin(0, count, inHand);
    inHand -= count;
    close('collector');
  };
  for (let step = 0; step < steps; step++) {
    if (free.length > 3) {
      const target = allocate('host');
      for (let i = 0; i < unitsPerProgram; i++) {
        // Some of a program is padding.
        if (random.below(8) === 0) continue;
        const birth = whereabouts.born(open.host, target + i);
        births.setLive(birth);
        placeOf.set(birth, target + i);
      }
      close('host');
    } else {
      // Not always the emptiest, which would keep all in few parts.
      const victim = full.splice(random.below(full.length), 1)[0];
      const held = [...placeOf.values()].filter((place) => geometry.blockOf(place) === victim);
      if (held.length > unitsPerBlock - unitsPerProgram) killSome(0.1);
      rows.begin(0, victim, 0);
      let before = -1;
      for (;;) {
        const count = rows.take(0, hand, inHand);
        if (count === 0) break;
        assert.ok(rows.row > before, 'rows come in order');
        for (let i = inHand; i < inHand + count; i++) {
          const row = Math.floor((placeOf.get(hand[i])! - victim * unitsPerBlock) / unitsPerRow);
          assert.equal(row, rows.row);
        }
        // Listed anew, as after all has been born again or a snapshot restored.
        if (random.below(10) === 0) rows.begin(0, victim, rows.row + 1);
        if (random.below(10) === 0) {
          rows.takeBack(0);
          continue;
        }
        before = rows.row;
        inHand += count;
        if (random.below(4) === 0) killSome(0.02);
        if (inHand >= unitsPerProgram) program();
        check();
      }
      while (inHand > 0) program();
      for (const place of placeOf.values()) assert.notEqual(geometry.blockOf(place), victim);
      whereabouts.erased(victim);
      free.push(victim);
    }
    killSome(0.01);
    check();
  }
}

test('every valid unit is where it was put, whatever else is moved and dies', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      (seed, pages, programRows) => live(seed, pages, programRows, 150),
    ),
    { numRuns: 30 },
  );
});

test('a drive of more units than there are numbers for is refused', () => {
  const drive = (blocks_per_plane: number, pages_per_block: number) => () =>
    smallProfile({ array: { blocks_per_plane, pages_per_block } });
  // Four lanes; two units a page.
  const half = 2 ** 31 / 4 / 2;
  drive(half / 1024 - 1024, 1024)();
  assert.throws(drive(half / 1024, 1024), /fewer than 2\^31 units/);
  // Sixteen units a block, which take 32 numbers.
  drive(half / 16 - 1024, 8)();
  assert.throws(drive(half / 16, 8), /fewer than 2\^31 units/);
});
