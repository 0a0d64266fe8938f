/** A host that asks a bare drive one thing at a time, and waits for it. */

import { Op, Status, type Device } from '../../device/device.ts';
import type { AnyProfile } from '../../device/profile.ts';
import { createDeviceOn } from '../../device/registry.ts';
import { EventQueue } from '../../sim/events.ts';

export class OneByOne {
  readonly events = new EventQueue();
  readonly device: Device;
  #doneNs = -1;
  #status: Status = Status.ok;

  constructor(profile: AnyProfile, seed = 1) {
    this.device = createDeviceOn(this.events, profile, { seed });
    this.device.attach({
      complete: (_tag, timeNs, status) => {
        this.#doneNs = timeNs;
        this.#status = status;
      },
    });
  }

  /**
   * One request, to its completion.
   * @returns its latency, ns
   * @throws RangeError when it does not lie on the drive
   */
  request(op: Op, sector: number, sectors: number): number {
    const startNs = this.events.nowNs;
    this.#doneNs = -1;
    this.device.submit(0, op, sector, sectors, 0);
    while (this.#doneNs < 0 && this.events.step());
    if (this.#status !== Status.ok) throw new RangeError(`sectors ${sector}+${sectors}`);
    return this.#doneNs - startNs;
  }

  read(sector: number, sectors: number): number {
    return this.request(Op.read, sector, sectors);
  }

  /** Lets time pass. */
  wait(ns: number): void {
    this.events.advanceTo(this.events.nowNs + ns);
  }
}
