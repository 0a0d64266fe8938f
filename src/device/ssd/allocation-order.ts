/**
 * In which order places on the flash are filled: channels (C), chips or "ways" (W), dies (D) and
 * planes (P), the letter that comes first counting up fastest. There are 24 orders; their names and
 * meaning are those of MQSim's static allocation schemes (Tavakkol et al., FAST 2018; after Jung &
 * Kandemir, "An Evaluation of Different Page Allocation Strategies on High-Speed SSDs", 2012).
 *
 * Lanes are numbered CWDP whatever the order is, so an order is a permutation of lanes. Planes that
 * are programmed together are one lane: then P changes nothing.
 */

import type { SsdProfile } from './profile.ts';

/** All orders of these letters. */
function ordersOf(letters: string): string[] {
  if (letters.length < 2) return [letters];
  return letters
    .split('')
    .flatMap((first) => ordersOf(letters.replace(first, '')).map((rest) => first + rest));
}

export const allocationOrders = ordersOf('CWDP') as [string, ...string[]];

/** The lane at each place of the order. */
export function lanesInOrder(profile: SsdProfile): Int32Array {
  const a = profile.array;
  const planes = a.multiplane ? 1 : a.planes_per_die;
  const dimensions: Record<string, { count: number; step: number }> = {
    C: { count: a.channels, step: 1 },
    W: { count: a.chips_per_channel, step: a.channels },
    D: { count: a.dies_per_chip, step: a.channels * a.chips_per_channel },
    P: { count: planes, step: a.channels * a.chips_per_channel * a.dies_per_chip },
  };
  const order = (profile.ftl.plane_allocation ?? 'CWDP').split('');
  const lanes = a.channels * a.chips_per_channel * a.dies_per_chip * planes;
  return Int32Array.from({ length: lanes }, (_, place) => {
    let lane = 0;
    let left = place;
    for (const letter of order) {
      const { count, step } = dimensions[letter];
      lane += (left % count) * step;
      left = Math.floor(left / count);
    }
    return lane;
  });
}
