/**
 * How the valid units of a drive that has been overwritten at random for long are spread over its
 * full blocks, by victim policy.
 *
 * First in, first out: a block filled x of a turn ago (the youngest 0, the next victim 1) has e^(-Tx)
 * of its units valid (Desnoyers, SYSTOR 2012).
 *
 * d choices, and greedy as their limit: the mean-field fixed point of Van Houdt (SIGMETRICS 2013),
 * exact as the number of blocks grows. What falls from i to i - 1 valid units is what is collected at
 * i - 1 or below: c i m(i) = 1 - s(i)^d, m(i) being the share of blocks with i, s(i) that with i or
 * more, c the host's writes a collection over the valid units a block.
 *
 * Windowed and cost-benefit start as first in, first out, which both come near to with large blocks:
 * on a drive of 800 blocks of 128 units that holds 87 %, the first turn after settling has the write
 * amplification of long use within 1.5 % and 0.3 % (three seeds; greedy 0.8 %, first in, first out
 * 1.0 %, d choices 1.4 % for d = 10, 2.2 % for d = 2).
 */

import type { VictimPolicyName } from './registry.ts';

/** Of a lane's valid units, the share in the `x` (0 to 1) of its full blocks that hold least. */
export type Spread = (x: number) => number;

/**
 * What a policy's blocks are spread by: how many blocks it draws to choose among, Infinity for all,
 * undefined for the order they were filled in.
 */
export function drawsOf(policy: VictimPolicyName, choices: number | undefined): number | undefined {
  if (policy === 'random-greedy') return choices;
  return policy === 'greedy' ? Infinity : undefined;
}

/** Whether a policy's blocks stay spread as `stationary` has it, and not only nearly so. */
export function isKept(policy: VictimPolicyName): boolean {
  return policy === 'fifo' || policy === 'greedy' || policy === 'random-greedy';
}

/**
 * @param validShare of the full blocks' units, above 0 and below 1
 * @param draws as `drawsOf` has it
 */
export function stationary(validShare: number, units: number, draws: number | undefined): Spread {
  return draws === undefined ? inOrder(validShare) : ofDraws(validShare, units, draws);
}

/** Units that the host may write for each block that is collected in such a state: what is not valid in it. */
export function gained(validShare: number, units: number, draws: number | undefined): number {
  if (draws === undefined) return units * (1 - Math.exp(-turnOf(validShare)));
  const { writes, mean } = fixedPoint(new Float64Array(units + 2), validShare, draws);
  return writes * mean;
}

/** T with (1 - e^-T) / T = the valid share. */
function turnOf(validShare: number): number {
  return bisect(1e-9, 100, (at) => (1 - Math.exp(-at)) / at > validShare);
}

function inOrder(validShare: number): Spread {
  const turn = turnOf(validShare);
  return (x) => (Math.exp(turn * x) - 1) / (Math.exp(turn) - 1);
}

function ofDraws(validShare: number, units: number, draws: number): Spread {
  const atLeast = new Float64Array(units + 2);
  const { mean } = fixedPoint(atLeast, validShare, draws);
  const sums = new Float64Array(units + 1);
  for (let i = 1; i <= units; i++) sums[i] = sums[i - 1] + atLeast[i];
  // Of the x that hold least so many blocks, atLeast[i] - (1 - x), hold an i-th unit.
  return (x) => {
    let from = 0;
    let to = units;
    while (from < to) {
      const i = (from + to + 1) >>> 1;
      if (atLeast[i] > 1 - x) from = i;
      else to = i - 1;
    }
    return (sums[from] - from * (1 - x)) / mean;
  };
}

/** Fills in the share of blocks with i units or more; the mean, and over that the host's writes a collection. */
function fixedPoint(
  atLeast: Float64Array,
  validShare: number,
  draws: number,
): { writes: number; mean: number } {
  // More host writes a collection, fewer valid units; at most as many as there are units in a block.
  const isLow = (at: number): boolean =>
    fill(atLeast, at, draws) > validShare * (atLeast.length - 2);
  const writes = bisect(1e-9, 1 / validShare, isLow);
  return { writes, mean: fill(atLeast, writes, draws) };
}

/** Fills in the share of blocks with i units or more; returns the mean. */
function fill(atLeast: Float64Array, writes: number, draws: number): number {
  let above = 0;
  let mean = 0;
  for (let i = atLeast.length - 2; i > 0; i--) {
    const rate = writes * i;
    // Newton's iteration from the right, on a convex function: it comes down to the root.
    // Without end of choices no block above the least is taken; 1 to the power of Infinity is NaN.
    let share = above === 1 ? 1 : Math.min(1, above + (1 - above ** draws) / rate);
    for (let n = 0; n < 50 && Number.isFinite(draws); n++) {
      const power = share ** (draws - 1);
      const step = (rate * (share - above) - 1 + power * share) / (rate + draws * power);
      share -= step;
      if (step < 1e-14) break;
    }
    atLeast[i] = share;
    mean += share;
    above = share;
  }
  return mean;
}

/** Where `isLow` stops holding. */
function bisect(low: number, high: number, isLow: (at: number) => boolean): number {
  for (let n = 0; n < 100 && high - low > 1e-15 * high; n++) {
    const at = (low + high) / 2;
    if (isLow(at)) low = at;
    else high = at;
  }
  return low;
}
