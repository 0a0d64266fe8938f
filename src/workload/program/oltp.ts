/**
 * sysbench OLTP on a database whose file does not fit into memory: each transaction reads pages at
 * random, changes some of them, and commits with an append to the log and its fsync. The changed
 * pages go back with write(2), as PostgreSQL's back-ends write them; a checkpoint syncs the file.
 *
 * `sysbench prepare` comes first: it fills the table in order and syncs it, and leaves memory full of it.
 *
 * A transaction is sysbench 0.4's: 10 point selects and 4 ranges, 2 updates, a delete and an insert.
 * Rows are taken as its `special` distribution takes them: three of four from one hundredth of the
 * table. Assumptions: the pages each statement costs, and the log's bytes.
 */

import * as z from 'zod';
import type { FileCalls, Program } from '../../mm/file-calls.ts';
import { RandomStream } from '../../sim/random.ts';
import type { Sleeping } from '../../sim/task.ts';
import { programKind, size, threads } from './kind.ts';

const MS = 1_000_000;
/** A page of PostgreSQL. */
const BLOCK = 8192;

const schema = z.strictObject({
  kind: z.literal('oltp'),
  threads: z.array(threads).min(1).default([1, 2, 3, 4, 5, 6, 7, 8]).meta({
    description: 'Clients, phase by phase.',
  }),
  database: size,
  transactions: z.number().int().min(1).meta({ description: 'In each phase, of all clients.' }),
  reads: z.number().int().min(0).default(14).meta({ description: 'Pages read a transaction.' }),
  writes: z.number().int().min(0).default(4).meta({ description: 'Pages changed.' }),
  log: size.default(4096).meta({ description: 'Of the log, a commit.' }),
  think_ms: z.number().min(0).default(1).meta({ description: 'Processor time a transaction.' }),
  checkpoint_s: z.number().min(1).default(300),
  buffers: size.default(24 << 20).meta({ description: 'shared_buffers: memory of its own.' }),
  hot_rows: z.number().min(0).max(1).default(0.01),
  hot_share: z.number().min(0).max(1).default(0.75),
});

type Spec = z.output<typeof schema>;

/** Bytes that prepare writes at a time, an insert of many rows. */
const INSERT_BYTES = 64 << 10;

export const oltp = programKind(schema, (spec, { seed, scores }) => [
  [{ name: 'oltp.prepare', run: (calls: FileCalls) => prepare(calls, spec) }],
  ...spec.threads.map((clients, phase) => {
    const shared = { done: 0, running: 0, startedNs: 0, logAt: 0 };
    const client = (n: number): Program => ({
      name: `oltp.${n}`,
      *run(calls) {
        if (shared.running++ === 0) shared.startedNs = calls.nowNs();
        const stream = new RandomStream(seed, `oltp.${phase}.${n}`);
        const database = calls.open('oltp/table', spec.database);
        const log = calls.open('oltp/log', 0);
        const share = Math.ceil(spec.buffers / clients);
        const buffers = calls.mapAnon(share);
        while (shared.done < spec.transactions) {
          shared.done++;
          yield* transaction(calls, spec, database, { buffers, share }, stream);
          const at = shared.logAt;
          shared.logAt += spec.log;
          yield* calls.write(log, at, spec.log);
          yield* calls.fsync(log);
        }
        calls.unmapAnon(buffers);
        yield* calls.close(log);
        yield* calls.close(database);
        if (--shared.running > 0) return;
        const seconds = (calls.nowNs() - shared.startedNs) / 1e9;
        scores.add('oltp.transactions_per_s', spec.transactions / seconds);
      },
    });
    const checkpointer: Program = {
      name: 'oltp.checkpointer',
      *run(calls) {
        const database = calls.open('oltp/table', spec.database);
        let dueNs = calls.nowNs() + spec.checkpoint_s * 1000 * MS;
        while (shared.done < spec.transactions) {
          yield* calls.sleepNs(100 * MS);
          if (calls.nowNs() < dueNs) continue;
          yield* calls.fsync(database);
          dueNs = calls.nowNs() + spec.checkpoint_s * 1000 * MS;
        }
        yield* calls.close(database);
      },
    };
    return [...Array.from({ length: clients }, (_, n) => client(n)), checkpointer];
  }),
]);

function* prepare(calls: FileCalls, spec: Spec): Sleeping<void> {
  const database = calls.open('oltp/table', 0);
  for (let at = 0; at < spec.database; at += INSERT_BYTES) {
    yield* calls.write(database, at, Math.min(INSERT_BYTES, spec.database - at));
  }
  yield* calls.fsync(database);
  yield* calls.close(database);
}

function* transaction(
  calls: FileCalls,
  spec: Spec,
  database: number,
  own: { buffers: number; share: number },
  stream: RandomStream,
): Sleeping<void> {
  const blocks = Math.floor(spec.database / BLOCK);
  const hot = Math.max(1, Math.floor(blocks * spec.hot_rows));
  const next = () => (stream.uniform() < spec.hot_share ? stream.below(hot) : stream.below(blocks));
  for (let i = 0; i < spec.reads; i++) {
    yield* calls.read(database, next() * BLOCK, BLOCK);
    const at = stream.below(Math.max(1, Math.floor(own.share / BLOCK))) * BLOCK;
    yield* calls.touchAnon(own.buffers, at, BLOCK, true);
  }
  yield* calls.sleepNs(spec.think_ms * MS);
  for (let i = 0; i < spec.writes; i++) yield* calls.write(database, next() * BLOCK, BLOCK);
}
