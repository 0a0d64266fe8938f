/**
 * mq-deadline: deadline under blk-mq (block/mq-deadline.c). The rules and the numbers are the same, only it
 * remembers for each direction the sector where it stopped instead of the request that was next, so that what
 * came in since is taken into account.
 *
 * Real time goes before best effort, and that before idle: while anything of a higher class waits or is with
 * the drive, a lower one gets nothing, unless it has waited for `prio_aging_expire`.
 */

import { classOf } from '../io-priority.ts';
import { MS } from '../../sim/units.ts';
import { Direction } from '../request.ts';
import { DeadlineBase, deadlineDefaults } from './deadline.ts';
import type { DeadlineLists } from './deadline-lists.ts';
import type { ElevatorHost, ElevatorKind } from './elevator.ts';

const defaults = {
  ...deadlineDefaults,
  /** How many of the tags are for requests other than reads; 0 for all, the kernel's `nr_requests`. */
  async_depth: 0,
  /** What waits for so long goes before higher classes, ms. */
  prio_aging_expire: 10_000,
};

type MqDeadlineTunables = typeof defaults;

class MqDeadline extends DeadlineBase {
  readonly #agingNs: number;
  readonly #asyncDepth: number;
  /** The direction of the batch under way, whatever the class. */
  #direction: Direction = Direction.read;

  constructor(host: ElevatorHost, tunables: MqDeadlineTunables) {
    super(host, tunables, 3);
    this.#agingNs = tunables.prio_aging_expire * MS;
    this.#asyncDepth = tunables.async_depth === 0 ? Infinity : tunables.async_depth;
  }

  get isEmpty(): boolean {
    const { classes } = this;
    return classes[0].isEmpty && classes[1].isEmpty && classes[2].isEmpty;
  }

  dispatch(): boolean {
    if (this.isEmpty) return false;
    if (this.#dispatchAged()) return true;
    for (let i = 0; i < this.classes.length; i++) {
      const lists = this.classes[i];
      const request = this.choose(lists);
      if (request >= 0) {
        this.giveOut(lists, request);
        return true;
      }
      if (lists.inBeing > 0) return false;
    }
    return false;
  }

  /** What has waited for too long behind higher classes (dd_dispatch_prio_aged_requests). */
  #dispatchAged(): boolean {
    const [realTime, bestEffort, idle] = this.classes;
    const inUse = (realTime.inBeing > 0 ? 1 : 0) + (bestEffort.inBeing > 0 ? 1 : 0);
    if (inUse + (idle.inBeing > 0 ? 1 : 0) < 2) return false;
    return this.#dispatchIfAged(bestEffort) || this.#dispatchIfAged(idle);
  }

  #dispatchIfAged(lists: DeadlineLists): boolean {
    const request = this.choose(lists);
    if (request < 0) return false;
    const { requests, events } = this.host;
    const cameNs = requests.expiryNs[request] - this.expireNs[requests.direction(request)];
    if (cameNs > events.nowNs - this.#agingNs) return false;
    this.giveOut(lists, request);
    return true;
  }

  override depthFor(): number {
    return this.#asyncDepth;
  }

  protected override classOf(priority: number): DeadlineLists {
    return this.classes[classOf(priority) - 1];
  }

  protected override nextInBatch(lists: DeadlineLists): number {
    return this.nextOf(lists, this.#direction);
  }

  protected override nextOf(lists: DeadlineLists, direction: Direction): number {
    const sorted = lists.sorted[direction];
    sorted.sector = lists.position[direction];
    return sorted.atOrAfter();
  }

  protected override beginBatch(direction: Direction): void {
    this.#direction = direction;
  }

  protected override leaves(lists: DeadlineLists, request: number, direction: Direction): void {
    lists.position[direction] = this.host.requests.sector[request];
  }
}

export const mqDeadline: ElevatorKind<MqDeadlineTunables> = {
  name: 'mq-deadline',
  defaults,
  create: (host, tunables) => new MqDeadline(host, tunables),
};
