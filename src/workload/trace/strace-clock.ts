/** The time column of a strace line, whichever of -ttt, -tt, -t and -r wrote it, as ns. */

/** Seconds since the epoch are beyond this since 1973; the gaps that -r prints never are. */
const EPOCH_SECONDS = 1e8;
const DAY_NS = 86_400e9;

export class StraceClock {
  #firstSeconds: number | undefined;
  #nowNs = 0;
  #daysNs = 0;

  /** @returns ns since some moment at or before the first line; the same as before for '' */
  read(time: string): number {
    if (time === '') return this.#nowNs;
    if (time.includes(':')) return this.#timeOfDay(time);
    const [whole, fraction = ''] = time.split('.');
    const seconds = Number(whole);
    const ns = Number(fraction.padEnd(9, '0').slice(0, 9));
    if (seconds < EPOCH_SECONDS) {
      this.#nowNs += seconds * 1e9 + ns;
    } else {
      // Nanoseconds since the epoch do not fit a number; since the first line they do.
      this.#firstSeconds ??= seconds;
      this.#nowNs = (seconds - this.#firstSeconds) * 1e9 + ns;
    }
    return this.#nowNs;
  }

  #timeOfDay(time: string): number {
    const [hours, minutes, seconds] = time.split(':').map(Number);
    const ns = Math.round((hours * 3600 + minutes * 60 + seconds) * 1e9);
    // Lines of several processes may be a little out of order; half a day back is midnight.
    if (ns + this.#daysNs < this.#nowNs - DAY_NS / 2) this.#daysNs += DAY_NS;
    this.#nowNs = ns + this.#daysNs;
    return this.#nowNs;
  }
}
