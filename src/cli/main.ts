#!/usr/bin/env node
/** The command line: one file a command, one line here each. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { InputError } from '../sim/input-error.ts';
import { compareCommand } from './compare.ts';
import { devicesCommand } from './devices.ts';
import { exploreCommand } from './explore.ts';
import { importCommand } from './import.ts';
import { preconditionCommand } from './precondition.ts';
import { publishedCommand } from './published.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { threadCommand } from './thread.ts';
import { tuneCommand } from './tune.ts';
import { validateCommand } from './validate.ts';

/** Exit codes: 0 done, 1 a fault of ours, 2 bad input, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('disktime')
    .description('What would this write-out cost on that disk?')
    .showHelpAfterError('(disktime --help shows what there is)')
    .showSuggestionAfterError()
    .exitOverride();
  const commands = [
    compareCommand(),
    runCommand(),
    threadCommand(),
    publishedCommand(),
    exploreCommand(),
    devicesCommand(),
    validateCommand(),
    tuneCommand(),
    importCommand(),
    preconditionCommand(),
    schemaCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program).exitOverride());
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof InputError) {
      process.stderr.write(`disktime: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}

const isProgram =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough is no fault of ours.
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`disktime: cannot write the output: ${error.message}\n`);
    process.exit(1);
  });
  // A command that was interrupted has set its own.
  const code = await main(process.argv.slice(2));
  if (code !== 0) process.exitCode = code;
}
