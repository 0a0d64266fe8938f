/** docs/VALIDATION.md: every drive with a measured trace, in one table, with plots beside it. */

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { shippedProfiles, type AnyProfile } from '../device/profile.ts';
import { loadProfile } from '../device/registry.ts';
import { InputError } from '../sim/input-error.ts';
import { mean, percentile } from '../measure/demerit.ts';
import { readValidationTrace } from '../workload/replay/validation-trace.ts';
import { markdownTable } from './markdown-table.ts';
import { validate, type Validation } from './validation.ts';
import { writeWhole } from './write-file.ts';

/** The demerit figures that DiskSim 4.0's own `runvalid` states, ms. */
export const PUBLISHED_MS: Readonly<Record<string, number>> = {
  atlas10k: 0.268,
  barracuda: 0.349,
  cheetah4LP: 0.318,
  ibm18es: 0.135,
  hp_c2247a: 0.09,
  hp_c2490a: 0.254,
  dec_rz26: 0.34,
};

/** The shipped profile made from a trace's parameter files, by its sources. */
function profileOf(trace: string): AnyProfile | undefined {
  for (const name of shippedProfiles().keys()) {
    const profile = loadProfile(name);
    const { overhead = '' } = profile.sources;
    if (overhead.endsWith(` ${trace}.diskspecs`)) return profile;
  }
  return undefined;
}

const HEAD = [
  'drive',
  'requests',
  'mean measured',
  'simulated',
  'p99 measured',
  'simulated',
  'demerit',
  'of the mean',
  "DiskSim's",
  'ours/theirs',
];

const LIMITS = `## What the model does not do

- Slipped and remapped sectors are placed exactly; a revolution's wait that firmware spends on finding out
  that a sector was remapped is not counted.
- Times are the same for every request of a kind: no thermal recalibration, no retries, no jitter of
  the host. Measured curves are steps of the host's clock and interrupt path where the simulated ones
  are smooth, and that is most of what is left on the drives from 1996 on.
- The spindle turns at its nominal speed. A real one is off by some hundredths of a percent, so that
  single requests come at another angle after some seconds; the distribution does not mind.
- A read behind another in the queue is not answered early from the buffer ("sneaky" hits), and the
  arm moves when the medium is free, not while the last data is still on the link (preseeking).
- The bus of DiskSim's older drives is not in the disk's own file but in the system's. Of a drive that is
  in no system file at hand an import assumes 0.148 ms a sector, and is as far off as that is.
- What no parameter of the DEC RZ26 says, and its trace shows (each write ends at its angle to within
  0.1 ms, so what comes behind one is dated exactly; medians):
  - Reads end later than simulated: behind a write by 0.31 ms for 1 sector, 0.47 for 4, 0.69 for 8, 1.01
    for 12, 1.25 for 15, and less again up to 21 (0.61), as if some 17 sectors were sent in one burst once
    they are complete. The parameters have no burst and a read completion of 0.
  - Writes to the medium 130 to 750 cylinders away miss a revolution in 15 to 78 % of all cases (46 % at 300
    to 600), shorter and longer ones, and reads of any distance, in about 2 %: a settle of some 5 ms that
    only such writes need. That is 0.9 ms on the mean of writes and half of the whole demerit's square.
  - Reads that run over a track's end behind one that did so too are hits: it reads ahead to the end of the
    next track, where the parameters say to the end of this one (\`Buffer continuous read\` 1, not 4). Set to 4,
    the class from the buffer misses by 0.54 ms instead of 1.09, but the whole by more, for the reads are then
    as much too early as its writes are.
  - Its buffer hits take 1.02 ms + 0.069 a sector, not 1.23 + 0.071.
- HP C2490A: reads behind reads are simulated one revolution long in 13 % of all cases, nearly all of which come
  to their sector less than 1.7 ms late here; writes behind writes one short in 20 %, nearly all with less than 2.6 ms
  to spare. So 3.616 ms for a read behind a read is 1.2 ms too much, and 0.824 for a write behind a
  write 1.9 too little. The latter is the HP C2247A's figure to the digit: it was carried over, not measured.
  The two cancel in the sum; no rule of the model can know.
- A write behind a write counts as such, for the overheads, only until the first is on the medium:
  measured back to back they differ from what the traces show with pauses between.
`;

/**
 * Replays every trace below a folder whose drive is shipped, and writes the document.
 * @param plot draws a result
 * @throws InputError
 */
export function validationDocument(
  folder: string,
  file: string,
  plot: (result: Validation) => string,
): void {
  const rows: string[][] = [];
  const sections: string[] = [];
  let logs = 0;
  for (const name of traceNames(folder)) {
    const profile = profileOf(name);
    if (profile === undefined) continue;
    const result = validate(readValidationTrace(join(folder, name, `${name}.trace`)), profile);
    const [{ measured, simulated }] = result.shares;
    const published = PUBLISHED_MS[name] ?? NaN;
    logs += Math.log(result.demerit_ms / published);
    rows.push([
      profile.title,
      String(result.requests),
      mean(measured).toFixed(3),
      mean(simulated).toFixed(3),
      percentile(measured, 0.99).toFixed(2),
      percentile(simulated, 0.99).toFixed(2),
      result.demerit_ms.toFixed(3),
      `${(100 * result.demerit_share).toFixed(1)} %`,
      published.toFixed(3),
      (result.demerit_ms / published).toFixed(2),
    ]);
    const picture = `validation-${profile.name}.svg`;
    writeWhole(join(dirname(file), picture), plot(result));
    sections.push(sectionOf(profile, result, picture));
  }
  if (rows.length === 0)
    throw new InputError('no NAME/NAME.trace of a shipped drive', { file: folder });
  const ratio = Math.exp(logs / rows.length).toFixed(2);
  const text = `# Validation

Generated by \`disktime validate --all FOLDER --markdown ${basename(dirname(file))}/${basename(file)}\`; do not edit.

Traces of real drives (DiskSim 4.0's validation set, Carnegie Mellon PDL), replayed request for
request: the next one comes when the one before is done and its measured pause has passed. The drives'
parameters are DiskSim's own, imported; no parameter was fitted to a trace. Five rules of the model
were settled with these traces in view, though (when a read is sent on a bus that is not held, how much
of a write must have come before the medium begins, what counts as a write before, that a drive asks
for the link while it still reads, and that a write which goes on from the one before gives up the link
as any other), so drives that were not looked at are the real test. The bus of the DEC and HP drives is not in the disk's files
but in DiskSim's system files (\`devices/hdd/disksim\`). The demerit figure is the root
mean square horizontal distance between measured and simulated distribution of response times
(Ruemmler and Wilkes 1994); DiskSim's is the one it publishes. Times in ms.

${markdownTable(HEAD, rows)}

Geometric mean of ours/theirs: ${ratio}.

${LIMITS}
${sections.join('\n')}`;
  writeWhole(file, text);
}

function traceNames(folder: string): string[] {
  if (!existsSync(folder)) throw new InputError('expected a folder', { file: folder });
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, `${name}.trace`)))
    .sort();
}

function sectionOf(profile: AnyProfile, result: Validation, picture: string): string {
  const classes = result.shares.map(({ name, measured, simulated, demerit_ms }) => [
    name,
    String(measured.length),
    ...[mean(measured), mean(simulated), demerit_ms].map((ms) => ms.toFixed(3)),
  ]);
  const worst = result.worst.map(
    ({ mechanism, requests, error_ms }) =>
      `- ${requests}: ${mechanism}, ${error_ms.toFixed(2)} ms on average`,
  );
  return `## ${profile.title}

![distribution of response times](${picture})

${markdownTable(['requests', 'n', 'measured, ms', 'simulated, ms', 'demerit, ms'], classes)}

The worst thousand requests miss by (measured - simulated):

${worst.join('\n')}
`;
}
