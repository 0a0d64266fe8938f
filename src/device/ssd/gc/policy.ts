/**
 * What a victim policy is: it hears of every full block and of every unit that goes stale in one,
 * and names the block to empty next. It keeps whatever structure makes that quick.
 */

import type { Geometry } from '../geometry.ts';

export interface VictimPolicy {
  /** A block is full and may be chosen from now on. */
  closed(block: number, valid: number): void;
  /** A unit of a block that may be chosen went stale; `valid` are left. */
  invalidated(block: number, valid: number): void;
  /** The block to empty next in this lane, which may then no longer be chosen; -1 for none. */
  take(lane: number): number;
  /** Everything it knows, as plain data; copies. */
  save(): PolicyState;
  load(state: PolicyState): void;
}

/** A policy's own columns, by name. */
export type PolicyState = Readonly<Record<string, Int32Array>>;

/** Makes a policy for a drive. */
export type VictimPolicyFactory = (geometry: Geometry) => VictimPolicy;
