/** Event by event against what a running kernel did with the same bios (see recorded/*.txt). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BioFlag } from '../../src/block/bio.ts';
import { Merge } from '../../src/block/merge.ts';
import type { BlockObserver } from '../../src/block/observer.ts';
import { Op } from '../../src/device/device.ts';
import { makeRig, type Rig } from './rig.ts';

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
    // blk-mq has no event for it.
    slept: () => {},
    inserted: (_t, _request, op, sector, sectors) => say('I', op, sector, sectors),
    plugged: () => log.push('P'),
    unplugged: () => log.push('U'),
    issued: (_t, _request, _tag, op, sector, sectors) => say('D', op, sector, sectors),
    completed: (_t, request) => {
      const { op, sector, sectors } = rows[request];
      say('C', op, sector, sectors);
    },
  };
}

/**
 * Goes through what was recorded. What comes from outside is done when its turn comes: a bio is
 * submitted, a command completes, the plug is closed; all else has to follow from it. The kernel runs
 * its queue on another processor than the submitter's, sooner or later, so that between submissions
 * and completions commands may be issued earlier here; but they are the same ones in the same order.
 */
function replay({ bios, events }: Batch, rig: Rig, log: string[]): void {
  const isIssue = (event: string): boolean => event.startsWith('D');
  const isInput = (event: string): boolean => event.startsWith('C');
  const others = (list: string[]): string[] => list.filter((e) => !isIssue(e) && !isInput(e));
  let submitted = 0;
  let at = 0;
  rig.queue.startPlug(1);
  for (const event of events) {
    if (isInput(event)) {
      const command = rig.device.log.findIndex(({ sector }) => `${sector / 8}` === pageOf(event));
      assert.ok(command >= 0, `${event}: the drive has no such command`);
      rig.device.finish(rig.device.log[command].tag);
      rig.device.log.splice(command, 1);
    } else if (!isIssue(event)) {
      if (at === others(log).length) {
        if (event.startsWith('Q')) {
          const { op, page, pages } = bios[submitted++];
          rig.queue.submitBio(op, page * 8, pages * 8, BioFlag.sync, 1, page);
        } else rig.queue.finishPlug(1);
      }
      const seen = others(log);
      assert.equal(seen[at], event, `event ${at} after ${seen.slice(at - 5, at).join(' ')}`);
      at++;
    }
  }
  assert.deepEqual(others(log), others(events));
  assert.deepEqual(log.filter(isIssue), events.filter(isIssue));
}

function pageOf(event: string): string | undefined {
  return /\d+/.exec(event)?.[0];
}

for (const recording of ['mq-deadline', 'none', 'kyber', 'bfq', 'bfq-low_latency=0']) {
  test(`${recording} merges, sorts, issues and goes on as Linux 6.18 was seen to`, () => {
    const [elevator, tunable, value] = recording.split(/-(?!deadline)|=/);
    const log: string[] = [];
    const rig = makeRig(
      { isManual: true, queueDepth: 128 },
      // The recorded writes were direct, which throttling exempts.
      {
        generation: 'mq',
        elevator,
        tunables: tunable === undefined ? {} : { [tunable]: Number(value) },
        cpus: 1,
        writeBackThrottling: false,
        observer: scribe(log),
      },
    );
    const batches = readRecording(recording);
    assert.equal(batches.length, 10);
    for (const batch of batches) {
      log.length = 0;
      replay(batch, rig, log);
    }
  });
}
