/** Submission queues, arbitration, interrupts, and the flush that Serial ATA cannot queue. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import type { SsdProfile } from '../../../src/device/ssd/profile.ts';
import { Bench, CHANNEL_NS, LINK_NS, PROGRAM_NS, READ_NS, smallProfile } from './small.ts';

type Queues = NonNullable<SsdProfile['queues']>;

/** Order in which reads of nothing, 8 of each of two or four queues, get past a controller of 10 us each. */
function order(queues: Queues): string {
  const bench = new Bench(
    smallProfile({ queues, controller: { serial_us: 10 }, ftl: { initial_fill: 0 } }),
  );
  for (let n = 0; n < 32; n++) bench.submit(n, Op.read, 0, 8);
  bench.run();
  // One a turn, and nothing idle between them.
  assert.equal(bench.doneNs[bench.order[31]], 32 * 10_000 + 3000 + LINK_NS);
  return bench.order.map((tag) => 'abcd'[Math.floor(tag / (32 / queues.count))]).join('');
}

test('queues take turns, a burst of commands at a time', () => {
  // The first is taken up as it comes.
  assert.equal(order({ count: 2, burst: 1 }), 'a' + 'ab'.repeat(15) + 'b');
  assert.match(order({ count: 4, burst: 2 }), /^a(aabbccdd){3}/);
});

test('weighted round robin: so many commands of a class a round', () => {
  const weights = { high: 3, medium: 2, low: 1 };
  const seen = order({ count: 4, burst: 1, classes: ['low', 'medium', 'high', 'low'], weights });
  assert.match(seen, /^a(cccbb[ad]){2}/);
});

test('urgent queues go first, always', () => {
  const seen = order({ count: 4, burst: 4, classes: ['medium', 'high', 'medium', 'urgent'] });
  assert.match(seen, /^ad{8}/);
});

test('without a queue to wait in nothing is arbitrated', () => {
  const bench = new Bench(smallProfile({ queues: { count: 4, burst: 1, doorbell_us: 0.5 } }));
  bench.submit(9, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[9], 500 + 3000 + READ_NS + CHANNEL_NS + LINK_NS);
  assert.equal(bench.drive.explain(9).controller, 3500);
});

const atHand = (completion: SsdProfile['completion']): Bench =>
  new Bench(smallProfile({ completion, ftl: { initial_fill: 0 } }));
const READ = 3000 + LINK_NS;

test('an interrupt takes its time', () => {
  const bench = atHand({ interrupt_us: 4 });
  bench.submit(0, Op.read, 0, 8);
  bench.run();
  assert.equal(bench.doneNs[0], READ + 4000);
  assert.equal(bench.drive.explain(0).completion, 4000);
});

test('completions are gathered: until there are enough, or the first has waited long enough', () => {
  const bench = atHand({ interrupt_us: 4, coalesce: { commands: 3, us: 100 } });
  for (let tag = 0; tag < 4; tag++) bench.submit(tag, Op.read, 0, 8);
  bench.run();
  const third = READ + 2 * LINK_NS + 4000;
  assert.deepEqual(bench.doneNs.slice(0, 3), [third, third, third]);
  assert.equal(bench.doneNs[3], READ + 3 * LINK_NS + 100_000 + 4000);
  const parts = Object.values(bench.drive.explain(3));
  assert.equal(
    parts.reduce((a, b) => a + b, 0),
    bench.doneNs[3],
  );
});

test('a flush that is not queued waits for all there is, and all that comes waits for it', () => {
  for (const queued of [true, false]) {
    const bench = new Bench(
      smallProfile({ link: { queued_flush: queued }, buffer: { power_loss_protected: true } }),
    );
    bench.submit(0, Op.read, 0, 8);
    bench.submit(1, Op.flush, 0, 0);
    bench.submit(2, Op.read, 64, 8);
    bench.submit(3, Op.flush, 0, 0);
    bench.run();
    const read = 3000 + READ_NS + CHANNEL_NS + LINK_NS;
    assert.equal(bench.doneNs[0], read);
    assert.equal(bench.doneNs[1], queued ? 1000 : read + 1000);
    if (!queued) assert.equal(bench.doneNs[2], read + 1000 + read);
    assert.equal(bench.doneNs[3], queued ? 1000 : 2 * read + 2000);
  }
});

test('what the drive says of its cache and of FUA', () => {
  const says = (buffer: Partial<SsdProfile['buffer']>): boolean[] => {
    const { drive } = new Bench(smallProfile({ buffer }));
    return [drive.volatileCache, drive.supportsFua];
  };
  assert.deepEqual(says({}), [true, true]);
  assert.deepEqual(says({ power_loss_protected: true }), [false, true]);
  assert.deepEqual(says({ power_loss_protected: true, reports_volatile: true, fua: false }), [
    true,
    false,
  ]);
});

test('FUA costs what the profile says beside the program it waits for', () => {
  const bench = new Bench(smallProfile({ controller: { fua_us: 7 } }));
  bench.submit(0, Op.write, 0, 16, DeviceFlag.fua);
  bench.run();
  assert.equal(bench.doneNs[0], 7000 + 2000 + 2 * LINK_NS + 2 * CHANNEL_NS + PROGRAM_NS);
});
