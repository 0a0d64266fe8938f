/**
 * S20: page locks of two files, taken in opposite orders. Two reclaimers each hold pages of both
 * files in their batches; each then writes one file's range, locking the pages it has not got.
 */

import { PAGE_BYTES } from '../../sim/units.ts';
import { interleave } from './interleaved.ts';
import type { Race } from './race.ts';

const PAGES = 256;

export const pageLockAbba: Race = {
  name: 'S20',
  summary: 'two reclaimers whose batches hold pages of the same two files',
  pages: PAGES,
  start(machine) {
    interleave(machine, 64);
    return ['reclaimer 1', 'reclaimer 2'].map((name) =>
      machine.spawn(name, machine.files.allocate(70 * PAGE_BYTES)),
    );
  },
};
