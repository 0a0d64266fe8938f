/** Choosing the next IO of a fio job: no time passes, only offsets and sizes. */

import { parseJobFile } from '../../src/workload/fio/job-file.ts';
import { IoStream } from '../../src/workload/fio/io-stream.ts';
import type { Case, Suite } from './suite.ts';

const IOS = 4096;

function stream(what: string, options: string): Case {
  const text = `[job]\nsize=16g\ntime_based\nruntime=1\n${options}`;
  const ios = new IoStream(parseJobFile(text, 'bench').jobs[0], 'bench');
  return {
    name: what,
    operations: IOS,
    run() {
      for (let i = 0; i < IOS; i++) ios.next();
    },
  };
}

export const fioStream: Suite = {
  name: 'fio-stream',
  make: () => [
    stream('randwrite 4k, each block once', 'rw=randwrite'),
    stream('randrw 4k zipf', 'rw=randrw\nrandom_distribution=zipf:0.9'),
  ],
};
