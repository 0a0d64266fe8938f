/** Reading strace's output into columns. */

import { strace } from '../../src/workload/trace/strace.ts';
import type { Suite } from './suite.ts';

const LINES = 1000;

export const straceReader: Suite = {
  name: 'strace-reader',
  make: () => {
    const path = '/data/search.db';
    const lines = [
      `7  1795435402.169354 openat(AT_FDCWD</data>, "search.db", O_RDWR) = 3<${path}>`,
    ];
    for (let i = 1; i < LINES; i++) {
      lines.push(
        `7  1795435402.${169354 + i} pwrite64(3<${path}>, ""..., 4096, ${4096 * i}) = 4096`,
      );
    }
    const text = lines.join('\n');
    return [
      {
        name: 'line of strace read',
        operations: LINES,
        run() {
          strace.read(text, 'bench');
        },
      },
    ];
  },
};
