/** Writing a file whole or not at all: into a neighbour first, which then takes its place. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { InputError } from '../sim/input-error.ts';

/** @throws InputError when the file cannot be written; what was there before is then still there */
export function writeWhole(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw new InputError(`cannot be written: ${(error as NodeJS.ErrnoException).code}`, { file });
  }
}
