/**
 * Nothing waits past the rule's bound: whatever others ask for without end, one more request gets to
 * the drive within a time that follows from the elevator's tunables and the number of the others.
 *
 * cfq of 3.x is held to it beside writers only: there, any request for a queue of its own preempts the one in
 * service as soon as that has nothing left, and so goes before all that wait (docs/MODELS.md).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BioFlag } from '../../src/block/bio.ts';
import { Op } from '../../src/device/device.ts';
import { MS, US } from '../../src/sim/units.ts';
import { makeRig } from './rig.ts';

/** Others, each keeping so many requests under way at scattered places, and the one that is timed. */
interface Load {
  readonly depth: number;
  readonly serviceNs: number;
  readonly readers: number;
  readonly writers: number;
  readonly each: number;
  readonly isWrite: boolean;
  readonly page: number;
}

const load: fc.Arbitrary<Load> = fc.record({
  depth: fc.constantFrom(1, 2, 8),
  serviceNs: fc.constantFrom(100 * US, 500 * US, 2 * MS),
  readers: fc.integer({ min: 0, max: 3 }),
  writers: fc.integer({ min: 0, max: 2 }),
  each: fc.constantFrom(1, 4, 8),
  isWrite: fc.boolean(),
  page: fc.integer({ min: 0, max: 1 << 20 }),
});

const ONE = -1;
const WAKE_NS = 5 * US;
const ITS_TASK = 9;
const ITS_PAGE = 1 << 21;

/** How long the one request waits until the drive has it, ns; Infinity when not within the limit. */
function waitNs(
  generation: string,
  elevator: string,
  l: Load,
  tunables: Record<string, number>,
  limitNs: number,
): number {
  let place = l.page;
  const again = (cookie: number): void => {
    const writes = cookie >= l.readers * l.each;
    // Scattered, and never where another one's neighbour is.
    place = (place * 1_103_515_245 + 12_345) % (1 << 20);
    const flags = BioFlag.noMerge | (writes ? 0 : BioFlag.sync);
    rig.queue.submitBio(
      writes ? Op.write : Op.read,
      place * 16,
      8,
      flags,
      1 + (cookie % 7),
      cookie,
    );
  };
  const rig = makeRig(
    { queueDepth: l.depth, latencyNs: () => l.serviceNs },
    { generation, elevator, tunables },
    { bioDone: (cookie) => cookie !== ONE && rig.events.schedule(nextNs(), resume, cookie) },
  );
  // A task runs again some time after the interrupt, when the drive has been given its next request.
  const nextNs = (): number => rig.events.nowNs + WAKE_NS;
  const resume = rig.events.register(again);
  for (let cookie = 0; cookie < (l.readers + l.writers) * l.each; cookie++) again(cookie);
  rig.events.advanceTo(400 * MS);
  const askedNs = rig.events.nowNs;
  const { log } = rig.device;
  let seen = log.length;
  const flags = BioFlag.noMerge | (l.isWrite ? 0 : BioFlag.sync);
  rig.queue.submitBio(l.isWrite ? Op.write : Op.read, ITS_PAGE * 16, 8, flags, ITS_TASK, ONE);
  rig.queue.unplug();
  do {
    for (; seen < log.length; seen++) {
      if (log[seen].sector === ITS_PAGE * 16) return log[seen].timeNs - askedNs;
    }
  } while (rig.events.nowNs < askedNs + limitNs && rig.events.step());
  return Infinity;
}

/** Requests of the others that may be under way, and those of its own direction. */
const others = (l: Load): number => (l.readers + l.writers) * l.each;
const sameWay = (l: Load): number => (l.isWrite ? l.writers : l.readers) * l.each;
/** What is with the drive when it comes, and the request that is due. */
const drainNs = (l: Load): number => 2 * l.serviceNs;
/** So many requests one after another, `depth` of them at a time. */
const servedNs = (l: Load, requests: number): number =>
  Math.ceil(requests / l.depth) * l.serviceNs + drainNs(l);

const EXPIRE = { read_expire: 50, write_expire: 200, writes_starved: 2, fifo_batch: 16 };

/**
 * Expired, it waits for the batch under way, and then at most for one batch for each request of its
 * direction that is older, `writes_starved` batches of reads before each batch of writes.
 */
function deadlineNs(l: Load): number {
  const { read_expire, write_expire, writes_starved, fifo_batch } = EXPIRE;
  const batches = 1 + (sameWay(l) + 1) * (1 + writes_starved);
  return (l.isWrite ? write_expire : read_expire) * MS + servedNs(l, batches * fifo_batch);
}

/** Processor by processor: what was on its way, and one round of all that have something to do. */
const roundNs = (l: Load): number => servedNs(l, 2 * others(l));

/** In order of arrival: what was there before. */
const fifoNs = (l: Load): number => servedNs(l, others(l));

/**
 * For a tag it waits behind all that came before. Kinds go in turn, at most 16 reads and 8 writes at a
 * time, and of its kind, in order of arrival, at least one: no more may have had tags.
 */
function kyberNs(l: Load): number {
  const rounds = sameWay(l) + 2;
  return servedNs(l, rounds * (16 + 8) + 2 * others(l));
}

/** Queues that there are: a reading task's each, the async one, and that of the one that is timed. */
const queues = (l: Load): number => Math.min(7, l.readers * l.each) + 2;
/** A late write is served once a turn of the async queue, the oldest first; a read has a queue of its own. */
const turns = (l: Load): number => (l.isWrite ? sameWay(l) + 1 : 1);

/** Without raised weights each queue has at most one budget before it, of timeout_sync, and idling. */
function bfqNs(l: Load): number {
  return turns(l) * queues(l) * (125 + 8) * MS + servedNs(l, 2 * others(l));
}

/** Raised ones may go before for as long as that lasts: on a drive taken for half again as slow, 10.5 s. */
function raisedBfqNs(l: Load): number {
  return 10_500 * MS + bfqNs(l);
}

/**
 * A queue stands behind others by the time it came, and by 180 ms less its own slice for each of them. Others
 * that preempt go before it as if they had come a second earlier. Then it has at most each one's slice before
 * it, and idling.
 */
function cfqNs(l: Load): number {
  const behind = (queues(l) - 1) * (180 - (l.isWrite ? 40 : 100));
  return turns(l) * (1000 + behind + queues(l) * (100 + 8)) * MS + servedNs(l, 2 * others(l));
}

for (const [generation, elevator, boundNs, tunables] of [
  ['2.6.34', 'noop', fifoNs, {}],
  ['2.6.34', 'deadline', deadlineNs, EXPIRE],
  ['3.x', 'noop', fifoNs, {}],
  ['3.x', 'deadline', deadlineNs, EXPIRE],
  ['mq', 'none', roundNs, {}],
  ['mq', 'mq-deadline', deadlineNs, EXPIRE],
  ['mq', 'kyber', kyberNs, {}],
  ['2.6.34', 'cfq', cfqNs, {}],
  ['3.x', 'cfq', cfqNs, {}],
  ['mq', 'bfq', bfqNs, { low_latency: 0 }],
  ['mq', 'bfq', raisedBfqNs, {}],
] as const) {
  const what = Object.entries(tunables).map(([name, value]) => ` ${name}=${value}`);
  test(`${generation} ${elevator}${what.join('')}: nothing waits past the rule's bound`, () => {
    fc.assert(
      fc.property(load, (any) => {
        const l = generation === '3.x' && elevator === 'cfq' ? { ...any, readers: 0 } : any;
        const ns = waitNs(generation, elevator, l, tunables, 2 * boundNs(l));
        assert.ok(ns <= boundNs(l), `${ns / MS} ms, bound ${boundNs(l) / MS} ms`);
      }),
      { numRuns: 100 },
    );
  });
}
