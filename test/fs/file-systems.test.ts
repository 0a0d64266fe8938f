/** Every file system under every kernel: nothing is lost, and what is synced is on the disk. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Admission, type BioSink } from '../../src/block/bio.ts';
import { Op } from '../../src/device/device.ts';
import { Ext3 } from '../../src/fs/ext3.ts';
import { fileSystems } from '../../src/fs/registry.ts';
import type { FileCalls } from '../../src/mm/file-calls.ts';
import { Machine } from '../../src/mm/machine.ts';
import { findWay } from '../../src/mm/pageout/registry.ts';
import { wayOfKernel } from '../../src/mm/kernel.ts';
import { defaultVmOptions } from '../../src/mm/vm-options.ts';
import { EventQueue } from '../../src/sim/events.ts';
import { KERNELS, parseKernelVersion } from '../../src/sim/kernel-version.ts';
import type { Sleeping } from '../../src/sim/task.ts';
import { MS, PAGE_BYTES } from '../../src/sim/units.ts';
import { checkConserved } from '../mm/conserved.ts';
import { StubQueue } from '../mm/stub-queue.ts';

function machineWith(fileSystem: string, kernel: string, pages = 400, limits = {}) {
  const events = new EventQueue();
  const queue = new StubQueue(events, 1 * MS);
  const number = parseKernelVersion(kernel);
  const options = { ...defaultVmOptions, pages, fileSystem, kernel: number, ...limits };
  return { queue, machine: new Machine(events, queue, options, findWay(wayOfKernel(number))) };
}

/** A queue that is always full: every write's submitter has to sleep for its request. */
class FullQueue extends StubQueue {
  #above: BioSink | undefined;
  readonly #admit: number;

  constructor(events: EventQueue) {
    super(events, 1 * MS);
    this.#admit = events.register((cookie) => this.#above?.bioAdmitted(cookie, events.nowNs));
  }

  override attach(sink: BioSink): void {
    super.attach(sink);
    this.#above = sink;
  }

  override submitBio(
    op: number,
    sector: number,
    sectors: number,
    flags: number,
    task: number,
    cookie: number,
  ): Admission {
    const admission = super.submitBio(op, sector, sectors, flags, task, cookie);
    if (op !== Op.write) return admission;
    this.events.schedule(this.events.nowNs + 100, this.#admit, cookie);
    return Admission.sleeping;
  }
}

type Call = [kind: number, file: number, page: number, pages: number];

function* program(calls: readonly Call[], files: FileCalls): Sleeping<void> {
  const names = ['a', 'b', 'dir/c'];
  const open = names.map((name, i) => files.open(name, i * 10 * PAGE_BYTES));
  for (const [kind, which, page, pages] of calls) {
    const at = page * PAGE_BYTES;
    if (kind <= 4) yield* files.write(open[which], at, pages * PAGE_BYTES);
    else if (kind === 5) yield* files.touch(open[which], at, pages * PAGE_BYTES);
    else if (kind === 6) yield* files.read(open[which], at, pages * PAGE_BYTES);
    else if (kind === 7) yield* files.fsync(open[which]);
    else if (kind === 8) yield* files.fdatasync(open[which]);
    else if (kind === 9) yield* files.truncate(open[which], at);
    else if (kind === 10) yield* files.sleepNs(pages * 200 * MS);
    else {
      yield* files.unlink(names[which]);
      yield* files.close(open[which]);
      open[which] = files.open(names[which], 0);
    }
  }
}

const call = fc.tuple(fc.nat(11), fc.nat(2), fc.nat(100), fc.integer({ min: 1, max: 40 }));

for (const name of fileSystems.keys()) {
  test(`${name}: nothing is lost, whatever the kernel`, () => {
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 30 }),
        fc.constantFrom(...KERNELS),
        (calls, kernel) => {
          const { machine } = machineWith(name, kernel);
          const task = machine.spawn('program', program(calls, machine.files));
          for (let steps = 0; !task.isDone; steps++) {
            assert.ok(machine.events.step(), `waits for ${task.waitingFor} for ever`);
            assert.ok(steps < 300_000, `no end: waits for ${task.waitingFor}`);
          }
          const sync = machine.spawn('sync', machine.files.sync());
          for (let steps = 0; !sync.isDone; steps++) {
            assert.ok(machine.events.step(), `sync waits for ${sync.waitingFor} for ever`);
            assert.ok(steps < 300_000, `no end: sync waits for ${sync.waitingFor}`);
          }
          checkConserved(machine.memory);
          assert.equal(machine.memory.nrDirty, 0);
        },
      ),
      { numRuns: 40 },
    );
  });
}

test('nothing is left in a bio that is not submitted when its submitter sleeps', () => {
  for (const fileSystem of ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs']) {
    for (const kernel of KERNELS) {
      const events = new EventQueue();
      const queue = new FullQueue(events);
      const number = parseKernelVersion(kernel);
      const options = { ...defaultVmOptions, pages: 4096, fileSystem, kernel: number };
      const machine = new Machine(events, queue, options, findWay(wayOfKernel(number)));
      const { files, memory } = machine;
      const task = machine.spawn(
        'writer',
        (function* () {
          const file = files.open('a', 0);
          // Several bios of the largest size.
          yield* files.write(file, 0, 700 * PAGE_BYTES);
          yield* files.sync();
        })(),
      );
      for (let steps = 0; !task.isDone; steps++) {
        assert.ok(steps < 200_000 && events.step(), `${fileSystem} ${kernel}: ${task.waitingFor}`);
      }
      assert.equal(memory.nrDirty + memory.nrWriteback, 0, `${fileSystem} ${kernel}`);
    }
  }
});

test('sync while a commit is under way, and nothing has changed since, ends with that commit', () => {
  const calls: Call[] = [
    [11, 0, 0, 1],
    [10, 0, 0, 5],
    [3, 1, 27, 9],
    // Five seconds after the file was unlinked the journal's own timer has it committing.
    [10, 0, 0, 20],
  ];
  for (const name of fileSystems.keys()) {
    for (const kernel of KERNELS) {
      const { machine } = machineWith(name, kernel);
      const task = machine.spawn(
        'program',
        (function* () {
          yield* program(calls, machine.files);
          yield* machine.files.sync();
        })(),
      );
      for (let steps = 0; !task.isDone; steps++) {
        assert.ok(
          steps < 200_000 && machine.events.step(),
          `${name} ${kernel}: ${task.waitingFor}`,
        );
      }
    }
  }
});

test('ext3 and ext4: no commit record before the data it orders', () => {
  for (const name of ['ext3', 'ext4']) {
    const { machine } = machineWith(name, '2.6.34');
    const { memory, files } = machine;
    const { journal } = memory.fs as Ext3;
    let records = 0;
    journal.onStep = (step) => {
      if (step !== 'record') return;
      records++;
      assert.ok(memory.inodes.every(({ writebackPages }) => writebackPages === 0));
    };
    const task = machine.spawn(
      'writer',
      (function* () {
        const file = files.open('a', 0);
        yield* files.write(file, 0, 20 * PAGE_BYTES);
        yield* files.fsync(file);
      })(),
    );
    machine.runUntilDone([task]);
    assert.equal(records, 1, name);
    assert.equal(memory.nrDirty, 0);
  }
});

test('fsync ends behind a flush, or a record that flushes', () => {
  for (const name of ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs']) {
    for (const kernel of KERNELS) {
      const { machine, queue } = machineWith(name, kernel);
      const { files } = machine;
      const task = machine.spawn(
        'writer',
        (function* () {
          const file = files.open('a', 0);
          yield* files.write(file, 0, 8 * PAGE_BYTES);
          yield* files.fsync(file);
        })(),
      );
      machine.runUntilDone([task]);
      const last = queue.seen.at(-1);
      assert.ok(last !== undefined);
      assert.ok(last.op === Op.flush || last.flags !== 0, `${name} ${kernel}`);
      assert.equal(machine.memory.nrDirty + machine.memory.nrWriteback, 0);
    }
  }
});

test('bios of a sequential write: one page under ext3 and ext4 of 2.6.34, many otherwise', () => {
  const pagesPerBio = (name: string, kernel: string) => {
    const { machine } = machineWith(name, kernel, 2000, {
      // No flusher beside the one that syncs.
      dirtyRatio: 90,
      dirtyBackgroundRatio: 80,
    });
    const { files, memory } = machine;
    const task = machine.spawn(
      'writer',
      (function* () {
        const file = files.open('a', 0);
        yield* files.write(file, 0, 256 * PAGE_BYTES);
        yield* files.fsync(file);
      })(),
    );
    machine.runUntilDone([task]);
    return memory.stat.pagesWritten / memory.fs.disk.writeBios;
  };
  assert.equal(pagesPerBio('ext3', '2.6.34'), 1);
  assert.equal(pagesPerBio('ext4', '2.6.34'), 1);
  for (const [name, kernel] of [
    ['ext2', '2.6.34'],
    ['ext4', '3.2'],
    ['xfs', '2.6.34'],
    ['xfs', '4.11'],
    ['btrfs', '3.2'],
  ]) {
    assert.ok(pagesPerBio(name, kernel) >= 32, `${name} ${kernel}`);
  }
});
