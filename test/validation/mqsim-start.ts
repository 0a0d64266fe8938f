/**
 * How full MQSim's preconditioner takes a plane's blocks to be (FTL::Perform_precondition and
 * Address_Mapping_Unit_Page_Level::Allocate_address_for_preconditioning at 7ec40e3): a state that it
 * assumes and that no use has led to.
 *
 * The share of blocks with i valid pages or more comes from Van Houdt's mean-field equations
 * (SIGMETRICS 2013) for d choices, 30 for greedy, by 10,000 steps of Euler's method from a binomial
 * start; the share with all pages valid is never updated and stays at next to nothing. The utilisation
 * they are given counts the soft limit of free blocks out, the number of blocks then filled only half of
 * it; what that leaves of the mean is made up for by shifting all of it by whole pages. Blocks are counted
 * by rounding down, and pages that are left over fill more of the fullest.
 */

/** What of the configuration it depends on. */
export interface Preconditioned {
  /** Shares of the logical pages, and of the flash. */
  readonly occupancy: number;
  readonly overProvisioning: number;
  /** Of a plane, and the free ones at which it collects. */
  readonly blocks: number;
  readonly softFree: number;
  readonly pagesPerBlock: number;
  readonly choices: number;
}

const STEP = 0.001;
const STEPS_MAX = 10_000;
const STEADY = 1e-10;
const GREEDY_CHOICES = 30;

export function choicesOf(policy: string, blocks: number): number {
  return policy === 'GREEDY' ? GREEDY_CHOICES : Math.floor(Math.log2(blocks));
}

/**
 * Share of the logical pages that are written before the run: those of a random fill that would be more
 * than 1 in 1.1 of them are cut to 9 in 10.
 */
export function heldShare(occupancy: number): number {
  return 1 < 1.1 * occupancy ? 0.9 : occupancy;
}

/** Valid pages of each of a plane's full blocks, the emptiest first, if it holds so many. */
export function assumedBlocks(of: Preconditioned, pages: number): number[] {
  const { pagesPerBlock: size, blocks, softFree } = of;
  const assumed = assumedShares(of);
  const goal = blocks - Math.floor(softFree / 2);
  const mean = assumed.reduce((sum, share, i) => sum + share * i, 0);
  const shares = shifted(assumed, Math.trunc(pages / goal - mean));
  const counts = shares.map((share) => Math.floor(share * goal));
  const placed = counts.reduce((sum, count, i) => sum + count * i, 0);
  const fullest = counts.findLastIndex((count) => count > 0);
  counts[fullest] += Math.ceil(Math.max(0, pages - placed) / fullest);
  const valid: number[] = [];
  let left = pages;
  for (let i = size; i >= 0 && left > 0; i--) {
    for (let n = 0; n < counts[i] && valid.length < goal; n++) {
      valid.push(Math.min(i, left));
      left -= valid[valid.length - 1];
    }
  }
  if (left > 0) throw new Error(`${left} pages of ${pages} have no place`);
  return valid.toReversed();
}

/** By number of valid pages, the share of blocks. */
function assumedShares(of: Preconditioned): number[] {
  const { pagesPerBlock: size, choices, blocks, softFree } = of;
  const used = of.occupancy * (1 - of.overProvisioning);
  const utilisation = used / (1 - softFree / blocks);
  const share = binomial(size, utilisation);
  // Those with i or more, and nothing above all pages.
  const atLeast = new Float64Array(size + 2);
  for (let i = size; i >= 0; i--) atLeast[i] = atLeast[i + 1] + share[i];
  atLeast[0] = 1;
  const next = atLeast.slice();
  let change = Infinity;
  for (let n = 0; n < STEPS_MAX && change > STEADY; n++) {
    let taken = 0;
    for (let i = 1; i <= size; i++) taken += atLeast[i] ** choices;
    change = 0;
    for (let i = 1; i < size; i++) {
      const filled = 1 - atLeast[i] ** choices;
      const overwritten =
        ((size - taken) * i * (atLeast[i] - atLeast[i + 1])) / (size * utilisation);
      next[i] = atLeast[i] + STEP * (filled - overwritten);
      change = Math.max(change, Math.abs(next[i] - atLeast[i]));
    }
    atLeast.set(next);
  }
  return share.map((_, i) => atLeast[i] - atLeast[i + 1]);
}

function binomial(n: number, p: number): number[] {
  const share = [(1 - p) ** n];
  for (let i = 1; i <= n; i++) share[i] = (share[i - 1] * (n - i + 1) * p) / (i * (1 - p));
  return share;
}

/** The share of i moved to i + `by`; that of the last place stays. */
function shifted(share: readonly number[], by: number): number[] {
  const last = share.length - 1;
  return share.map((own, i) =>
    i === last || by === 0 ? own : i - by < 0 || i - by >= last ? 0 : share[i - by],
  );
}
