/** Runs the command line as a person would. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** @param nodeFlags given to node itself, before the program */
export function disktime(args: readonly string[], nodeFlags: readonly string[] = []): CliRun {
  const run = spawnSync(
    process.execPath,
    [...nodeFlags, '--import', 'tsx', 'src/cli/main.ts', ...args],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  return { code: run.status, stdout: run.stdout, stderr: run.stderr };
}
