/** A sink that is told without the time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Op, Status } from '../../src/device/device.ts';
import { createDeviceOn, loadProfile } from '../../src/device/registry.ts';
import { EventQueue } from '../../src/sim/events.ts';

for (const name of ['hgst-ultrastar-7k8', 'samsung-970pro']) {
  test(`${name}: what has \`ended\` hears by it, at the same times, and by nothing else`, () => {
    const [told, hot] = [false, true].map((isHot) => {
      const events = new EventQueue();
      const device = createDeviceOn(events, loadProfile(name));
      const heard: string[] = [];
      const tell = (tag: number, ns: number, status: Status): void => {
        heard.push(`${tag} ${ns} ${status}`);
      };
      device.attach(
        isHot
          ? {
              complete: () => assert.fail('told twice'),
              ended: (tag, status) => tell(tag, events.nowNs, status),
            }
          : { complete: tell },
      );
      device.submit(0, Op.write, 800, 8, 0);
      device.submit(1, Op.read, 80_000, 8, 0);
      device.submit(2, Op.read, device.capacitySectors, 8, 0);
      while (events.step());
      return heard.toSorted();
    });
    assert.equal(told.length, 3);
    assert.deepEqual(hot, told);
  });
}
