/** Progress on standard error: a bar on a terminal, a line now and then elsewhere. */

import { SingleBar } from 'cli-progress';

export interface Progress {
  /** So many of the steps are done; `what` is under way now. */
  update(done: number, what: string): void;
  stop(): void;
}

/** What a drive is at, for progress. */
export function workText(what: string, share: number): string {
  return `${what}: ${Math.round(100 * share)} %`;
}

/** Runs `body` with progress on `total` steps; what is shown is taken away however it ends. */
export async function withProgress<T>(
  total: number,
  body: (progress: Progress) => T | Promise<T>,
): Promise<T> {
  const progress = startProgress(total);
  try {
    return await body(progress);
  } finally {
    progress.stop();
  }
}

/** Plain lines are this far apart, ms of real time. */
const LINE_INTERVAL_MS = 2000;

function startProgress(total: number): Progress {
  if (process.stderr.isTTY) {
    const bar = new SingleBar({
      format: '{bar} {value}/{total} {what}',
      stream: process.stderr,
      clearOnComplete: true,
      // An interrupted run must leave the terminal as it was.
      hideCursor: null,
      linewrap: true,
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
