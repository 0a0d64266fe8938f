/**
 * linux-6.16 (P10): reclaim writes no file pages at all; it marks and activates them, and wakes the
 * flusher when a batch was all dirty (Wilcox, "Remove aops->writepage", 2025).
 */

import { version } from '../../sim/kernel-version.ts';
import { activateMarked, linux411 } from './linux-4.11.ts';
import type { PageoutWay } from './way.ts';

export const linux616: PageoutWay = {
  ...linux411,
  name: 'linux-6.16',
  summary: 'wake the flusher, activate dirty pages, write none (6.16, 2025)',
  kernel: version(6, 16),
  pageout(reclaim, frame) {
    return activateMarked(reclaim, frame);
  },
};
