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
      'The measured drive collects: of a write in 160 each one outstanding stalls for about 1.8 ms (at 4, 8, ' +
      '16 and 32 jobs 2.5, 5, 10 and 20 % are slow), while the simulated cells are of a drive with free ' +
      'blocks. Medians, which stalls do not touch, hold. How much it collects follows from what was run ' +
      'before: simulated as a matrix in its order, below, both cells come out of the first row.',
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
