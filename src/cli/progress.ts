/** Progress on standard error: a bar on a terminal, a line now and then elsewhere. */

import { SingleBar } from 'cli-progress';

export interface Progress {
  /** So many of the steps are done; `what` is under way now. */
  update(done: number, what: string): void;
  stop(): void;
}

/** Plain lines are this far apart, ms of real time. */
const LINE_INTERVAL_MS = 2000;

export function startProgress(total: number): Progress {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {value}/{total} {what}',
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    });
    bar.start(total, 0, { what: '' });
    return {
      update: (done, what) => bar.update(done, { what }),
      stop: () => bar.stop(),
    };
  }
  let lastMs = Date.now();
  return {
    update(done, what) {
      if (Date.now() - lastMs < LINE_INTERVAL_MS) return;
      lastMs = Date.now();
      process.stderr.write(`${done}/${total} ${what}\n`);
    },
    stop() {},
  };
}
