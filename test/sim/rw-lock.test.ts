/** The reader-writer lock: who gets in, in which order, and which circles it closes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from '../../src/sim/events.ts';
import { RwLock } from '../../src/sim/rw-lock.ts';
import { TaskScheduler } from '../../src/sim/task.ts';
import { DeadlockError, WaitGraph } from '../../src/sim/wait-graph.ts';

function rig() {
  const events = new EventQueue();
  const scheduler = new TaskScheduler(events);
  const graph = new WaitGraph();
  const lock = new RwLock(scheduler, graph, 's_umount', 'the s_umount of /');
  const log: string[] = [];
  const holder = (name: string, startNs: number, isWriter: boolean) =>
    scheduler.spawn(name, function* () {
      yield* scheduler.sleepNs(startNs, 'start');
      yield* isWriter ? lock.acquireWrite(name) : lock.acquireRead(name);
      log.push(`${name} at ${events.nowNs}`);
      yield* scheduler.sleepNs(100, 'holding');
      lock.release();
    });
  const run = () => {
    while (events.step());
  };
  return { scheduler, lock, log, holder, run };
}

test('readers share it; a writer waits for them, and those who come after wait for the writer', () => {
  const { log, holder, run } = rig();
  holder('reader 1', 1, false);
  holder('reader 2', 2, false);
  holder('writer', 3, true);
  holder('reader 3', 4, false);
  holder('reader 4', 5, false);
  run();
  assert.deepEqual(log, [
    'reader 1 at 1',
    'reader 2 at 2',
    'writer at 102',
    'reader 3 at 202',
    'reader 4 at 202',
  ]);
});

test('a trylock is refused by a writer, even by one that waits', () => {
  const { scheduler, lock, holder, run } = rig();
  holder('reader', 1, false);
  holder('writer', 10, true);
  const got: boolean[] = [];
  scheduler.spawn('trier', function* () {
    for (const ns of [5, 45, 100, 200]) {
      yield* scheduler.sleepNs(ns, 'trying');
      got.push(lock.tryRead('trier'));
      if (got.at(-1) === true) lock.release();
    }
  });
  run();
  assert.deepEqual(got, [true, false, false, true]);
});

test('a second read within the first closes a circle when a writer has come between', () => {
  const { scheduler, lock, holder, run } = rig();
  holder('writer', 10, true);
  scheduler.spawn('reader', function* () {
    yield* lock.acquireRead('outer');
    yield* scheduler.sleepNs(20, 'holding');
    yield* lock.acquireRead('inner');
  });
  assert.throws(run, DeadlockError);
});
