/** Event by event against what a running kernel did with the same bios (see recorded/*.txt). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BioFlag } from '../../src/block/bio.ts';
import { Merge } from '../../src/block/merge.ts';
import type { BlockObserver } from '../../src/block/observer.ts';
import { Op } from '../../src/device/device.ts';
import { makeRig } from './rig.ts';

interface Batch {
  bios: { op: Op; page: number; pages: number }[];
  events: string[];
}

function readRecording(name: string): Batch[] {
  const text = readFileSync(new URL(`recorded/${name}.txt`, import.meta.url), 'utf8');
  const words = text.replaceAll(/^#.*$/gm, '').split(/\s+/);
  const batches: Batch[] = [];
  for (const word of words.filter((w) => w !== '')) {
    const bio = /^([RW])(\d+)\+(\d+)$/.exec(word);
    if (word === 'batch') batches.push({ bios: [], events: [] });
    else if (bio !== null) {
      const [, way, page, pages] = bio;
      const op = way === 'R' ? Op.read : Op.write;
      batches.at(-1)?.bios.push({ op, page: Number(page), pages: Number(pages) });
    } else batches.at(-1)?.events.push(word);
  }
  return batches;
}

/** An observer that writes what it sees as the recordings do. */
function scribe(log: string[]): BlockObserver {
  const say = (letter: string, op: number, sector: number, sectors: number) =>
    log.push(`${letter}${op === Op.read ? 'R' : 'W'}${sector / 8}+${sectors / 8}`);
  // What the observer is not told again: by request handle.
  const rows: { op: number; sector: number; sectors: number }[] = [];
  return {
    queued: (_t, op, sector, sectors) => say('Q', op, sector, sectors),
    allocated: (_t, request, op, sector, sectors) => {
      rows[request] = { op, sector, sectors };
      say('G', op, sector, sectors);
    },
    merged: (_t, request, how, sector, sectors) => {
      const row = rows[request];
      row.sectors += sectors;
      if (how === Merge.front) row.sector = sector;
      say(how === Merge.back ? 'M' : 'F', row.op, sector, sectors);
    },
    joined: (_t, request, absorbed) => {
      const row = rows[absorbed];
      rows[request].sectors += row.sectors;
      say('J', row.op, row.sector, row.sectors);
    },
    slept: () => log.push('S'),
    inserted: (_t, _request, op, sector, sectors) => say('I', op, sector, sectors),
    plugged: () => log.push('P'),
    unplugged: () => log.push('U'),
    issued: (_t, _request, _tag, op, sector, sectors) => say('D', op, sector, sectors),
    completed: () => {},
  };
}

for (const elevator of ['mq-deadline', 'none']) {
  test(`${elevator} merges, sorts and issues as Linux 6.18 was seen to`, () => {
    const log: string[] = [];
    const rig = makeRig(
      { isManual: true, queueDepth: 128 },
      // The recorded writes were direct, which throttling exempts.
      { generation: 'mq', elevator, writeBackThrottling: false, observer: scribe(log) },
    );
    const batches = readRecording(elevator);
    assert.equal(batches.length, 8);
    for (const [number, { bios, events }] of batches.entries()) {
      log.length = 0;
      const before = rig.device.log.length;
      rig.queue.startPlug(1);
      for (const { op, page, pages } of bios) {
        rig.queue.submitBio(op, page * 8, pages * 8, BioFlag.sync, 1, page);
      }
      rig.queue.finishPlug(1);
      assert.deepEqual(log, events, `batch ${number}`);
      for (const { tag } of rig.device.log.slice(before)) rig.device.finish(tag);
    }
  });
}
