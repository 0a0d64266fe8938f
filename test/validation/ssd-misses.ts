/** Figures that the models are known to miss, and why. One that no longer misses has to go. */

import type { Cell, Figure } from './ssd-cells.ts';

interface Miss {
  readonly profile: string;
  readonly write: boolean;
  /** By requests outstanding, the figures that miss. */
  readonly at: { readonly [outstanding: number]: readonly Figure[] | undefined };
  readonly reason: string;
}

const misses: readonly Miss[] = [
  {
    profile: 'samsung-860pro',
    write: true,
    at: { 4: ['iops'], 16: ['iops'] },
    reason:
      'The measured drive stalls for milliseconds in 1 to 10 % of writes (p99 1.8 to 3.0 ms; mean ' +
      'twice the median), as one that collects. All its cells of iodepth 1, 4 threads and more, end ' +
      'at 35 to 38 k IOPS, those of iodepth 2 at 48 to 53, of 4 and 8 at 46 to 57, of 32 and 64 at ' +
      '55 to 61: the order in which such a matrix is run, so the state of the drive is in it rather ' +
      'than threads against depth. The fill is not recorded, and the simulated drive has free ' +
      'blocks. The medians, which stalls do not touch, hold. Another 860 PRO in the same file ' +
      '(controller path A, cache on) shows no stall: 47.7 k IOPS at 16 outstanding in every split, p99 ' +
      'of 0.42 ms. The simulated drive, overwritten at random for long on four fifths of its capacity, ' +
      'does 46 k at 4, 16 and 64 outstanding, depth 1 and medians unchanged, and 12 k on all of it: ' +
      'a fill between would give the 35 k of both cells, but it is not known and so not fitted.',
  },
  {
    profile: 'sabrent-rocket4plus-2tb',
    write: false,
    at: { 16: ['iops', 'p50_us'], 64: ['p50_us'] },
    reason:
      "The source's own cells at equal outstanding differ by up to 1.9 times (78 to 149 k IOPS at 16, " +
      '219 to 359 k at 64), and p50 of 8 x 16 (86 us) is below that of 1 x 16 (96 us), so the host of ' +
      'these runs seems to be in them. Held are the rows of iodepth 1.',
  },
];

/** Why a figure of a cell is known to miss; undefined when it is not. */
export function missReason(cell: Cell, figure: Figure): string | undefined {
  return misses.find(
    ({ profile, write, at }) =>
      profile === cell.profile &&
      write === cell.write &&
      (at[cell.outstanding] ?? []).includes(figure),
  )?.reason;
}
