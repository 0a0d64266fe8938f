/** Where requests' time went: a row of parts by tag, kept only when asked for. */

export const PARTS = [
  'overhead',
  'queue',
  'destage',
  'seek',
  'settle',
  'rotation',
  'transfer',
  'link',
] as const;

export const Part = {
  /** The controller understands the command. */
  overhead: 0,
  /** Waiting for the medium while it serves others. */
  queue: 1,
  /** Waiting for dirty sectors to be written: for room, or for a flush. */
  destage: 2,
  /** Arm and head switches. */
  seek: 3,
  settle: 4,
  rotation: 5,
  transfer: 6,
  /** Time on the link that no other part hides, and completion. */
  link: 7,
} as const;

export class Explanation {
  readonly #rows: Float64Array;
  readonly #totals: Float64Array;

  constructor(depth: number) {
    this.#rows = new Float64Array(depth * PARTS.length);
    this.#totals = new Float64Array(depth);
  }

  begin(tag: number): void {
    this.#rows.fill(0, tag * PARTS.length, (tag + 1) * PARTS.length);
  }

  add(tag: number, part: number, ns: number): void {
    this.#rows[tag * PARTS.length + part] += ns;
  }

  end(tag: number, latencyNs: number): void {
    this.#totals[tag] = latencyNs;
  }

  /** Whole ns; the parts' borders are rounded, so that they sum to the latency exactly. */
  row(tag: number): Record<string, number> {
    const explained: Record<string, number> = {};
    let exact = 0;
    let rounded = 0;
    const total = this.#totals[tag];
    for (let part = 0; part < Part.link; part++) {
      exact += this.#rows[tag * PARTS.length + part];
      const border = Math.min(total, Math.round(exact));
      explained[PARTS[part]] = border - rounded;
      rounded = border;
    }
    explained.link = total - rounded;
    return explained;
  }
}
