/**
 * Who waits for whom: finds a deadlock the moment its last wait closes the circle, and says so as
 * lockdep would. It also keeps the order in which classes of locks are taken within one another,
 * and reports an inversion even when no schedule so far has closed a circle.
 */

import type { Task } from './task.ts';

/** Something a task may wait for that other tasks can give it. */
export interface Resource {
  /** The lock's class, as lockdep has them: `i_mutex`, `page lock`, `journal`. */
  readonly kind: string;
  /** Which one, for people: `page 5 of inode 3`. */
  readonly label: string;
  /** Who can end the wait: the tasks that hold it. */
  owners(): readonly Held[];
}

/** A task holding something, and where it took it. */
export interface Held {
  readonly task: Task;
  readonly where: string;
}

interface Wait {
  readonly task: Task;
  readonly resource: Resource;
  readonly where: string;
}

/** Thrown into the wait that closes a circle. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
  /** Task names round the circle. */
  readonly tasks: readonly string[];

  constructor(report: string, tasks: readonly string[]) {
    super(report);
    this.tasks = tasks;
  }
}

const NOTHING_HELD: readonly { resource: Resource; where: string }[] = [];

export class WaitGraph {
  /** Possible inversions seen so far, each once. */
  readonly inversions: string[] = [];
  readonly #waits = new Map<Task, Wait>();
  readonly #held = new Map<Task, { resource: Resource; where: string }[]>();
  /** For each class, the classes taken while it was held, with a sentence on where. */
  readonly #order = new Map<string, Map<string, string>>();
  readonly #reported = new Set<string>();

  /** A task took something that lasts (not a page lock: those are asked of the page table). */
  took(task: Task, resource: Resource, where: string): void {
    const list = this.#held.get(task);
    if (list === undefined) this.#held.set(task, [{ resource, where }]);
    else list.push({ resource, where });
  }

  gave(task: Task, resource: Resource): void {
    const list = this.#held.get(task) ?? [];
    const at = list.findLastIndex((held) => held.resource === resource);
    if (at >= 0) list.splice(at, 1);
  }

  /** `inner` is known to be taken within `outer`: the other way round is reported at its first sight. */
  declare(outer: string, inner: string): void {
    let after = this.#order.get(outer);
    if (after === undefined) this.#order.set(outer, (after = new Map<string, string>()));
    if (!after.has(inner)) after.set(inner, `${inner} belongs within ${outer}`);
  }

  /**
   * A task is about to take `kind` by waiting if need be (a trylock cannot deadlock and is not
   * told). `alsoHeld` names classes it holds beside those of `took`.
   */
  wants(task: Task, kind: string, where: string, alsoHeld: readonly string[] = []): void {
    const list = this.#held.get(task);
    for (const { resource, where: heldWhere } of list ?? NOTHING_HELD) {
      if (this.#order.get(resource.kind)?.has(kind) === true) continue;
      this.#edge(resource.kind, kind, `${task.name} held ${resource.label} (${heldWhere})`, where);
    }
    for (const held of alsoHeld) {
      // An order that is known has been held against all others when it was new.
      if (this.#order.get(held)?.has(kind) === true) continue;
      this.#edge(held, kind, `${task.name} held a ${held}`, where);
    }
  }

  /**
   * A task goes to sleep for `resource`.
   * @throws DeadlockError when everyone it waits for waits, in the end, for it
   */
  block(task: Task, resource: Resource, where: string): void {
    this.#waits.set(task, { task, resource, where });
    const circle = this.#circle(task);
    if (circle !== undefined) {
      const names = circle.map(({ task: { name } }) => name);
      throw new DeadlockError(this.#report(circle), names);
    }
  }

  unblock(task: Task): void {
    this.#waits.delete(task);
  }

  /** A way round from `start` back to it along "waits for, held by", or undefined. */
  #circle(start: Task): Wait[] | undefined {
    const path: Wait[] = [];
    const visited = new Set<Task>();
    const search = (task: Task): boolean => {
      const wait = this.#waits.get(task);
      if (wait === undefined) return false;
      path.push(wait);
      for (const owner of wait.resource.owners()) {
        if (owner.task === start) return true;
        if (visited.has(owner.task)) continue;
        visited.add(owner.task);
        if (search(owner.task)) return true;
      }
      path.pop();
      return false;
    };
    return search(start) ? path : undefined;
  }

  #report(circle: readonly Wait[]): string {
    const lines = ['possible circular wait, closed now:'];
    for (const { task, resource, where } of circle) {
      const owners = resource
        .owners()
        .map((owner) => `${owner.task.name}, taken in ${owner.where}`)
        .join('; ');
      lines.push(
        `  ${task.name} waits in ${where} for ${resource.label}`,
        `    held by ${owners === '' ? 'no one' : owners}`,
      );
    }
    lines.push('held meanwhile:');
    for (const { task } of circle) {
      const held = (this.#held.get(task) ?? [])
        .map(({ resource, where }) => `${resource.label} (${where})`)
        .join(', ');
      lines.push(`  ${task.name}: ${held === '' ? 'nothing else' : held}`);
    }
    return lines.join('\n');
  }

  #edge(held: string, taken: string, how: string, where: string): void {
    const sentence = `${how} and took ${taken} in ${where}`;
    let after = this.#order.get(held);
    if (after === undefined) this.#order.set(held, (after = new Map<string, string>()));
    if (!after.has(taken)) after.set(taken, sentence);
    const back = held === taken ? sentence : this.#pathBetween(taken, held);
    if (back === undefined) return;
    const key = `${held}>${taken}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.inversions.push(
      held === taken
        ? `possible deadlock, ${held} within ${taken}: ${sentence}`
        : `possible inversion of ${held} and ${taken}: ${sentence}; but ${back}`,
    );
  }

  /** How `to` came to be taken while `from` was held, directly or through others. */
  #pathBetween(from: string, to: string, seen = new Set<string>()): string | undefined {
    if (seen.has(from)) return undefined;
    seen.add(from);
    for (const [next, sentence] of this.#order.get(from) ?? []) {
      if (next === to) return sentence;
      const further = this.#pathBetween(next, to, seen);
      if (further !== undefined) return `${sentence}, ${further}`;
    }
    return undefined;
  }
}
