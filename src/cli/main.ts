#!/usr/bin/env node
/** The command line: one file a command, one line here each. */

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { InputError } from '../sim/input-error.ts';

/** Read in when asked for: each draws in its part of the program only, some 15 MB less for the largest drives. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  compare: async () => (await import('./compare.ts')).compareCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  thread: async () => (await import('./thread.ts')).threadCommand(),
  published: async () => (await import('./published.ts')).publishedCommand(),
  explore: async () => (await import('./explore.ts')).exploreCommand(),
  devices: async () => (await import('./devices.ts')).devicesCommand(),
  validate: async () => (await import('./validate.ts')).validateCommand(),
  tune: async () => (await import('./tune.ts')).tuneCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  precondition: async () => (await import('./precondition.ts')).preconditionCommand(),
  schema: async () => (await import('./schema.ts')).schemaCommand(),
};

/** Exit codes: 0 done, 1 a fault of ours, 2 bad input, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('disktime')
    .description('What would this write-out cost on that disk?')
    .showHelpAfterError('(disktime --help shows what there is)')
    .showSuggestionAfterError()
    .exitOverride();
  // Whatever is no command's name (none, help, a slip) is answered from all of them.
  const isOne = argv.length > 0 && Object.hasOwn(commands, argv[0]);
  for (const name of isOne ? [argv[0]] : Object.keys(commands)) {
    const command = await commands[name]();
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
