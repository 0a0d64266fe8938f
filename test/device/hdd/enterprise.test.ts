/** What 32 outstanding random reads get from enterprise drives of 7200 rpm: rate, and nobody starved. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HddProfile } from '../../../src/device/hdd/profile.ts';
import { Op } from '../../../src/device/device.ts';
import { createDeviceOn, loadProfile } from '../../../src/device/registry.ts';
import { EventQueue } from '../../../src/sim/events.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import { MS, PAGE_SECTORS, SECOND } from '../../../src/sim/units.ts';

const REQUESTS = 30_000;

for (const name of [
  'seagate-constellation-es3-4tb',
  'hgst-ultrastar-7k4000',
  'hgst-ultrastar-7k8',
  'hgst-ultrastar-he12',
]) {
  test(`${name}: 180 to 240 IOPS at depth 32, none waits past the age limit`, () => {
    const profile = loadProfile(name) as HddProfile;
    const events = new EventQueue();
    const device = createDeviceOn(events, profile, { explain: true });
    const random = new RandomStream(3, name);
    const places = Math.floor(device.capacitySectors / PAGE_SECTORS);
    const submit = (tag: number): void =>
      device.submit(tag, Op.read, random.below(places) * PAGE_SECTORS, PAGE_SECTORS, 0);
    let done = 0;
    let worstNs = 0;
    device.attach({
      complete(tag) {
        done++;
        worstNs = Math.max(worstNs, device.explain(tag).queue);
        submit(tag);
      },
    });
    for (let tag = 0; tag < 32; tag++) submit(tag);
    while (done < REQUESTS) events.step();
    const iops = (REQUESTS * SECOND) / events.nowNs;
    assert.ok(iops >= 180 && iops <= 240, `${iops} IOPS`);
    assert.ok(worstNs <= profile.queue.ageLimit_ms * MS, `${worstNs / MS} ms`);
  });
}
