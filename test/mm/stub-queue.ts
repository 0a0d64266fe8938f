/** A block queue of two functions that remembers what it was given: one bio after another. */

import type { Admission } from '../../src/block/bio.ts';
import { NullQueue } from '../../src/block/null-queue.ts';
import type { EventQueue } from '../../src/sim/events.ts';

export interface SeenBio {
  op: number;
  sector: number;
  sectors: number;
  flags: number;
  atNs: number;
}

export class StubQueue extends NullQueue {
  readonly seen: SeenBio[] = [];

  constructor(events: EventQueue, bioNs: number) {
    super(events, bioNs, true);
  }

  override submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission {
    this.seen.push({ op, sector, sectors, flags, atNs: this.events.nowNs });
    return super.submitBio(op, sector, sectors, flags, task, cookie);
  }
}
