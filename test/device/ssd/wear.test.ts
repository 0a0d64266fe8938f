/** Erases stay level under loads that would not keep them so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Op } from '../../../src/device/device.ts';
import { BlockState } from '../../../src/device/ssd/blocks.ts';
import { victimPolicyNames } from '../../../src/device/ssd/gc/registry.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { Bench, mapFaults, smallProfile } from './small.ts';

const BLOCKS = 64;

interface Spread {
  /** Most erases of any block of a lane less those of its least worn full one, over all lanes. */
  full: number;
  /** Units moved a unit written. */
  moved: number;
  swaps: number;
}

/** One die, all of it written, then `writes` to its first tenth. */
function wearOut(
  wear: SsdProfile['wear'],
  writes: number,
  seed: number,
  policy: SsdProfile['gc']['policy'] = 'greedy',
  hotShare = 0.1,
): Spread {
  const bench = new Bench(
    smallProfile({
      capacity_sectors: 5632,
      array: { channels: 1, chips_per_channel: 1, blocks_per_plane: BLOCKS },
      gc: { policy, choices: 4, window_blocks: 8 },
      wear,
    }),
    false,
  );
  const random = new RandomStream(seed, 'load');
  const units = 704;
  let sent = 0;
  let full = 0;
  const { blocks } = bench.drive;
  const look = (): void => {
    let most = 0;
    let least = Infinity;
    for (let block = 0; block < BLOCKS; block++) {
      most = Math.max(most, blocks.erases[block]);
      if (blocks.state[block] === BlockState.full) least = Math.min(least, blocks.erases[block]);
    }
    full = Math.max(full, most - least);
  };
  bench.onComplete = (tag) => {
    if (sent % 64 === 0) look();
    if (sent++ < writes)
      bench.submit(tag, Op.write, random.below(Math.ceil(units * hotShare)) * 8, 8);
  };
  for (let tag = 0; tag < 4; tag++) bench.onComplete(tag);
  bench.run();
  look();
  assert.deepEqual(mapFaults(bench.drive), []);
  const { counters } = bench.drive;
  assert.ok(counters.erasesMost - counters.erasesLeast >= 0);
  return { full, moved: counters.gcUnits / counters.hostUnits, swaps: counters.wearSwaps };
}

test('a load on a tenth of the drive wears few blocks; static levelling spreads it', (t) => {
  const without = wearOut(undefined, 60_000, 1);
  const dynamic = wearOut({ dynamic: true }, 60_000, 1);
  const levelled = wearOut({ dynamic: true, static_threshold: 20 }, 60_000, 1);
  t.diagnostic(JSON.stringify({ without, dynamic, levelled }));
  assert.equal(without.swaps + dynamic.swaps, 0);
  // Cold blocks are never erased unless something makes it so.
  assert.ok(without.full > 100 && dynamic.full > 100);
  assert.ok(levelled.swaps > 0);
  assert.ok(levelled.full <= 40);
  // What it costs: the moves are charged.
  assert.ok(levelled.moved > without.moved);
  assert.ok(levelled.moved < without.moved + 0.3);
});

test('no block is erased more than twice the threshold more often than a full one, whatever the load', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.boolean(),
      fc.constantFrom(...victimPolicyNames),
      fc.constantFrom(0.02, 0.1, 0.5, 1),
      fc.integer({ min: 0, max: 1e6 }),
      (threshold, dynamic, policy, hotShare, seed) => {
        const wear = { dynamic, static_threshold: threshold };
        const { full } = wearOut(wear, 8000, seed, policy, hotShare);
        assert.ok(full <= 2 * threshold, `${full} > 2 x ${threshold}`);
      },
    ),
    { numRuns: 40 },
  );
});

test('uniform writes need no static levelling', () => {
  const { swaps, full } = wearOut({ dynamic: true, static_threshold: 60 }, 60_000, 2, 'greedy', 1);
  assert.equal(swaps, 0);
  assert.ok(full < 60);
});
