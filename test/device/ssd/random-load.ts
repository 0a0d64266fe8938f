/** A load of every kind of request, for the property tests beside this file. */

import assert from 'node:assert/strict';
import { DeviceFlag, Op, STREAM_SHIFT, type Op as DeviceOp } from '../../../src/device/device.ts';
import { RandomStream } from '../../../src/sim/random.ts';
import type { Bench } from './small.ts';

/** What is to be looked at while the load runs. */
export interface LoadWatch {
  /** A request is about to be submitted. */
  submits?: (tag: number, op: DeviceOp, flags: number) => void;
  completes?: (tag: number) => void;
  /** An event is over. */
  steps?: () => void;
}

/** Keeps a drive busy with random requests; checks each as it completes. */
export function drive(bench: Bench, seed: number, requests: number, watch: LoadWatch = {}): void {
  const random = new RandomStream(seed, 'load');
  const { capacitySectors } = bench.drive;
  const submitNs: number[] = [];
  const isOut: boolean[] = [];
  let sent = 0;
  const next = (tag: number): void => {
    if (sent >= requests) return;
    sent++;
    const kind = random.below(20);
    const op: DeviceOp =
      kind < 6
        ? Op.read
        : kind < 17
          ? Op.write
          : kind === 17
            ? Op.flush
            : kind === 18
              ? Op.discard
              : Op.writeZeroes;
    const aligned = random.below(2) === 1;
    const most = random.below(4) === 0 ? 256 : 16;
    const sectors = aligned ? 8 : 1 + random.below(most);
    const sector = aligned
      ? random.below(Math.floor(capacitySectors / 8)) * 8
      : random.below(capacitySectors - sectors + 1);
    isOut[tag] = true;
    submitNs[tag] = bench.events.nowNs;
    const fua = random.below(8) === 0 ? DeviceFlag.fua : 0;
    const stream = random.below(6) << STREAM_SHIFT;
    watch.submits?.(tag, op, fua);
    if (op === Op.flush) bench.submit(tag, op, 0, 0);
    else bench.submit(tag, op, sector, sectors, fua | stream);
  };
  bench.onComplete = (tag) => {
    assert.ok(isOut[tag], 'completed once and only when outstanding');
    isOut[tag] = false;
    watch.completes?.(tag);
    const latency = bench.doneNs[tag] - submitNs[tag];
    assert.ok(latency > 0);
    const parts = Object.entries(bench.drive.explain(tag));
    assert.equal(
      parts.reduce((sum, [, ns]) => sum + ns, 0),
      latency,
    );
    for (const [part, ns] of parts) assert.ok(ns >= 0, `${part} ${ns}`);
    next(tag);
  };
  for (let tag = 0; tag < 1 + (seed % 32); tag++) next(tag);
  bench.run(watch.steps);
  assert.equal(bench.order.length, sent, 'every request completes');
  assert.ok(isOut.every((out) => !out));
}
