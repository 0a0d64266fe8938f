/** Single mechanisms of the rotational drive against closed forms, and what holds of any requests. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op, Status } from '../../../src/device/device.ts';
import type { HddProfile } from '../../../src/device/hdd/profile.ts';
import { Host, smallProfile } from './small-drive.ts';

const MS = 1_000_000;
const uncached = {
  segments: 0,
  segment_sectors: 1,
  readAhead: 'none',
  readAheadMax_sectors: 0,
} as const;

test('a read waits for its angle: overhead, rotation, transfer, link', () => {
  const host = new Host(smallProfile());
  // At 0.2 ms sector 2 is under the head, so sector 0 comes by at 10 ms.
  assert.equal(host.read(0, 8), 10 * MS + 8 * 100_000 + 1000);
  assert.deepEqual(host.drive.explain(0), {
    overhead: 200_000,
    queue: 0,
    destage: 0,
    seek: 0,
    settle: 0,
    rotation: 9_800_000,
    transfer: 800_000,
    link: 1000,
  });
});

test('a sector just missed costs one revolution', () => {
  const host = new Host(smallProfile({ cache: uncached }));
  host.read(0, 8);
  const first = host.events.nowNs;
  host.read(0, 8);
  assert.equal(host.events.nowNs - first, 10 * MS);
});

test('a drive asks for the link while it still reads', () => {
  // 20 sectors of 100 us each, 1 us on the link: taking it in 1.5 ms hides behind the reading.
  const timeOf = (firstReselect_ms: number, reconnect_share: number): number => {
    const host = new Host(
      smallProfile({ overhead: { firstReselect_ms }, link: { reconnect_share } }),
    );
    return host.read(50, 20);
  };
  assert.equal(timeOf(1.5, 1), timeOf(0, 1));
  assert.equal(timeOf(1.5, 0.5), timeOf(0, 0.5));
});

test('a read begun within its sectors goes out in order as its first ones come by', () => {
  const timeOf = (startSector: number, mechanics = { zeroLatencyAccess: 'reads' as const }) =>
    new Host(smallProfile({ mechanics, link: { sector_us: 50 } })).read(startSector, 10);
  // The head comes down at the start of sector 2: sectors 0 and 1 come by last, until 10.2 ms. From
  // then on sector 1 and the eight behind it are sent, 50 us each.
  assert.equal(timeOf(0), 10.2 * MS + 9 * 50_000);
  // At the very start of the run nothing is missed: as the medium goes, and the last sector.
  assert.equal(timeOf(2), 1.2 * MS + 50_000);
});

test('behind a read begun within its sectors the next ones come by when the platter has turned to them', () => {
  const host = new Host(smallProfile({ mechanics: { zeroLatencyAccess: 'reads' } }));
  host.read(0, 10); // Sector 1 passed last, by 10.2 ms: sectors 10 to 13 pass from 11 to 11.4 ms.
  host.read(10, 4);
  assert.equal(host.events.nowNs, 11.4 * MS + 1000);
});

test('reading ahead that ends by the clock: what passed is there, then the platter turns; streams go on', () => {
  const host = new Host(smallProfile({ cache: { readAheadMax_ms: 0.5 } }));
  host.read(0, 1);
  host.events.advanceTo(11 * MS);
  for (let lbn = 1; lbn <= 5; lbn++) assert.equal(host.read(lbn, 1), 0.1 * MS + 1000, String(lbn));
  host.read(6, 1);
  assert.equal(host.events.nowNs, 20.7 * MS + 1000);
  // Row after row, each asked for while the head is on its way there, at the rate of the medium.
  for (let lbn = 7; lbn < 97; lbn += 30) host.read(lbn, 30);
  assert.equal(host.events.nowNs, 29.7 * MS + 1000);
});

test('streaming goes at the media rate with skews', () => {
  const host = new Host(smallProfile());
  // Ten cylinders of two tracks: 100 sectors, 10 on to the next head, 100, 20 to the next cylinder.
  host.read(0, 100);
  const startNs = host.events.nowNs;
  for (let lbn = 100; lbn < 2100; lbn += 50) host.read(lbn, 50);
  assert.equal(host.events.nowNs - startNs, 10 * (100 + 10 + 100 + 20) * 100_000);
  assert.equal(host.drive.counters.seeks, 10);
});

test('rows longer than a segment stream through it', () => {
  const cache = {
    segments: 4,
    segment_sectors: 40,
    readAhead: 'segment-beyond',
    readAheadMax_sectors: 40,
  } as const;
  const host = new Host(smallProfile({ cache }));
  host.read(0, 100);
  const startNs = host.events.nowNs;
  for (let lbn = 100; lbn < 2100; lbn += 100) host.read(lbn, 100);
  assert.equal(host.events.nowNs - startNs, 10 * (100 + 10 + 100 + 20) * 100_000);
});

test('a segment that is read on from grows into the room of those used longest ago', () => {
  const cache = {
    segments: 4,
    segment_sectors: 40,
    readAhead: 'segment-beyond',
    readAheadMax_sectors: 120,
    adaptive: true,
  } as const;
  const host = new Host(smallProfile({ cache }));
  const isHit = (lbn: number): boolean => host.read(lbn, 1) === 0.1 * MS + 1000;
  const readAndWait = (lbn: number): void => {
    host.read(lbn, 10);
    host.events.advanceTo(host.events.nowNs + 100 * MS);
  };
  for (const lbn of [50_000, 60_000, 70_000]) readAndWait(lbn);
  readAndWait(0);
  // One segment ahead, until somebody reads on; 120 of 160 sectors are its own then.
  readAndWait(10);
  assert.deepEqual([139, 20].map(isHit), [true, true]);
  // What is left of the others: the last 40 sectors, of the row read last.
  assert.deepEqual([70_049, 70_010].map(isHit), [true, true]);
  assert.ok(!isHit(60_049));
});

test('what follows directly needs no slack', () => {
  const queue = { depth: 8, order: 'positioning', slack_ms: 2 } as const;
  const host = new Host(smallProfile({ queue }));
  for (const [tag, lbn] of [0, 45, 20].entries()) host.drive.submit(tag, Op.read, lbn, 20, 0);
  while (host.events.step());
  assert.deepEqual(
    host.log.map((line) => Number(line[0])),
    [0, 2, 1],
  );
});

test('writes that keep coming are written meanwhile', () => {
  const host = new Host(
    smallProfile({ writeCache: { acknowledge: 'buffer', size_sectors: 1000, idle_ms: 0 } }),
  );
  for (let lbn = 0; lbn < 600; lbn += 10) host.run(Op.write, lbn, 10);
  host.run(Op.flush, 0, 0);
  // Six tracks and what is passed over between them, behind a revolution for the first row.
  assert.equal(host.events.nowNs, (10 + 60 + 3 * 1 + 2 * 2) * MS);
});

test('one large read goes at the same rate', () => {
  const host = new Host(smallProfile({ link: { sector_us: 0, overlap: true, command_us: 0 } }));
  assert.equal(host.read(0, 2000), 10 * MS + (10 * 230 - 20) * 100_000);
});

test('the spindle stays exact over hours', () => {
  const host = new Host(smallProfile({ cache: uncached }));
  const hour = 3600 * 1000 * MS;
  host.events.advanceTo(100 * hour + 123_456);
  host.read(0, 1);
  assert.equal((host.events.nowNs - 101_000) % (10 * MS), 0);
});

test('random reads take the average seek, half a revolution, overhead and transfer', () => {
  const host = new Host(smallProfile({ cache: uncached }), {});
  let seed = 1;
  let total = 0;
  const requests = 1_000_000;
  for (let i = 0; i < requests; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const lbn = Math.floor((seed / 2 ** 32) * 99_992);
    total += host.read(lbn, 8);
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    host.events.advanceTo(host.events.nowNs + (seed % (10 * MS)));
  }
  // 500 cylinders: mean distance 500/3, seek 1 ms + 10 ms * (d - 1) / 998; next to none is 0.
  const seek = 1 + (10 * (500 / 3 - 1)) / 998 - 1 / 500;
  // 7 of 100 reads cross a track's end: 10 or 20 sectors of skew.
  const mean = 0.2 + seek + 5 + 0.8 + 0.07 * 1.5 + 0.001;
  assert.ok(Math.abs(total / requests / MS / mean - 1) < 0.005, `${total / requests / MS} ${mean}`);
});

test('a hit takes overhead and link', () => {
  const host = new Host(smallProfile());
  host.read(0, 8);
  assert.equal(host.read(0, 8), 100_000 + 8000);
});

test('a buffered write is acknowledged at once; a flush waits for the medium', () => {
  const host = new Host(smallProfile());
  assert.equal(host.run(Op.write, 50, 8), 108_000);
  assert.equal(host.read(50, 8), 108_000);
  const startNs = host.events.nowNs;
  host.run(Op.flush, 0, 0);
  // The write-out begins with the flush; sector 50 passes 5 ms into a revolution.
  assert.equal(host.events.nowNs, 5 * MS + 800_000);
  assert.equal(host.explainedSum(), host.events.nowNs - startNs);
  assert.equal(host.run(Op.flush, 0, 0), 0);
});

test('idle time writes dirty sectors out without an event', () => {
  const host = new Host(smallProfile());
  host.run(Op.write, 50, 8);
  assert.equal(host.drive.nextEventNs(), Infinity);
  host.events.advanceTo(100 * MS);
  assert.equal(host.run(Op.flush, 0, 0), 0);
});

test('forced unit access goes to the medium', () => {
  const host = new Host(smallProfile());
  assert.equal(host.run(Op.write, 50, 8, DeviceFlag.fua), 5_800_000);
  assert.equal(host.run(Op.flush, 0, 0), 0);
});

test('a range off the drive completes as such', () => {
  const host = new Host(smallProfile());
  host.read(179_999, 2);
  assert.equal(host.statuses[0], Status.outOfRange);
  host.run(Op.read, 179_999, 1);
  assert.equal(host.statuses[0], Status.ok);
  assert.throws(() => host.drive.submit(8, Op.read, 0, 1, 0), RangeError);
});

interface Step {
  gap: number;
  op: Op;
  lbn: number;
  sectors: number;
  fua: boolean;
}
const step: fc.Arbitrary<Step> = fc.record({
  gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 * MS })),
  op: fc.constantFrom(Op.read, Op.read, Op.write, Op.write, Op.flush, Op.discard, Op.writeZeroes),
  lbn: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 179_000 })),
  sectors: fc.integer({ min: 1, max: 300 }),
  fua: fc.boolean(),
});
const steps = fc.array(step, { maxLength: 120 });
const profiles = fc.constantFrom(
  smallProfile(),
  smallProfile({ queue: { depth: 3, order: 'fifo' } }),
  smallProfile({ queue: { depth: 8, order: 'positioning', ageLimit_ms: 20 } }),
  smallProfile({ writeCache: { acknowledge: 'medium', size_sectors: 0 } }),
  smallProfile({
    writeCache: { acknowledge: 'buffer', size_sectors: 300, extents: 3, idle_ms: 0, window: 2 },
  }),
  smallProfile({ cache: { ...uncached, segments: 2, segment_sectors: 64 } }),
);

/** Skews that are no whole sectors: no two sectors pass at the very same time. */
function untied(profile: HddProfile): HddProfile {
  const zones = profile.layout.zones.map((zone) => ({
    ...zone,
    trackSkew_sectors: 10.3719,
    cylinderSkew_sectors: 20.1137,
  }));
  return { ...profile, layout: { ...profile.layout, zones } };
}

/** Submits the steps as tags allow. @param look called between events: must change nothing */
function play(host: Host, list: readonly Step[], look: () => void = () => undefined): void {
  const depth = host.drive.queueDepth;
  const out = new Set<number>();
  const submittedNs: number[] = [];
  let seen = host.log.length;
  const drain = (): void => {
    look();
    for (; seen < host.log.length; seen++) {
      const [tag, timeNs] = host.log[seen].split(' ').map(Number);
      assert.ok(out.delete(tag), 'completes once, and only when submitted');
      assert.ok(timeNs >= submittedNs[tag]);
      assert.equal(host.explainedSum(tag), timeNs - submittedNs[tag]);
      for (const ns of Object.values(host.drive.explain(tag))) assert.ok(ns >= 0);
    }
  };
  for (const { gap, op, lbn, sectors, fua } of list) {
    const untilNs = host.events.nowNs + gap;
    while (host.events.nextEventNs() <= untilNs) {
      host.events.step();
      drain();
    }
    host.events.advanceTo(untilNs);
    while (out.size === depth) {
      assert.ok(host.events.step());
      drain();
    }
    let tag = 0;
    while (out.has(tag)) tag++;
    out.add(tag);
    submittedNs[tag] = host.events.nowNs;
    host.drive.submit(tag, op, lbn, op === Op.flush ? 0 : sectors, fua ? DeviceFlag.fua : 0);
  }
  while (host.events.step()) drain();
  assert.equal(out.size, 0);
}

test('every tag completes once, explained to the nanosecond', () => {
  fc.assert(fc.property(profiles, steps, (profile, list) => play(new Host(profile), list)));
});

test('looking changes nothing, and the same requests give the same completions', () => {
  fc.assert(
    fc.property(profiles, steps, (profile, list) => {
      const plain = new Host(profile);
      play(plain, list);
      const watched = new Host(profile);
      play(watched, list, () => void watched.drive.counters);
      assert.deepEqual(watched.log, plain.log);
      assert.deepEqual(watched.drive.counters, plain.drive.counters);
    }),
  );
});

test('a snapshot goes on as the drive would have', () => {
  fc.assert(
    fc.property(
      profiles,
      steps,
      steps,
      fc.integer({ min: 0, max: 10 ** 12 }),
      (tied, first, then, at) => {
        const p = untied(tied);
        const host = new Host(p);
        play(host, first);
        const startNs = host.events.nowNs;
        const saved = structuredClone(host.drive.snapshot());
        const other = new Host(p);
        other.events.advanceTo(at);
        other.drive.restore(saved);
        host.log.length = 0;
        play(host, then);
        play(other, then);
        const relative = (log: readonly string[], zero: number): number[] =>
          log.map((line) => Number(line.split(' ')[1]) - zero);
        const expected = relative(host.log, startNs);
        // Times are not whole numbers inside: another zero may round a nanosecond otherwise.
        relative(other.log, at).forEach((ns, i) => assert.ok(Math.abs(ns - expected[i]) <= 2));
      },
    ),
  );
});
