/** Figures that the models are known to miss, and why. One that no longer misses has to go. */

import type { Cell, Figure } from './ssd-cells.ts';

interface Miss {
  readonly profile: string;
  readonly write: boolean;
  /** By requests outstanding, the figures that miss. */
  readonly at: { readonly [outstanding: number]: readonly Figure[] | undefined };
  readonly reason: string;
}

const ONE_SERIAL =
  'The model has one serial cost per command for reads and writes alike (`controller.serial_us`, ' +
  '`link.per_command_us`).';

const misses: readonly Miss[] = [
  {
    profile: 'samsung-860pro',
    write: true,
    at: { 4: ['iops'], 16: ['iops'] },
    reason:
      'The measured drive stalls for milliseconds in 1 to 10 % of writes (p99 1.8 to 3.0 ms; mean ' +
      'twice the median), as one that collects; its fill state is not recorded and the simulated one ' +
      'has free blocks. The medians, which stalls do not touch, hold.',
  },
  {
    profile: 'samsung-860pro-write-through',
    write: true,
    at: { 16: ['iops', 'p50_us'], 64: ['iops', 'p50_us'] },
    reason:
      'With its cache off the drive gains nothing beyond 12 writes at a time (5.7 k IOPS of 2.06 ms); ' +
      'the model uses all 16 dies and packs waiting writes into one program. ' +
      `${ONE_SERIAL} A cost that only writes queue for would bound them.`,
  },
  {
    profile: 'kingston-dc500m',
    write: false,
    at: { 1: ['iops', 'p50_us'] },
    reason:
      'The drive is slower at depth 1 than at 2 (p50 159 against 119 us), as if it fell into an idle ' +
      'state between commands, which the model does not have. Timings are fitted at depth 4.',
  },
  {
    profile: 'intel-p4800x',
    write: false,
    at: { 8: ['iops'] },
    reason:
      'In the simulated loop every sense takes the same time, so requests stay in step until the link ' +
      'is full; the measured rate bends earlier (p99 is 1.6 to 2 times p50 at every depth).',
  },
  {
    profile: 'intel-p4800x',
    write: true,
    at: { 4: ['iops'], 8: ['iops', 'p50_us'], 10: ['iops'] },
    reason:
      '3D XPoint is written in place, so a write waits for the very die its address lies on; the ' +
      'measured share of slow writes (30 to 45 us) grows with depth, below 10 % at 1 and above at 4, ' +
      'as it would with dies busy for some 30 us a write. The model gives each write to the next ' +
      'free die.',
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
  {
    profile: 'micron-7300pro-3840gb',
    write: false,
    at: { 1: ['p99_us'] },
    reason:
      'Above the slowest page type (165 us) there is a tail, read retry perhaps, which the model does ' +
      'not have.',
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
