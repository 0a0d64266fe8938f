/** Tasks that work close to each other share a queue in cfq and bfq, and part again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IoClass } from '../../src/block/io-priority.ts';
import { MS, SECOND, US } from '../../src/sim/units.ts';
import { runReaders, type Reader } from './readers.ts';

const far = 10_000_000;
/** Two that read every other page of one file, each waiting for the other's page to come by. */
const interleaved: readonly Reader[] = [
  { firstPage: 0, step: 2 },
  { firstPage: 1, step: 2, fromNs: 300 * US },
];

for (const [generation, elevator, tunables] of [
  ['2.6.34', 'cfq', {}],
  ['3.x', 'cfq', {}],
  ['mq', 'bfq', { low_latency: 0 }],
] as const) {
  test(`${generation} ${elevator}: two that read one file in turns are served in turns`, () => {
    const options = { generation, elevator, tunables };
    const { rig } = runReaders([...interleaved, { firstPage: far }], SECOND, options, {
      latencyNs: () => MS,
    });
    const pages = rig.pagesIssued().map(([page]) => page);
    const together = pages.filter((page) => page < far);
    let ahead = 0;
    for (let i = 1; i < together.length; i++) {
      if (Math.abs(together[i] - together[i - 1]) <= 2) ahead++;
    }
    // Each alone would be read for a turn, then the other from where that began.
    assert.ok(ahead / together.length > 0.95, `${ahead} of ${together.length}`);
    let changes = 0;
    for (let i = 1; i < together.length; i++) changes += (together[i] ^ together[i - 1]) & 1;
    assert.ok(changes / together.length > 0.9, `${changes} changes in ${together.length}`);
  });
}

test('bfq: while the drive is idled for one that thinks for long, others are let through', () => {
  const run = (thinkNs: number) =>
    runReaders(
      [
        { firstPage: 0, thinkNs },
        { firstPage: far, step: 5000 },
      ],
      2 * SECOND,
      // At different weights the drive is idled for the sake of fairness.
      { generation: 'mq', elevator: 'bfq', tunables: { low_latency: 0 } },
      { latencyNs: () => MS },
      ({ queue }) => queue.setIoPriority(1, IoClass.bestEffort, 0),
    ).pages[1];
  // Thinking for longer than slice_idle: without injection 8 ms of every 13 would be lost.
  const served = run(12 * MS);
  assert.ok(served > 1500, `${served} in two seconds`);
});
