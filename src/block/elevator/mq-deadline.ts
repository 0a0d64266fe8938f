/**
 * mq-deadline: deadline under blk-mq (block/mq-deadline.c). The rules and the numbers are the same;
 * only it remembers for each direction the sector where it stopped instead of the request that was
 * next, so that what came in since is taken into account.
 *
 * Bios carry no IO priority here: all are best effort, and `prio_aging_expire` never comes to bear.
 */

import { Direction } from '../request.ts';
import { Deadline, deadlineDefaults } from './deadline.ts';
import type { ElevatorKind } from './elevator.ts';

const defaults = {
  ...deadlineDefaults,
  /** Lower classes are served at least so often, ms. Without effect: there is one class. */
  prio_aging_expire: 10_000,
};

class MqDeadline extends Deadline {
  /** Where each direction's last request began. */
  readonly #position = new Float64Array(2);
  #direction: Direction = Direction.read;

  protected override nextInBatch(): number {
    return this.nextOf(this.#direction);
  }

  protected override nextOf(direction: Direction): number {
    this.sorted[direction].sector = this.#position[direction];
    return this.sorted[direction].atOrAfter();
  }

  protected override leaves(request: number, direction: Direction): void {
    this.#direction = direction;
    this.#position[direction] = this.host.requests.sector[request];
  }
}

export const mqDeadline: ElevatorKind<typeof defaults> = {
  name: 'mq-deadline',
  defaults,
  create: (host, tunables) => new MqDeadline(host, tunables),
};
