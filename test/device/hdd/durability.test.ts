/** What a power cut would lose, against a plain account of every sector. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeviceFlag, Op } from '../../../src/device/device.ts';
import { Host, smallProfile } from './small-drive.ts';

const MS = 1_000_000;
const POWER_CUT = { powerCut: true };

const request = fc.record({
  kind: fc.constantFrom('write', 'write', 'write', 'fua', 'read', 'flush'),
  lbn: fc.nat({ max: 60 }),
  sectors: fc.integer({ min: 1, max: 24 }),
  waitNs: fc.constantFrom(0, 1000, 2 * MS, 15 * MS, 60 * MS),
});

function sectorsOf(rows: readonly (readonly [number, number])[]): number[] {
  return rows.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
}

test('only acknowledged sectors are at risk, none once flushed or forced', () => {
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 40 }),
      fc.constantFrom('buffer', 'medium'),
      (requests, acknowledge) => {
        const writeCache = { acknowledge, size_sectors: 100, idle_ms: 10 } as const;
        const host = new Host(smallProfile({ writeCache }), POWER_CUT);
        const { drive, events } = host;
        // Sectors that may be at risk: acknowledged since they were last known to be on the medium.
        const mayBe = new Set<number>();
        const check = (): void => {
          const lost = sectorsOf(drive.atRisk());
          assert.equal(new Set(lost).size, lost.length, 'rows overlap');
          for (const sector of lost) assert.ok(mayBe.has(sector), `sector ${sector}`);
        };
        const free = Array.from({ length: drive.queueDepth }, (_, tag) => tag);
        const ends = new Map<number, () => void>();
        drive.attach({
          complete(tag) {
            ends.get(tag)?.();
            free.push(tag);
            check();
          },
        });
        for (const { kind, lbn, sectors, waitNs } of requests) {
          while (free.length === 0) events.step();
          const tag = free.pop()!;
          const row = Array.from({ length: sectors }, (_, i) => lbn + i);
          const before = [...mayBe];
          let since = new Set<number>();
          if (kind === 'write') ends.set(tag, () => row.forEach((sector) => mayBe.add(sector)));
          else ends.delete(tag);
          if (kind === 'flush' || kind === 'fua') {
            // Alone, so that nothing is acknowledged between its coming and its end.
            while (free.length < drive.queueDepth - 1) events.step();
            since = new Set(kind === 'flush' ? [...before, ...mayBe] : row);
            ends.set(tag, () => since.forEach((sector) => mayBe.delete(sector)));
          }
          if (kind === 'flush') drive.submit(tag, Op.flush, 0, 0, 0);
          else if (kind === 'read') drive.submit(tag, Op.read, lbn, sectors, 0);
          else drive.submit(tag, Op.write, lbn, sectors, kind === 'fua' ? DeviceFlag.fua : 0);
          if (kind === 'flush' || kind === 'fua')
            while (free.length < drive.queueDepth) events.step();
          events.advanceTo(events.nowNs + waitNs);
          check();
          if (acknowledge === 'medium') assert.deepEqual(drive.atRisk(), []);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a buffered write is at risk from its acknowledgement until it is on the medium', () => {
  const host = new Host(smallProfile(), POWER_CUT);
  host.run(Op.write, 10, 8);
  assert.deepEqual(host.drive.atRisk(), [[10, 18]]);
  host.events.advanceTo(host.events.nowNs + 9 * MS);
  assert.deepEqual(host.drive.atRisk(), [[10, 18]], 'idle time is not over');
  host.events.advanceTo(host.events.nowNs + 30 * MS);
  assert.deepEqual(host.drive.atRisk(), []);
});

test('what is being overwritten by force stays at risk until the new data is on the medium', () => {
  const host = new Host(smallProfile(), POWER_CUT);
  host.run(Op.write, 10, 8);
  host.drive.submit(0, Op.write, 10, 4, DeviceFlag.fua);
  assert.deepEqual(host.drive.atRisk(), [[10, 18]]);
  while (host.events.step());
  const lost = sectorsOf(host.drive.atRisk());
  assert.ok(!lost.includes(10) && !lost.includes(13));
});

test('a restored drive has at risk what its buffer holds', () => {
  const host = new Host(smallProfile(), POWER_CUT);
  host.run(Op.write, 10, 8);
  const again = new Host(smallProfile(), POWER_CUT);
  again.drive.restore(host.drive.snapshot());
  assert.deepEqual(again.drive.atRisk(), [[10, 18]]);
});

test('keeping account changes no time', () => {
  const times = [{}, POWER_CUT].map((options) => {
    const host = new Host(smallProfile(), options);
    for (let i = 0; i < 50; i++) host.run(i % 3 === 0 ? Op.read : Op.write, (i * 977) % 5000, 8);
    return host.log;
  });
  assert.deepEqual(times[0], times[1]);
});
