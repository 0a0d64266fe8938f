/** xfs: where its allocation groups lie, and which of them directories and files go to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NullQueue } from '../../src/block/null-queue.ts';
import { allocationGroups } from '../../src/fs/xfs.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { parseKernelVersion } from '../../src/sim/kernel-version.ts';
import { GIB, PAGE_BYTES, SECTOR_BYTES } from '../../src/sim/units.ts';

const GIB_BLOCKS = GIB / PAGE_BYTES;

class LargeQueue extends NullQueue {
  override readonly capacitySectors: number;

  constructor(events: EventQueue, bytes: number) {
    super(events, 1000, true);
    this.capacitySectors = bytes / SECTOR_BYTES;
  }
}

/** Where the first block of each of eight files lies, GiB: two directories, four files in each. */
function placesOf(kernel: string, bytes: number): number[] {
  const events = new EventQueue();
  const options = {
    ...defaultVmOptions,
    pages: 4096,
    fileSystem: 'xfs',
    kernel: parseKernelVersion(kernel),
  };
  const queue = new LargeQueue(events, bytes);
  const machine = new Machine(events, queue, options, findWay('linux-3.2'));
  const names = ['a', 'b'].flatMap((directory) => [1, 2, 3, 4].map((n) => `${directory}/${n}`));
  return names.map((name) => {
    machine.files.open(name, PAGE_BYTES);
    const inode = machine.memory.inodes.find((one) => one.name === name);
    assert.ok(inode !== undefined);
    return Math.floor(inode.layout.blockOf(0) / GIB_BLOCKS);
  });
}

test('mkfs.xfs: 4 allocation groups of a disk, 16 or 32 of a stripe, none over 1 TiB', () => {
  assert.equal(allocationGroups(500 * GIB_BLOCKS, false), 4);
  assert.equal(allocationGroups(12 * 1024 * GIB_BLOCKS, false), 12);
  assert.equal(allocationGroups(300 * GIB_BLOCKS, true), 16);
  assert.equal(allocationGroups(2000 * GIB_BLOCKS, true), 32);
});

test('a new directory goes to the next group, and its files to their directory', () => {
  assert.deepEqual(placesOf('3.0', 400 * GIB), [0, 0, 0, 0, 100, 100, 100, 100]);
});

test('over 1 TiB each new file goes to the next group, while inodes have 32 bits (until 3.7)', () => {
  assert.deepEqual(placesOf('3.0', 2000 * GIB), [0, 500, 1000, 1500, 0, 500, 1000, 1500]);
  assert.deepEqual(placesOf('3.11', 2000 * GIB), [0, 0, 0, 0, 500, 500, 500, 500]);
});
