/**
 * The event heap at a steady number of pending events: each operation is one push and one pop. The
 * first case is the yardstick of every other suite.
 */

import { EventQueue } from '../../src/sim/events.ts';
import { RandomStream } from '../../src/sim/random.ts';
import type { Case, Suite } from './suite.ts';

const PAIRS = 4096;

/** The classic hold model: take the next event, put one back a random while later. */
function hold(pending: number): Case {
  const events = new EventQueue(pending);
  const random = new RandomStream(1, `bench:heap:${pending}`);
  // Drawn ahead, so that the heap is timed and not the generator.
  const delays = Float64Array.from({ length: PAIRS }, () => Math.ceil(random.exponential(1000)));
  let next = 0;
  const handler = events.register((arg) => {
    next = (next + 1) & (PAIRS - 1);
    events.atNs = events.nowNs + delays[next];
    events.post(handler, arg);
  });
  for (let i = 0; i < pending; i++) events.schedule(delays[i], handler, i);
  return {
    name: `push + pop, ${pending} pending`,
    operations: PAIRS,
    run() {
      for (let i = 0; i < PAIRS; i++) events.step();
    },
  };
}

export const eventHeap: Suite = {
  name: 'event-heap',
  allocatesNothing: true,
  make: () => [hold(64), hold(16), hold(1024)],
};
