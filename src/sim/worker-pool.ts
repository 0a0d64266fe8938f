/**
 * Worker threads for long computations that do not depend on each other. What a job's answer is
 * does not depend on which thread computed it, nor on how many there are.
 */

import { Worker } from 'node:worker_threads';

/**
 * What a worker starts with. From sources it first has to learn to read them: tsx teaches only the
 * main thread by itself.
 * @param module the worker's module beside the caller's, without its extension
 */
function entry(module: string, base: string): URL {
  if (!base.endsWith('.ts')) return new URL(`${module}.js`, base);
  const worker = JSON.stringify(new URL(`${module}.ts`, base));
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const lines = `import { register } from ${tsx}; register(); await import(${worker});`;
  return new URL(`data:text/javascript,${encodeURIComponent(lines)}`);
}

/** What a worker sends: a job's answer, or a word on how far it is. */
export type WorkerMessage<Answer> =
  | { readonly job: number; readonly answer: Answer }
  | { readonly job: number; readonly progress: string };

/** Worker threads of one module, which answers `{ job, input }` with `WorkerMessage`s. */
export class WorkerPool<Input, Answer> {
  readonly #workers: readonly Worker[];

  /**
   * @param module the worker's module, relative to `base`, without its extension
   * @param base `import.meta.url` of the caller
   * @param workerData plain data that every job shares
   */
  constructor(module: string, base: string, count: number, workerData?: unknown) {
    this.#workers = Array.from(
      { length: count },
      () => new Worker(entry(module, base), { workerData }),
    );
  }

  /**
   * Has every input answered, each by whichever worker is idle.
   * @param watch told of each answer as it comes, and of progress
   * @returns the answers in the order of the inputs
   * @throws what a worker threw
   */
  run(
    inputs: readonly Input[],
    watch: (message: WorkerMessage<Answer>) => void = () => {},
  ): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const answers: Answer[] = [];
      let next = 0;
      let missing = inputs.length;
      if (missing === 0) resolve(answers);
      const give = (worker: Worker): void => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
        if (next < inputs.length) worker.postMessage({ job: next, input: inputs[next++] });
      };
      for (const worker of this.#workers) {
        worker.removeAllListeners();
        worker.on('error', reject);
        worker.on('message', (message: WorkerMessage<Answer>) => {
          watch(message);
          if (!('answer' in message)) return;
          answers[message.job] = message.answer;
          if (--missing === 0) resolve(answers);
          else give(worker);
        });
        give(worker);
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
