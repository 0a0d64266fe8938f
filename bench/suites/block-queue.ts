/**
 * The block layer alone, over a drive that takes a fixed time. One operation is one bio: submitted,
 * merged or not, sorted, dispatched, completed.
 */

import { Admission, type BioSink } from '../../src/block/bio.ts';
import { createQueue } from '../../src/block/queue.ts';
import { Op } from '../../src/device/device.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { PAGE_SECTORS } from '../../src/sim/units.ts';
import { NullDrive } from './null-drive.ts';
import type { Case, Suite } from './suite.ts';

const BIOS = 1024;
/** Bios of one burst; then the submitter waits for all of them. */
const BURST = 64;

/** @param run how many bios in a row are neighbours, to be merged */
function bios(elevator: string, run: number): Case {
  const events = new EventQueue();
  const queue = createQueue(events, new NullDrive(events), { generation: '2.6.34', elevator });
  const random = new RandomStream(1, 'bench:block');
  const places = Math.floor(queue.capacitySectors / PAGE_SECTORS / run);
  const starts = Float64Array.from(
    { length: 65536 / run },
    () => random.below(places) * run * PAGE_SECTORS,
  );
  let next = 0;
  const sink: BioSink = {
    bioDone: () => {},
    bioAdmitted: () => {},
    congestionCleared: () => {},
  };
  queue.attach(sink);
  return {
    name: `bio through ${elevator}, ${run === 1 ? 'none merges' : `${run} in a row merge`}`,
    operations: BIOS,
    run() {
      for (let burst = 0; burst < BIOS / BURST; burst++) {
        for (let i = 0; i < BURST; i++) {
          const start = starts[Math.floor(next / run) % starts.length];
          const sector = start + (next % run) * PAGE_SECTORS;
          next++;
          if (queue.submitBio(Op.write, sector, PAGE_SECTORS, 0, 0, i) !== Admission.admitted) {
            throw new Error('64 bios did not find room');
          }
        }
        queue.unplug();
        while (queue.outstandingBios > 0) events.step();
      }
    },
  };
}

export const blockQueue: Suite = {
  name: 'block-queue',
  make: () => [bios('noop', 1), bios('deadline', 1), bios('deadline', 32)],
};
