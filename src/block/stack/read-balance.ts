/**
 * Which of several copies to read (read_balance, drivers/md/raid1.c): the member that read up to
 * here, else the one whose arm was left nearest.
 */

export class ReadBalance {
  /** Operand of `choose` and `wrote`: where the request begins on its member. */
  sector = NaN;

  /** Where each member's last request ended. */
  readonly #position: Float64Array;

  constructor(members: number) {
    this.#position = new Float64Array(members);
  }

  /** Chooses among `copies` members from `first` on. */
  choose(first: number, copies: number, sectors: number): number {
    const { sector } = this;
    const position = this.#position;
    let best = first;
    for (let member = first + 1; member < first + copies; member++) {
      if (Math.abs(position[member] - sector) < Math.abs(position[best] - sector)) best = member;
    }
    position[best] = sector + sectors;
    return best;
  }

  wrote(member: number, sectors: number): void {
    this.#position[member] = this.sector + sectors;
  }
}
