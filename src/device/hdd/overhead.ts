/**
 * The controller's time for a command, by what it is, whether the buffer serves it, and what the
 * command before was: the table of eight that DiskSim's drives were measured for.
 */

import type { HddProfile } from './profile.ts';
import { MS, US } from '../../sim/units.ts';

export class Overhead {
  readonly readCompletionNs: number;
  readonly writeCompletionNs: number;
  readonly flushNs: number;
  /** Whether the command before was a write. */
  afterWrite = false;
  readonly #ns = new Float64Array(8);

  constructor(profile: HddProfile) {
    const { overhead } = profile;
    const commandNs = profile.link.command_us * US;
    const rows = [overhead.readHit, overhead.readMiss, overhead.writeHit, overhead.writeMiss];
    rows.forEach((row, i) => {
      this.#ns[2 * i] = row.afterRead_ms * MS + commandNs;
      this.#ns[2 * i + 1] = row.afterWrite_ms * MS + commandNs;
    });
    this.readCompletionNs = overhead.readCompletion_ms * MS;
    this.writeCompletionNs = overhead.writeCompletion_ms * MS;
    this.flushNs = overhead.flush_ms * MS + commandNs;
  }

  /** ns before the command's work begins. */
  of(isWrite: boolean, isMiss: boolean): number {
    return this.#ns[(isWrite ? 4 : 0) + (isMiss ? 2 : 0) + (this.afterWrite ? 1 : 0)];
  }
}
