/** The shipped rotational drives: they load, and every number has a source. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippedProfiles, unsourcedNumbers } from '../../../src/device/profile.ts';
import { createDeviceOn, loadProfile } from '../../../src/device/registry.ts';
import { EventQueue } from '../../../src/sim/events.ts';

for (const name of shippedProfiles().keys()) {
  const profile = loadProfile(name);
  if (profile.kind !== 'hdd') continue;
  test(name, () => {
    assert.equal(profile.name, name);
    assert.deepEqual(unsourcedNumbers(profile), []);
    assert.ok(createDeviceOn(new EventQueue(), profile).rotational);
  });
}
