/** i_mutex as the kernel takes it, and open's O_SYNC. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenFlag } from '../../src/mm/file-calls.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { MIB, MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { StubQueue } from './stub-queue.ts';

function machineWith() {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  return { machine: new Machine(events, queue, defaultVmOptions, findWay('writepage')), queue };
}

test('writers of one file go one after the other, writers of two do not wait for each other', () => {
  const end = (names: readonly string[]) => {
    const { machine } = machineWith();
    const { files } = machine;
    const tasks = names.map((name, i) =>
      machine.spawn(`writer ${i}`, files.write(files.open(name, 0), 0, MIB)),
    );
    machine.runUntilDone(tasks);
    return machine.events.nowNs;
  };
  assert.ok(end(['a', 'a']) >= 2 * end(['a']));
  assert.equal(end(['a', 'b']), end(['a']));
});

test('a truncation waits for the write that goes on', () => {
  const { machine } = machineWith();
  const { files } = machine;
  const file = files.open('a', 0);
  const writer = machine.spawn('writer', files.write(file, 0, MIB));
  const cutter = machine.spawn('cutter', files.truncate(file, PAGE_BYTES));
  machine.runUntilDone([writer, cutter]);
  assert.equal(files.sizeOf(file), PAGE_BYTES);
});

test('O_SYNC and O_DSYNC: what was written is on the device when write returns', () => {
  for (const [flags, hasInode] of [
    [0, false],
    [OpenFlag.dsync, false],
    [OpenFlag.sync, true],
  ] as const) {
    const { machine, queue } = machineWith();
    const { files } = machine;
    const file = files.open('a', MIB, flags);
    const writer = machine.spawn('writer', files.write(file, 0, 3 * PAGE_BYTES));
    machine.runUntilDone([writer]);
    const { memory } = machine;
    assert.equal(memory.nrDirty, flags === 0 ? 3 : 0);
    // The data, with O_SYNC the inode, and the flush.
    assert.equal(queue.seen.length, flags === 0 ? 0 : hasInode ? 3 : 2);
  }
});
