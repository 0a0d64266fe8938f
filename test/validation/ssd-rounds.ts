/**
 * The Sabrent Rocket 4 Plus's reads: with its dies in rounds by a shared ready line and without, over all
 * that may be outstanding; and why one thread's rows differ from those of as many threads.
 */

import { loadProfile } from '../../src/device/registry.ts';
import type { SsdProfile } from '../../src/device/ssd/profile.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { SECOND } from '../../src/sim/units.ts';
import { runDirectLoop, type DirectLoopResult } from '../../src/workload/bare/direct-loop.ts';
import { at, loopsOnOneDrive, type Outcome } from './loops-on-one-drive.ts';
import { readMatrix, type ReadRow } from './ssd-cells.ts';

const NAME = 'sabrent-rocket4plus-2tb';
const HOST_US = 3.6;
const DEPTHS = [2, 4, 8, 16, 32, 64];
/** Rows as threads x iodepth; only those of the shortest run, which had settled at once. */
const THREADS = [1, 2, 4, 8, 16, 32, 64];
const DEEPER = [
  ['4096_sector', 2, 64],
  ['512_sector', 4, 64],
] as const;

/**
 * The drive as it was modelled before: each die asked for its status. What of a read's latency occupies
 * the die (58 us of most pages) was fitted to the same rows, IOPS at 16 and 64 outstanding.
 */
function withoutRounds(): SsdProfile {
  const profile = structuredClone(loadProfile(NAME) as SsdProfile);
  const { array, controller } = profile;
  array.shared_ready = false;
  const added = 58 - array.read_us[0];
  array.read_us = array.read_us.map((us) => us + added);
  controller.read_us -= added;
  return profile;
}

const percent = (simulated: number, measured: number): string => {
  const off = 100 * (simulated / measured - 1);
  return `${off >= 0 ? '+' : '-'}${Math.abs(off).toFixed(0)} %`;
};
const kilo = (iops: number): string => (iops / 1000).toFixed(1);

function loop(profile: SsdProfile, outstanding: number): DirectLoopResult {
  return runDirectLoop(profile, { write: false, outstanding, hostUs: HOST_US, requests: 20_000 });
}

function roundsTable(): string {
  const rows: ReadRow[] = [
    ...THREADS.map((threads) => readMatrix('4096_sector', 1, threads)),
    ...DEEPER.map(([sector, iodepth, threads]) => readMatrix(sector, iodepth, threads)),
  ];
  const drives = [loadProfile(NAME) as SsdProfile, withoutRounds()];
  const lines = rows.map((row) => {
    const outstanding = row.iodepth * row.jobs;
    const [rounds, none] = drives.map((drive) => {
      const got = loop(drive, outstanding);
      return (['iops', 'p50_us', 'p90_us', 'p99_us'] as const)
        .map((figure) => percent(got[figure], row[figure]))
        .join(', ');
    });
    return `| ${outstanding} | ${row.jobs} x ${row.iodepth} | ${kilo(row.iops)} | ${row.p50_us} | ${row.p90_us} | ${row.p99_us} | ${rounds} | ${none} |`;
  });
  return `| outstanding | threads x iodepth | k IOPS | p50, us | p90 | p99 | in rounds: off by | each on its own: off by |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}`;
}

/** One thread's reads, of places in the order in which it wrote them or of others. */
function afterWriting(profile: SsdProfile, iodepth: number, isSame: boolean): Outcome {
  const drive = loopsOnOneDrive(profile, 64, HOST_US * 1000);
  const run = (write: boolean, outstanding: number, seed: number): Outcome =>
    drive.run({
      write,
      outstanding,
      jobs: [new RandomStream(seed, 'job0')],
      places: drive.units,
      requests: 20_000,
      forNs: Infinity,
    });
  run(true, 64, 1);
  drive.rest(SECOND);
  return run(false, iodepth, isSame ? 1 : 2);
}

function orderTable(): string {
  const profile = loadProfile(NAME) as SsdProfile;
  const lines = DEPTHS.map((iodepth) => {
    const row = readMatrix('4096_sector', iodepth, 1);
    const [same, others] = [true, false].map((isSame) => afterWriting(profile, iodepth, isSame));
    const tail = (of: Outcome): string => at(of, 0.999).toFixed(0);
    return `| ${iodepth} | ${kilo(row.iops)} | ${kilo(same.iops)} | ${kilo(others.iops)} | ${row.p99_9_us.toFixed(0)} | ${tail(same)} | ${tail(others)} |`;
  });
  return `| iodepth, one thread | k IOPS measured | as written | other places | p99.9 measured, us | as written | other places |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}`;
}

/** The part of docs/VALIDATION-SSD.md. */
export function roundsPart(): string {
  return `## The Sabrent's reads, over all that may be outstanding

No number of dies gives its rates. Of 8, 16 and 32 outstanding so few reads do not wait as if each other
one stood in the way with a chance of about an eighth, like eight channels that serve one at a time; but
they do not wait long, and the rates go far beyond. That is what dies do that share one ready/busy line, where
the controller goes by it (\`array.shared_ready\`, \`src/device/ssd/read-rounds.ts\`): on a channel's four dies
reads begin together and end with the slowest. That this controller does so is an assumption which rests on
these rows; what of a read's latency occupies the die is fitted as before, to IOPS at 16 and 64 (49 us where it
was 58). No number is fitted to the rows at 2, 8 and 32, but the rule was found by looking at all of them. At 4
it has too many wait, by p90; at 128 and more the drive does better than dies of one read at a time can,
which points to several planes of a die that sense at once, and these are not modelled. One arrangement of
threads is shown; others at equal outstanding are within 8 % where the run was over as soon.

${roundsTable()}

Rows of one thread and more depth are slower by up to half, and up to 8 outstanding their p99.9 is as many
senses in a row as requests are outstanding, which random places do not do. Places that were written one
after the other lie on one die, and fio's \`randrepeat\` has a thread read in the order in which an earlier
run of it wrote. On the simulated drive, 20 000 places written by one thread, then read by it:

${orderTable()}

With every place in that order the tail is the measured one up to 32 outstanding, with nothing fitted to it (a
die that is occupied for 58 us makes it ${at(afterWriting(withoutRounds(), 4, true), 0.999).toFixed(0)} us at 4); the rates lie between, since only what no other
run overwrote is in that order. How much that was the source does not say, so these rows are not held to.

`;
}
