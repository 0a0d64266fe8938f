/**
 * Steady-state write amplification under uniform random writes, against theory.
 *
 * First in, first out has a closed form (Desnoyers, SYSTOR 2012). Greedy and d choices have the
 * mean-field fixed point of Van Houdt (SIGMETRICS 2013), which is exact as the number of blocks
 * grows; greedy is its limit for many choices (and Bux & Iliadis, Performance Evaluation 2010).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { Bench, smallProfile } from './small.ts';

/** One die of many small blocks, so that the few that are kept free do not count. */
const BLOCKS = 8192;
const UNITS_PER_BLOCK = 8;
const PHYSICAL = BLOCKS * UNITS_PER_BLOCK;

/** Physical over logical units at this over-provisioning (spare over logical). */
const alphaOf = (overProvisioning: number): number =>
  PHYSICAL / Math.floor(PHYSICAL / (1 + overProvisioning));

/** Lambert's W on its principal branch, for -1/e < x < 0. */
function lambertW(x: number): number {
  let w = -0.5;
  for (let n = 0; n < 100; n++) {
    const e = Math.exp(w);
    w -= (w * e - x) / (e * (w + 1) - ((w + 2) * (w * e - x)) / (2 * w + 2));
  }
  return w;
}

/** Desnoyers' closed form for first in, first out. */
const fifoTheory = (alpha: number): number => alpha / (alpha + lambertW(-alpha * Math.exp(-alpha)));

/**
 * Mean-field fixed point for the best of `choices` random blocks; Infinity is greedy.
 *
 * With c = host writes a collection / valid units a block, a share m(i) of blocks holds i valid
 * units such that what falls from i to i-1 is what is collected at i-1 or below:
 * c i m(i) = 1 - (share of blocks with i or more)^choices.
 */
function choicesTheory(alpha: number, choices: number): number {
  const b = UNITS_PER_BLOCK;
  const meanValid = (c: number): number => {
    let above = 0;
    let mean = 0;
    for (let i = b; i > 0; i--) {
      // Share with i or more: the root of c i (s - above) = 1 - s^choices.
      let low = above;
      let high = 1;
      for (let n = 0; n < 60; n++) {
        const s = (low + high) / 2;
        if (c * i * (s - above) < 1 - s ** choices) low = s;
        else high = s;
      }
      mean += i * (low - above);
      above = low;
    }
    return mean;
  };
  let low = 1e-6;
  let high = 100;
  for (let n = 0; n < 80; n++) {
    const c = (low + high) / 2;
    // More host writes a collection, fewer valid units.
    if (meanValid(c) > b / alpha) low = c;
    else high = c;
  }
  return alpha / low;
}

function measured(overProvisioning: number, gc: Partial<SsdProfile['gc']>): number {
  const logical = Math.floor(PHYSICAL / (1 + overProvisioning));
  const bench = new Bench(
    smallProfile({
      capacity_sectors: logical * 8,
      array: {
        channels: 1,
        chips_per_channel: 1,
        blocks_per_plane: BLOCKS,
        pages_per_block: UNITS_PER_BLOCK,
        page_bytes: 4096,
      },
      gc: { start_free_blocks: 1, ...gc },
    }),
    false,
  );
  const random = new RandomStream(1, 'load');
  const run = (writes: number): void => {
    let sent = 0;
    bench.onComplete = (tag) => {
      if (sent++ < writes) bench.submit(tag, Op.write, random.below(logical) * 8, 8);
    };
    for (let tag = 0; tag < 8; tag++) bench.onComplete(tag);
    bench.run();
    bench.order.length = 0;
  };
  run(4 * PHYSICAL);
  const { hostUnits, gcUnits } = bench.drive.counters;
  run(2 * PHYSICAL);
  const { counters } = bench.drive;
  return 1 + (counters.gcUnits - gcUnits) / (counters.hostUnits - hostUnits);
}

function assertNear(actual: number, expected: number, share: number, what: string): void {
  const off = actual / expected - 1;
  assert.ok(
    Math.abs(off) <= share,
    `${what}: ${actual.toFixed(4)}, theory ${expected.toFixed(4)}, ${(100 * off).toFixed(2)} % off`,
  );
}

for (const percent of [7, 15, 28, 50]) {
  test(`write amplification at ${percent} % over-provisioning`, (t) => {
    const overProvisioning = percent / 100;
    const alpha = alphaOf(overProvisioning);
    const fifo = measured(overProvisioning, { policy: 'fifo' });
    const greedy = measured(overProvisioning, { policy: 'greedy' });
    const few = measured(overProvisioning, { policy: 'random-greedy', choices: 10 });
    t.diagnostic(
      `fifo ${fifo.toFixed(3)} (theory ${fifoTheory(alpha).toFixed(3)}), ` +
        `greedy ${greedy.toFixed(3)} (${choicesTheory(alpha, Infinity).toFixed(3)}), ` +
        `10 choices ${few.toFixed(3)} (${choicesTheory(alpha, 10).toFixed(3)})`,
    );
    assertNear(fifo, fifoTheory(alpha), 0.01, 'fifo');
    assertNear(greedy, choicesTheory(alpha, Infinity), 0.02, 'greedy');
    assertNear(few, choicesTheory(alpha, 10), 0.02, '10 choices');
    assert.ok(greedy < few && few < fifo);
  });
}

test('windowed greedy goes from first in, first out to greedy; cost-benefit is between', (t) => {
  const [fifo, one, some, costBenefit, greedy] = (
    [
      { policy: 'fifo' },
      { policy: 'windowed', window_blocks: 1 },
      { policy: 'windowed', window_blocks: BLOCKS / 16 },
      { policy: 'cost-benefit' },
      { policy: 'greedy' },
    ] as const
  ).map((gc) => measured(0.5, gc));
  t.diagnostic(`${fifo} ${one} ${some} ${costBenefit} ${greedy}`);
  assert.equal(one, fifo);
  assert.ok(greedy < some && some < fifo);
  assert.ok(greedy < costBenefit && costBenefit < fifo);
});
