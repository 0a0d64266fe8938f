/**
 * MQSim's results on its own parameters (`../shared/validation/mqsim`, taken at commit 7ec40e3),
 * held against ours. Where MQSim follows a rule that real drives do not, the case is run once under
 * that rule, to show that nothing else differs, and once as the drive would do it:
 *
 * - One die of a chip works at a time (its README, surprise 1): under this rule a chip is one die.
 *   Real dies are independent, so our own rate is higher.
 * - Planes of a die are programmed together only when their next pages have the same number: not
 *   under random writes, always in sequence.
 * - A read's command waits until no data waits for its channel (inferred, from the arithmetic of the
 *   last test, which meets MQSim to 0.1 %): a channel's chips sense together and then stand idle
 *   while each sends. A real controller puts a 0.3 us command between two transfers, as ours does.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadProfile } from '../../src/device/registry.ts';
import { ssdProfileSchema, type SsdProfile } from '../../src/device/ssd/profile.ts';
import { closedLoop, type Outcome } from './closed-loop.ts';

interface MqsimCase {
  readonly ssdconfig: Record<string, string>;
  readonly workload: Record<string, string>;
  readonly result: { flows: { IOPS: number; Device_Response_Time: number }[] };
}

/** Beside the checkout, or beside the folder of its worktrees. */
const path = ['../../../shared/', '../../../../shared/']
  .map((base) => new URL(`${base}validation/mqsim/cases.json`, import.meta.url))
  .find((url) => existsSync(url));
const skip =
  path === undefined ? 'no ../shared/validation/mqsim here: NOTHING WAS VALIDATED' : false;
const cases: Record<string, MqsimCase> =
  path === undefined ? {} : (JSON.parse(readFileSync(path, 'utf8')) as Record<string, MqsimCase>);

/** The case on our model; `chipIsDie`: under MQSim's rule of one die of a chip at a time. */
function ours(name: string, chipIsDie: boolean, runMs: number): Outcome {
  const { ssdconfig: s, workload: w } = cases[name];
  const base = loadProfile('mqsim-default') as SsdProfile;
  const channels = Number(s.Flash_Channel_Count);
  const chips = Number(s.Chip_No_Per_Channel);
  const dies = chipIsDie ? 1 : Number(s.Die_No_Per_Chip);
  const planes = Number(s.Plane_No_Per_Die);
  const isRandom = w.Address_Distribution === 'RANDOM_UNIFORM';
  const sectors = channels * chips * dies * planes * 2048 * 256 * 16;
  const profile = ssdProfileSchema.parse({
    ...base,
    capacity_sectors: Math.floor((sectors * 0.93) / 16) * 16,
    array: {
      ...base.array,
      channels,
      chips_per_channel: chips,
      dies_per_chip: dies,
      planes_per_die: planes,
      multiplane: !isRandom,
    },
    buffer: { ...base.buffer, write_back: false },
  });
  return closedLoop(profile, {
    readShare: Number(w.Read_Percentage) / 100,
    sectors: Number(w.Average_Request_Size),
    depth: Number(w.Average_No_of_Reqs_in_Queue),
    isRandom,
    span: Math.floor(profile.capacity_sectors / 2),
    alignSectors: Number(w.Address_Alignment_Unit),
    warmNs: 50e6,
    runNs: runMs * 1e6,
  });
}

const within = (actual: number, expected: number, share: number, what: string): void => {
  const off = actual / expected - 1;
  assert.ok(Math.abs(off) <= share, `${what}: ${actual}, MQSim ${expected}`);
};

// Total simulated ns of 10,000 requests, from its README.
for (const [name, ns] of [
  ['unit_read4k_qd1', 88_906],
  ['unit_read8k_qd1', 102_442],
  ['unit_write4k_qd1', 763_965],
  ['unit_write8k_qd1', 777_501],
] as const) {
  test(`MQSim ${name}: ${ns} ns a request`, { skip }, () => {
    assert.ok(Math.abs(ours(name, false, 500).meanUs * 1000 - ns) < 2);
  });
}

for (const name of [
  'unit8ch_write8k_qd256_ideal',
  'die1_write8k_qd256_ideal',
  'die4_write8k_qd256_ideal',
  'die2_write8k_qd1024_ideal',
  'chip8die1_write8k_qd256_ideal',
  'unit8ch_seqwrite128k_qd32_ideal',
]) {
  test(`MQSim ${name}: within 2 % under its rule of one die of a chip at a time`, { skip }, (t) => {
    const [flow] = cases[name].result.flows;
    const same = ours(name, true, 2000);
    const free = ours(name, false, 500);
    t.diagnostic(
      `MQSim ${flow.IOPS} IOPS ${flow.Device_Response_Time} us; same rule ` +
        `${same.iops.toFixed(0)} ${same.meanUs.toFixed(0)}; free dies ${free.iops.toFixed(0)}`,
    );
    within(same.iops, flow.IOPS, 0.02, 'IOPS');
    within(same.meanUs, flow.Device_Response_Time, 0.02, 'mean us');
    assert.ok(free.iops > 0.98 * same.iops);
  });
}

test(
  'MQSim unit8ch_seqread128k_qd32_ideal: its channel stands idle while chips sense',
  { skip },
  (t) => {
    const [flow] = cases.unit8ch_seqread128k_qd32_ideal.result.flows;
    // A channel's four chips sense two pages each, then send all eight: 64 pages of 8 KiB over the
    // eight channels are four requests.
    const cycleNs = 75_000 + 8 * (24_576 + 30);
    within((4 / cycleNs) * 1e9, flow.IOPS, 0.005, 'arithmetic of the rule');
    const free = ours('unit8ch_seqread128k_qd32_ideal', true, 500);
    const channelBound = (8 * 1e9) / (16 * (24_576 + 2 * 160));
    t.diagnostic(`ours ${free.iops.toFixed(0)}, channels allow ${channelBound.toFixed(0)}`);
    within(free.iops, channelBound, 0.02, 'ours, bound by the channels');
  },
);
