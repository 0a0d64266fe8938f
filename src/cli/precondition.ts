/** `disktime precondition PROFILE`: a flash drive brought into a state, kept in a file. */

import { Command } from 'commander';
import { loadProfile } from '../device/registry.ts';
import { writeSnapshot } from '../device/snapshot-file.ts';
import { SsdDrive } from '../device/ssd/drive.ts';
import type { SsdProfile } from '../device/ssd/profile.ts';
import { settleStepwise, type Settled } from '../device/ssd/settle.ts';
import { EventQueue } from '../sim/events.ts';
import { InputError } from '../sim/input-error.ts';
import { parseSeed } from './options.ts';
import { withProgress, workText, type Progress } from './progress.ts';
import { unsettledNote } from './unsettled.ts';

interface PreconditionOptions {
  state: string;
  output: string;
  seed: string;
  windows?: string;
}

function parseWindows(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const windows = Number(text);
  if (/^\d+$/.test(text) && windows >= 2 && windows <= 1000) return windows;
  throw new InputError(`--windows: expected a whole number from 2 to 1000, got "${text}"`);
}

/** What the drive starts with: a share written once in order, or the stationary state. */
function fillOf(state: string): number | 'steady' {
  if (state === 'steady') return 'steady';
  if (state === 'full') return 1;
  if (state === 'fresh') return 0;
  const used = /^used:(\d+(?:\.\d+)?)%?$/.exec(state);
  const percent = used === null ? NaN : Number(used[1]);
  if (percent <= 100) return percent / 100;
  throw new InputError(
    `--state: expected steady, full, fresh or used:N% (N from 0 to 100), got "${state}"`,
  );
}

export function preconditionCommand(): Command {
  return new Command('precondition')
    .description('bring a flash drive into a state and keep it in a file, to start runs from')
    .argument('<profile>', 'flash drive, by name or profile path')
    .requiredOption('-o, --output <file>', 'where to keep it')
    .option(
      '--state <state>',
      'steady (overwritten at random for long), full (written once in order), fresh, used:N%',
      'steady',
    )
    .option(
      '--windows <n>',
      'steady: give up after so many stretches of writes, each as long as all before it',
    )
    .option('--seed <n>', 'seed of the random writes', '1')
    .action((name: string, options: PreconditionOptions) => precondition(name, options));
}

async function precondition(name: string, options: PreconditionOptions): Promise<void> {
  const fill = fillOf(options.state);
  const seed = parseSeed(options.seed);
  const windows = parseWindows(options.windows);
  const loaded = loadProfile(name);
  if (loaded.kind !== 'ssd') {
    throw new InputError(`${loaded.name} is no flash drive: it has no state to bring about`);
  }
  const flash = loaded as SsdProfile;
  const profile: SsdProfile = { ...flash, ftl: { ...flash.ftl, initial_fill: fill } };
  const kept = await withProgress(1, async (progress) => {
    const events = new EventQueue();
    const onWork = (what: string, share: number) => progress.update(0, workText(what, share));
    const drive = new SsdDrive(profile, events, { seed, onWork });
    const settled =
      fill === 'steady' ? await settleOn(drive, events, seed, windows, progress) : undefined;
    if (settled === 'interrupted') return undefined;
    progress.update(0, `writing ${options.output}`);
    const bytes = writeSnapshot(options.output, { profile, snapshot: drive.view() });
    return { settled, bytes, physicalUnits: drive.geometry.physicalUnits };
  });
  if (kept === undefined) {
    process.stderr.write(`interrupted: ${options.output} has not been written\n`);
    process.exitCode = 130;
    return;
  }
  const { settled, bytes, physicalUnits } = kept;
  let said = '';
  if (settled !== undefined) {
    said =
      `, write amplification ${settled.writeAmplification.toFixed(2)}` +
      `${settled.isStable ? '' : ' (NOT settled)'} after ${settled.writes} random writes`;
  }
  process.stdout.write(
    `${options.output}: ${profile.name}, ${options.state}${said}; ${(bytes / 1e6).toFixed(1)} MB\n`,
  );
  if (settled?.isStable === false) {
    const note = unsettledNote(settled, physicalUnits);
    process.stderr.write(`${profile.name} has NOT settled: ${note}\n`);
  }
}

/** Settles the drive, unless a person interrupts it. */
async function settleOn(
  drive: SsdDrive,
  events: EventQueue,
  seed: number,
  windows: number | undefined,
  progress: Progress,
): Promise<Settled | 'interrupted'> {
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  process.on('SIGINT', interrupt);
  try {
    const steps = settleStepwise(drive, events, seed, windows);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      const { window, share, amplification } = value;
      const known = Number.isNaN(amplification) ? '' : ` (${amplification.toFixed(2)})`;
      progress.update(
        0,
        `write amplification${known}, window ${window}: ${Math.round(100 * share)} %`,
      );
      // Lets an interrupt be seen.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (isInterrupted) return 'interrupted';
    }
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}
