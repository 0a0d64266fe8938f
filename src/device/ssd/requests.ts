/** The table of outstanding requests, a row a tag, and where the time of each went. */

import { NO_BYTES, NO_FLOATS, NO_INTS } from '../../sim/columns.ts';

/** The parts of a latency, in the order in which a request meets them. */
export const explainParts = [
  'controller',
  'bufferWait',
  'dieWait',
  'sense',
  'channelWait',
  'channel',
  'linkWait',
  'link',
  'drain',
  'memory',
  'completion',
] as const;

export const Part = {
  controller: 0,
  bufferWait: 1,
  dieWait: 2,
  sense: 3,
  channelWait: 4,
  channel: 5,
  linkWait: 6,
  link: 7,
  /** From the data's arrival, or the flush, until everything waited for is programmed. */
  drain: 8,
  /** Into the buffer's memory, or out of it, the wait for it included. */
  memory: 9,
  /** From the drive's being done until the host has been told. */
  completion: 10,
} as const;

const PARTS = explainParts.length;

export class Requests {
  readonly outstanding: Uint8Array = NO_BYTES;
  readonly op: Uint8Array = NO_BYTES;
  readonly status: Uint8Array = NO_BYTES;
  readonly submitNs: Float64Array = NO_FLOATS;
  /** Past the firmware. */
  readonly readyNs: Float64Array = NO_FLOATS;
  /** When the last part known of so far ends. */
  readonly endNs: Float64Array = NO_FLOATS;
  /** Page reads, or units to be programmed, still to come. */
  readonly left: Int32Array = NO_INTS;
  readonly sector: Float64Array = NO_FLOATS;
  readonly endSector: Float64Array = NO_FLOATS;
  /** The next unit to let into the buffer, and one past the last. */
  readonly nextUnit: Int32Array = NO_INTS;
  readonly endUnit: Int32Array = NO_INTS;
  /** First slot of the group that is on the link, -1 for none. */
  readonly group: Int32Array = NO_INTS;
  /** Acknowledged only when programmed. */
  readonly durable: Uint8Array = NO_BYTES;
  /** The stream a write names, 0 for none. */
  readonly stream: Uint8Array = NO_BYTES;
  readonly epoch: Float64Array = NO_FLOATS;
  readonly #parts: Float64Array | undefined;

  constructor(depth: number, explain: boolean) {
    this.outstanding = new Uint8Array(depth);
    this.op = new Uint8Array(depth);
    this.status = new Uint8Array(depth);
    this.submitNs = new Float64Array(depth);
    this.readyNs = new Float64Array(depth);
    this.endNs = new Float64Array(depth);
    this.left = new Int32Array(depth);
    this.sector = new Float64Array(depth);
    this.endSector = new Float64Array(depth);
    this.nextUnit = new Int32Array(depth);
    this.endUnit = new Int32Array(depth);
    this.group = new Int32Array(depth).fill(-1);
    this.durable = new Uint8Array(depth);
    this.stream = new Uint8Array(depth);
    this.epoch = new Float64Array(depth);
    this.#parts = explain ? new Float64Array(depth * PARTS) : undefined;
  }

  /** A command is past the firmware at `readyNs`, set beforehand. */
  begin(tag: number): void {
    this.endNs[tag] = 0;
    if (this.#parts !== undefined) {
      this.setPart(tag, Part.controller, this.readyNs[tag] - this.submitNs[tag]);
    }
  }

  get explains(): boolean {
    return this.#parts !== undefined;
  }

  clearParts(tag: number): void {
    this.#parts?.fill(0, tag * PARTS, (tag + 1) * PARTS);
  }

  setPart(tag: number, part: number, ns: number): void {
    if (this.#parts !== undefined) this.#parts[tag * PARTS + part] = ns;
  }

  addPart(tag: number, part: number, ns: number): void {
    if (this.#parts !== undefined) this.#parts[tag * PARTS + part] += ns;
  }

  /** Gives one part what the others leave of the latency. */
  settle(tag: number, part: number, latencyNs: number): void {
    if (this.#parts === undefined) return;
    let sum = 0;
    for (let i = 0; i < PARTS; i++) sum += this.#parts[tag * PARTS + i];
    this.#parts[tag * PARTS + part] += latencyNs - sum;
  }

  /** @throws Error when parts are not kept */
  explain(tag: number): Record<string, number> {
    const parts = this.#parts;
    if (parts === undefined)
      throw new Error('explain: the device was made without `explain: true`');
    return Object.fromEntries(explainParts.map((name, i) => [name, parts[tag * PARTS + i]]));
  }
}
