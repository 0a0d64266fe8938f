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
  {
    profile: 'sabrent-rocket4plus-2tb',
    write: false,
    at: { 16: ['iops', 'p50_us'], 64: ['p50_us'] },
    reason:
      "No number of dies gives the source's rates: 16 give those at 8 and 16 outstanding (91 and 144 k IOPS " +
      'simulated, 89 and 149 k measured) and then 219 k at 64 (350 k) and 241 k at 256; the 1.03 M measured at ' +
      '256 (32 x 8) need more than 64, and 64 give 202 k at 16. Of 4 outstanding 5 % of reads take more than ' +
      '100 us from four threads, as 32 dies have it, and 42 % from one (53 and 37 k IOPS); from four threads ' +
      'to eight the share goes from 5 to 21 %, where dies would double it. So something else than dies makes ' +
      "them wait: the host's processors, or how the drive serves one submission queue; these rows do not tell " +
      'which. Both sector sizes of the source show the same to 2 %. Held are the rows of iodepth 1, with 32 ' +
      'dies, between the two.',
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
