/**
 * The controller's time for a command, by what it is, whether the buffer serves it, and what the
 * command before was: the table of eight that DiskSim's drives were measured for.
 */

import type { HddProfile } from './profile.ts';
import { MS, US } from '../../sim/units.ts';

type ExtraStep = 'command' | 'first' | 'between' | 'second' | 'seekDelta';

export class Overhead {
  readonly readCompletionNs: number = NaN;
  readonly writeCompletionNs: number = NaN;
  readonly flushNs: number = NaN;
  /** Before data, each time the link is taken for it. */
  readonly dataNs: number = NaN;
  /** Giving up the link when all of a write's data has come, and taking it for the status. */
  readonly writeDisconnectNs: number = NaN;
  readonly reselectNs: number = NaN;
  readonly otherReselectNs: number = NaN;
  /** The four steps of a write that gives up the link twice; undefined where none does. */
  readonly extra: Readonly<Record<ExtraStep, number>> | undefined;
  readonly neverDisconnects: boolean;
  /** Giving up the link behind a read command, by what came before: a read, a write. */
  readonly readDisconnectNs: Float64Array;
  /** Before a command's work begins, by its `kind`. */
  readonly commandNs = new Float64Array(8);
  /** 1 when the command before was a write, otherwise 0. */
  afterWrite: 0 | 1 = 0;

  constructor(profile: HddProfile) {
    const { overhead } = profile;
    const commandNs = profile.link.command_us * US;
    const rows = [overhead.readHit, overhead.readMiss, overhead.writeHit, overhead.writeMiss];
    rows.forEach((row, i) => {
      this.commandNs[2 * i] = row.afterRead_ms * MS + commandNs;
      this.commandNs[2 * i + 1] = row.afterWrite_ms * MS + commandNs;
    });
    this.readCompletionNs = overhead.readCompletion_ms * MS;
    this.writeCompletionNs = overhead.writeCompletion_ms * MS;
    const disconnects = profile.link.neverDisconnect ? 0 : MS;
    this.neverDisconnects = profile.link.neverDisconnect;
    this.dataNs = overhead.dataPreparation_ms * MS;
    this.writeDisconnectNs = overhead.writeDisconnect_ms * disconnects;
    this.reselectNs = overhead.firstReselect_ms * disconnects;
    this.otherReselectNs = overhead.otherReselect_ms * disconnects;
    const { afterRead_ms, afterWrite_ms } = overhead.readDisconnect;
    this.readDisconnectNs = Float64Array.of(
      afterRead_ms * disconnects,
      afterWrite_ms * disconnects,
    );
    const { extraDisconnect } = overhead;
    if (extraDisconnect !== undefined && !profile.link.neverDisconnect) {
      this.extra = {
        command: extraDisconnect.command_ms * MS + commandNs,
        first: extraDisconnect.first_ms * MS,
        between: extraDisconnect.between_ms * MS,
        second: extraDisconnect.second_ms * MS,
        seekDelta: extraDisconnect.seekDelta_ms * MS,
      };
    }
    this.flushNs = overhead.flush_ms * MS + commandNs;
  }

  /** A command's row in `commandNs`. */
  kind(isWrite: boolean, isMiss: boolean): number {
    return (isWrite ? 4 : 0) + (isMiss ? 2 : 0) + this.afterWrite;
  }
}
