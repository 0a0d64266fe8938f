/** Every elevator there is. A new one is a file in this folder and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { bfq } from './bfq/bfq.ts';
import { cfq } from './cfq/cfq.ts';
import { deadline } from './deadline.ts';
import type { Elevator, ElevatorHost, ElevatorKind, Tunables } from './elevator.ts';
import { kyber } from './kyber.ts';
import { mqDeadline } from './mq-deadline.ts';
import { none } from './none.ts';
import { noop } from './noop.ts';

const kinds = new Map<string, ElevatorKind>();

function enter<T extends Tunables>(kind: ElevatorKind<T>): void {
  // `createElevator` hands a kind all of its own tunables and no others.
  kinds.set(kind.name, kind);
}

enter(noop);
enter(deadline);
enter(cfq);
enter(none);
enter(mqDeadline);
enter(kyber);
enter(bfq);

/** The names of all elevators. */
export function elevatorNames(): string[] {
  return [...kinds.keys()];
}

/**
 * An elevator's tunables with their defaults.
 * @throws InputError with the nearest name
 */
export function elevatorDefaults(name: string): Tunables {
  return findKind(name).defaults;
}

/**
 * Makes an elevator.
 * @param tunables those that differ from the default, in sysfs names and units
 * @throws InputError for an unknown elevator or tunable, or a value that is not a whole number >= 0
 */
export function createElevator(name: string, host: ElevatorHost, tunables: Tunables): Elevator {
  checkTunables(name, tunables);
  const kind = findKind(name);
  return kind.create(host, { ...kind.defaults, ...tunables });
}

/** @throws InputError for an unknown elevator or tunable, or a value that is not a whole number >= 0 */
export function checkTunables(name: string, tunables: Tunables): void {
  const kind = findKind(name);
  for (const [key, value] of Object.entries(tunables)) {
    if (!Object.hasOwn(kind.defaults, key)) {
      throw new InputError(
        `elevator ${name}: unknown tunable "${key}"${nearestHint(key, Object.keys(kind.defaults))}`,
      );
    }
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new InputError(`elevator ${name}: ${key}: expected a whole number, got ${value}`);
    }
  }
}

function findKind(name: string): ElevatorKind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw new InputError(`no elevator is called "${name}"${nearestHint(name, kinds.keys())}`);
}
