/**
 * What a victim policy is: it hears of every full block and of every unit that goes stale in one,
 * and names the block to empty next. It keeps whatever structure makes that quick.
 */

import type { RandomStream } from '../../../sim/random.ts';
import type { Geometry } from '../geometry.ts';

/** What there is to choose from. */
export interface FullBlocks {
  /** Valid units by block. */
  readonly valid: Int32Array;
  /** Whether a block is full and has not been taken. */
  isFull(block: number): boolean;
}

export interface VictimPolicy {
  /** A block is full and may be chosen from now on. */
  closed(block: number, valid: number): void;
  /** A unit of a block that may be chosen went stale; `valid` are left. */
  invalidated(block: number, valid: number): void;
  /**
   * The block to empty next in this lane, which may then no longer be chosen; -1 for none. Asked
   * only while the lane holds at least a block's worth of stale units, so a policy that does not
   * look for stale units (the oldest block, a random one) may name a block without any.
   */
  take(lane: number, blocks: FullBlocks): number;
  /** A block with `valid` valid units is emptied for another reason: it may no longer be chosen. */
  remove(block: number, valid: number): void;
  /** Everything it knows, as plain data; copies. */
  save(): PolicyState;
  load(state: PolicyState): void;
}

/** A policy's own columns, by name. */
export type PolicyState = Readonly<Record<string, Int32Array>>;

/** What a profile says of its policy, and where its randomness comes from. */
export interface PolicyOptions {
  /** Blocks a random policy looks at. */
  readonly choices: number;
  /** Oldest blocks a windowed policy looks at. */
  readonly windowBlocks: number;
  readonly random: RandomStream;
}

/** Makes a policy for a drive. */
export type VictimPolicyFactory = (geometry: Geometry, options: PolicyOptions) => VictimPolicy;
