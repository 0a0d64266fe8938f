/** umount: what it writes, what it evicts, whom it waits for, and what stays busy. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { igrab, InodeState } from '../../src/mm/inode.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { version } from '../../src/sim/kernel-version.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { Lock } from '../../src/sim/lock.ts';
import { MIB, MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

function machineOf(kernel = defaultVmOptions.kernel, fileSystem = 'ext3') {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const options = { ...defaultVmOptions, kernel, fileSystem };
  return new Machine(events, queue, options, findWay('range'));
}

/** A file of one MiB, dirty and closed. */
function* writeFile({ files }: Machine, name: string) {
  const file = files.open(name, 0);
  yield* files.write(file, 0, MIB);
  yield* files.close(file);
}

for (const fileSystem of ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs']) {
  for (const kernel of [version(2, 6, 34), version(4, 11, 0)]) {
    test(`${fileSystem}, kernel ${kernel}: everything is written, every inode goes`, () => {
      const machine = machineOf(kernel, fileSystem);
      const { memory, files } = machine;
      let busy = -1;
      const task = machine.spawn(
        'umounter',
        (function* () {
          yield* writeFile(machine, 'a');
          yield* writeFile(machine, 'b');
          busy = yield* files.umount();
        })(),
      );
      machine.runUntilDone([task]);
      assert.equal(busy, 0);
      assert.equal(memory.nrDirty + memory.nrWriteback, 0);
      assert.equal(memory.stat.pagesWritten, (2 * MIB) / PAGE_BYTES);
      assert.equal(memory.stat.pagesTruncated, 0);
      for (const inode of memory.inodes.filter(({ isSwapBacked }) => !isSwapBacked)) {
        assert.ok(inode.has(InodeState.clear));
        assert.ok(inode.mapping.nextCached(0) < 0);
      }
      assert.throws(() => files.open('a', 0), /its file system was unmounted/);
    });
  }
}

test('an open file keeps the mount; what was never mounted cannot go', () => {
  const machine = machineOf();
  const { files } = machine;
  files.open('a', MIB);
  assert.throws(() => files.umount().next(), /umount: \/ is busy: "a" is open; close it first/);
  assert.throws(() => files.umount('mnt').next(), /nothing is mounted at mnt/);
});

test('an inode that reclaim has by igrab stays busy, and its last iput ends it', () => {
  const machine = machineOf();
  const { memory, files } = machine;
  const task = machine.spawn(
    'umounter',
    (function* () {
      yield* writeFile(machine, 'a');
      const inode = memory.inodes.at(-1);
      assert.ok(inode?.name === 'a' && igrab(inode));
      assert.equal(yield* files.umount(), 1);
      assert.ok(!inode.isGoing);
      yield* machine.reclaim.eviction.iput(inode, true);
      assert.ok(inode.has(InodeState.clear));
      assert.ok(!igrab(inode));
    })(),
  );
  machine.runUntilDone([task]);
  assert.equal(memory.stat.busyInodes, 1);
  assert.equal(memory.stat.reclaimFinalIputs, 1);
});

for (const kernel of [version(2, 6, 34), version(4, 11, 0)]) {
  test(`kernel ${kernel}: an umount keeps the flusher away, and a sync waits for it`, () => {
    const machine = machineOf(kernel);
    const { memory, files, flusher } = machine;
    const { superBlock } = memory.bdis[0];
    const holder = machine.spawn(
      'holder',
      (function* () {
        yield* writeFile(machine, 'a');
        yield* superBlock.umount.acquireWrite('deactivate_super');
        flusher.wake(0);
        yield* files.sleepNs(500 * MS);
        assert.equal(memory.stat.pagesWritten, 0);
        superBlock.umount.release();
      })(),
    );
    const syncer = machine.spawn(
      'syncer',
      (function* () {
        yield* files.sleepNs(100 * MS);
        yield* files.sync();
        assert.ok(machine.events.nowNs > 500 * MS);
        assert.equal(memory.nrDirty, 0);
      })(),
    );
    machine.runUntilDone([holder, syncer]);
  });
}

test('s_umount is the outermost lock: taken within another it is reported, though nothing hangs', () => {
  for (const kind of ['i_mutex', 'journal', 'page lock']) {
    const machine = machineOf();
    const { scheduler, graph, bdis } = machine.memory;
    const inner = new Lock(scheduler, graph, kind, `a ${kind}`);
    const task = machine.spawn(
      'task',
      (function* () {
        yield* inner.acquire('somewhere');
        yield* bdis[0].superBlock.umount.acquireRead('sync_filesystems');
      })(),
    );
    machine.runUntilDone([task]);
    assert.equal(graph.inversions.length, 1);
    assert.match(graph.inversions[0], new RegExp(`possible inversion of ${kind} and s_umount`));
  }
});
