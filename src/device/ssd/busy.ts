/** Counts the time during which anything at all is going on. */
export class BusyClock {
  #active = 0;
  #sinceNs = 0;
  #totalNs = 0;

  enter(now: number): void {
    if (this.#active++ === 0) this.#sinceNs = now;
  }

  leave(now: number): void {
    if (--this.#active === 0) this.#totalNs += now - this.#sinceNs;
  }

  totalNs(now: number): number {
    return this.#totalNs + (this.#active > 0 ? now - this.#sinceNs : 0);
  }
}
