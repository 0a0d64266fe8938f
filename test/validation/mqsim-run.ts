/**
 * MQSim's cases on our model: its configuration and workload translated, and either its rules or
 * those of a real drive.
 *
 * Its rules are, on the flash, `chip_serves_one`, `commands_yield`, planes that pair in line and
 * collection that holds up its chip; in the map what `mqsim-mapping.ts` says; at the start what
 * `mqsim-start.ts` says, and the levelling that follows. Without them dies work on their own, commands
 * slip in between transfers, write-backs of the map are programmed, and a drive starts as it settles. All
 * else is the same in both; docs/VALIDATION-MQSIM.md says which is right.
 */

import { readFileSync } from 'node:fs';
import { Op } from '../../src/device/device.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { isHalfPages, mqsimProfile, type MqsimCase } from './mqsim-case.ts';
import { MqsimDrive, type MqsimOutcome } from './mqsim-drive.ts';
import { validationData } from './shared.ts';

/**
 * Runs a case.
 * @param scale divides its time, the span that it touches and the cache of its map, which leaves
 *   rates and shares as they are
 * @param seed of the addresses
 */
export function runMqsimCase(of: MqsimCase, rules: boolean, scale = 1, seed = 1): MqsimOutcome {
  const profile = mqsimProfile(of, rules);
  return of.workload.File_Path === undefined
    ? runSynthetic(of, profile, rules, scale, seed)
    : runTrace(of, profile, rules);
}

function runSynthetic(
  of: MqsimCase,
  profile: SsdProfile,
  rules: boolean,
  scale: number,
  seed: number,
): MqsimOutcome {
  const { ssdconfig: s, workload: w } = of;
  const sectors = Number(w.Average_Request_Size);
  const step = isHalfPages(of) ? sectors : Number(w.Address_Alignment_Unit);
  const share = s.Enabled_Preconditioning === 'true' ? 1 : Number(w.Working_Set_Percentage) / 100;
  const places = Math.floor((profile.capacity_sectors * share) / step / scale);
  const run = new MqsimDrive(of, profile, rules, places * step, scale);
  const random = new RandomStream(seed, 'mqsim');
  const isRandom = w.Address_Distribution === 'RANDOM_UNIFORM';
  const readShare = Number(w.Read_Percentage) / 100;
  const requests = Number(w.Total_Requests_To_Generate) / scale;
  let begun = 0;
  const next = (): void => {
    if (requests > 0 && begun >= requests) return;
    const place = isRandom ? random.below(places) : begun % places;
    begun++;
    const op = random.uniform() < readShare ? Op.read : Op.write;
    run.request(op, place * step, sectors, next);
  };
  for (let n = Number(w.Average_No_of_Reqs_in_Queue); n > 0; n--) next();
  const stopNs = Number(w.Stop_Time) / scale;
  if (stopNs > 0) run.events.advanceTo(stopNs);
  else while (run.ended < requests && run.events.step());
  return run.outcome();
}

/** Lines of: arrival ns, device, sector, sectors, 0 a write and 1 a read. */
function runTrace(of: MqsimCase, profile: SsdProfile, rules: boolean): MqsimOutcome {
  const file = `${validationData}mqsim/${of.workload.File_Path}`;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const span = profile.capacity_sectors - 2 ** 22;
  const run = new MqsimDrive(of, profile, rules, span, 1);
  const requests = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const arrive = run.events.register((n) => {
    const [, , sector, sectors, isRead] = requests[n];
    const at = sector % span;
    run.request(isRead === 1 ? Op.read : Op.write, at, Math.min(sectors, span - at), () => {});
  });
  requests.forEach(([ns], n) => run.events.schedule(ns, arrive, n));
  while (run.ended < requests.length && run.events.step());
  return run.outcome();
}
