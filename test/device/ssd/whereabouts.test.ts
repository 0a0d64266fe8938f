/** Births and where they are, against a list of every unit's place. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Births, GROUP_UNITS } from '../../../src/device/ssd/births.ts';
import { countBits, bitRange } from '../../../src/device/ssd/bits.ts';
import { Carried } from '../../../src/device/ssd/carried.ts';
import { Contents } from '../../../src/device/ssd/contents.ts';
import { Parts } from '../../../src/device/ssd/parts.ts';
import { Geometry } from '../../../src/device/ssd/geometry.ts';
import { WrittenInOrder } from '../../../src/device/ssd/start.ts';
import { VictimRows } from '../../../src/device/ssd/victim-rows.ts';
import { Whereabouts } from '../../../src/device/ssd/whereabouts.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { birthsOf, smallProfile } from './small.ts';

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

/**
 * One lane of 12 blocks, which the host fills and a collector empties by turns, as random says; what each
 * holds is known from a list of places.
 */
class Lane {
  readonly geometry: Geometry;
  readonly births: Births;
  readonly whereabouts: Whereabouts;
  readonly rows: VictimRows;
  readonly #random: RandomStream;
  /** By birth. */
  #placeOf = new Map<number, number>();
  readonly #free: number[];
  readonly #full: number[] = [];
  readonly #open = { host: -1, collector: -1 };
  readonly #fill = { host: 0, collector: 0 };
  /** What the collector has read and not programmed. */
  readonly carried: Carried;
  #victim = -1;
  rebirths = 0;
  givenBack = 0;

  constructor(seed: number, pages: number, programRows: number, spare: number) {
    this.geometry = new Geometry(
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
    const { geometry } = this;
    this.#random = new RandomStream(seed, 'whereabouts');
    this.births = new Births(geometry.blocks, geometry.unitsPerBlock, 0, spare);
    this.whereabouts = new Whereabouts(geometry, this.births, new WrittenInOrder(geometry, 0));
    for (let origin = 0; origin < this.births.origins; origin++) this.births.giveBack(origin);
    this.rows = new VictimRows(geometry, this.whereabouts);
    this.#free = Array.from({ length: geometry.blocks }, (_, i) => i);
    this.carried = new Carried(geometry);
  }

  step(): void {
    if (this.#free.length > 3) this.#write();
    else this.#collect();
    this.#killSome(0.01);
    this.#check();
  }

  #allocate(who: 'host' | 'collector'): number {
    if (this.#open[who] < 0) {
      this.#open[who] = this.#free.shift()!;
      this.#fill[who] = 0;
    }
    const target = this.#open[who] * this.geometry.unitsPerBlock + this.#fill[who];
    this.#fill[who] += this.geometry.unitsPerProgram;
    return target;
  }

  #close(who: 'host' | 'collector'): void {
    if (this.#fill[who] < this.geometry.unitsPerBlock) return;
    this.#full.push(this.#open[who]);
    this.#open[who] = -1;
  }

  #write(): void {
    const { births, whereabouts } = this;
    const target = this.#allocate('host');
    const block = this.#open.host;
    if (!whereabouts.hasOrigin(block)) {
      if (births.isOutFor(block)) this.#makeFree(block);
      whereabouts.open(block);
    }
    for (let i = 0; i < this.geometry.unitsPerProgram; i++) {
      // Some of a program is padding.
      if (this.#random.below(8) === 0) continue;
      const birth = whereabouts.born(block, target) + i;
      births.setLive(birth);
      this.#placeOf.set(birth, target + i);
    }
    this.#close('host');
  }

  #makeFree(block: number): void {
    const inUse = new Set<number>();
    this.carried.addOrigins(this.births, inUse);
    this.rows.addOrigins(0, inUse);
    this.whereabouts.collectOrigins(inUse);
    if (this.births.isOutFor(block)) this.bearAgain();
    else this.givenBack++;
  }

  bearAgain(): void {
    const { births, whereabouts, geometry } = this;
    this.rebirths++;
    const inHand = this.carried.places(whereabouts);
    const places = [...this.#placeOf.values()];
    births.reset();
    for (const place of places) births.setLive(whereabouts.birthAt(place));
    const used = new Set(places.map((place) => geometry.blockOf(place)));
    whereabouts.restart((block) => used.has(block));
    this.#placeOf = new Map(places.map((place) => [whereabouts.birthAt(place), place]));
    this.carried.bornAgain(inHand, whereabouts);
    if (this.#victim >= 0) this.rows.begin(0, this.#victim, this.rows.row + 1);
  }

  #killSome(share: number): void {
    for (const birth of this.#placeOf.keys()) {
      if (this.#random.below(1000) >= share * 1000) continue;
      this.#placeOf.delete(birth);
      this.births.kill(birth);
    }
  }

  #check(): void {
    const { whereabouts, geometry } = this;
    for (const [birth, place] of this.#placeOf) {
      assert.equal(whereabouts.find(birth), place);
      assert.equal(whereabouts.blockOf(birth), geometry.blockOf(place));
    }
  }

  #startProgram(): void {
    this.carried.startProgram(0);
  }

  #endProgram(): void {
    const { carried, whereabouts } = this;
    const target = this.#allocate('collector');
    const births = birthsOf(carried, 0).slice(0, carried.unitsInProgram[0]);
    let place = target;
    for (let n = 0; n < carried.inProgram[0]; n++) {
      const at = carried.after(0, n);
      const [group, bits, size] = carried.rows.subarray(at);
      if ((bits & this.births.live[group]) !== 0) whereabouts.move(0, group, bits, size, place);
      place += size;
    }
    births.forEach((birth, i) => {
      if (this.#placeOf.has(birth)) this.#placeOf.set(birth, target + i);
    });
    carried.endProgram(0);
    this.#close('collector');
  }

  #collect(): void {
    const { geometry, rows } = this;
    const { unitsPerBlock, unitsPerProgram } = geometry;
    // Not always the emptiest, which would keep all in few parts.
    const victim = this.#full.splice(this.#random.below(this.#full.length), 1)[0];
    const held = [...this.#placeOf.values()].filter((place) => geometry.blockOf(place) === victim);
    if (held.length > unitsPerBlock - 2 * unitsPerProgram) this.#killSome(0.2);
    this.#victim = victim;
    rows.begin(0, victim, 0);
    for (let before = -1; ;) {
      const inHand = birthsOf(this.carried, 0);
      if (rows.take(0, this.carried) === 0) break;
      assert.ok(rows.row > before, 'rows come in order');
      const births = birthsOf(this.carried, 0);
      assert.deepEqual(births.slice(0, inHand.length), inHand);
      for (const birth of births.slice(inHand.length)) {
        const place = this.#placeOf.get(birth)! - victim * unitsPerBlock;
        assert.equal(Math.floor(place / geometry.unitsPerRow), rows.row);
      }
      // Listed anew, as after a snapshot has been restored.
      if (this.#random.below(10) === 0) rows.begin(0, victim, rows.row + 1);
      if (this.#random.below(10) === 0 && this.#free.length > 2) this.#write();
      if (this.#random.below(300) === 0) this.bearAgain();
      before = rows.row;
      if (this.#random.below(4) === 0) this.#killSome(0.02);
      if (this.carried.units[0] >= unitsPerProgram) {
        this.#startProgram();
        if (this.#random.below(4) === 0) this.#killSome(0.05);
        if (this.#random.below(100) === 0) this.bearAgain();
        this.#endProgram();
      }
      this.#check();
    }
    rows.end(0);
    this.#victim = -1;
    if (this.#random.below(60) === 0) this.bearAgain();
    while (this.carried.units[0] > 0) {
      this.#startProgram();
      this.#endProgram();
    }
    for (const place of this.#placeOf.values()) assert.notEqual(geometry.blockOf(place), victim);
    this.#check();
    this.whereabouts.erased(victim);
    this.#free.push(victim);
  }
}

test('every valid unit is where it was put, whatever else is moved, dies or is born again', () => {
  const seen = { rebirths: 0, givenBack: 0 };
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 4, max: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 12 }),
      (seed, pages, programRows, spare) => {
        const lane = new Lane(seed, pages, programRows, spare);
        for (let n = 0; n < 500; n++) lane.step();
        seen.rebirths += lane.rebirths;
        seen.givenBack += lane.givenBack;
      },
    ),
    { numRuns: 30 },
  );
  assert.ok(seen.rebirths > 30 && seen.givenBack > 30, JSON.stringify(seen));
});

test('a part does not go on with one that lay before it in a block that has been erased since', () => {
  const parts = new Parts(1, 64, 1);
  parts.putWhole(0, 0, -1);
  assert.equal(parts.move(0, 0x0f, -1, 64), true);
  // The first four die, their block is erased, and others are put where they were.
  assert.equal(parts.move(0, 0xf0, ~0x0f, 68), true, 'the block has to be told');
  assert.equal(parts.find(7), 71);
  assert.equal(parts.find(8), 8);
  assert.equal(parts.move(0, 0xf00, ~0x0f, 72), false, 'it has been');
  assert.equal(parts.find(8), 72);
});

test('parts and stretches by the hundred, kept and brought back', () => {
  const groups = 300;
  const parts = new Parts(groups, 64, 1);
  const contents = new Contents(groups);
  for (let group = 0; group < groups; group++) {
    parts.putWhole(group, group * 64, -1);
    for (let n = 0; n < 3; n++)
      parts.move(group, 0xf << (4 * n), -1 << (4 * n), (group ^ n) * 64 + 40);
    for (let n = 0; n < 3; n++) contents.add(group, 2 * n + group);
  }
  const places = (of: Parts) =>
    Array.from({ length: groups * GROUP_UNITS }, (_, birth) => of.find(birth));
  const expected = Array.from({ length: groups * GROUP_UNITS }, (_, birth) => {
    const group = birth >>> 5;
    const nth = birth & 31;
    return nth < 12 ? (group ^ (nth >> 2)) * 64 + 40 + (nth & 3) : group * 64 + nth;
  });
  assert.deepEqual(places(parts), expected);
  const many = new Int32Array(groups * GROUP_UNITS);
  parts.findMany(Int32Array.from(many.keys()), many.length, many, many.slice());
  assert.deepEqual([...many], expected);
  const again = new Parts(groups, 64, 1);
  const firsts = Int32Array.of(200, 0, 100);
  again.load(firsts, 100, parts.save(firsts, 100));
  assert.deepEqual(places(again), expected);
  const brought = new Contents(groups);
  brought.load(contents.save());
  for (const of of [contents, brought]) {
    for (let block = 0; block < groups; block++) {
      const found: number[] = [];
      for (let s = of.first(block); s >= 0; s = of.next(s))
        found.push(of.groupOf(s), of.countOf(s));
      assert.deepEqual(found, [block, 1, block + 2, 1, block + 4, 1]);
    }
  }
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
