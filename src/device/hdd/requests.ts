/** The drive's requests by tag, in columns: what was asked, and when. */

import { Op, Status } from '../device.ts';

export class Requests {
  readonly op: Uint8Array;
  readonly lbn: Float64Array;
  readonly sectors: Float64Array;
  readonly flags: Uint8Array;
  readonly arrivedNs: Float64Array;
  /** When the controller has understood the command, ns. */
  readonly readyNs: Float64Array;
  readonly status: Uint8Array;
  readonly isOutstanding: Uint8Array;
  /** Of a write to the medium: gives up the link before its data. */
  readonly isExtra: Uint8Array;

  constructor(depth: number) {
    this.op = new Uint8Array(depth);
    this.lbn = new Float64Array(depth);
    this.sectors = new Float64Array(depth);
    this.flags = new Uint8Array(depth);
    this.arrivedNs = new Float64Array(depth);
    this.readyNs = new Float64Array(depth);
    this.status = new Uint8Array(depth);
    this.isOutstanding = new Uint8Array(depth);
    this.isExtra = new Uint8Array(depth);
  }

  enter(tag: number, op: Op, lbn: number, sectors: number, flags: number, nowNs: number): void {
    this.isOutstanding[tag] = 1;
    this.op[tag] = op;
    this.lbn[tag] = lbn;
    this.sectors[tag] = sectors;
    this.flags[tag] = flags;
    this.arrivedNs[tag] = nowNs;
    this.status[tag] = Status.ok;
  }

  /** Sectors that cross the link: writing zeroes sends none. */
  linked(tag: number): number {
    return this.op[tag] === Op.writeZeroes ? 0 : this.sectors[tag];
  }
}
