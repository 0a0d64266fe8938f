/**
 * Arm, heads and spindle: when a row of sectors has passed under the head.
 *
 * An access is a chain of runs, each on one track: move (arm and head at once, the slower counts),
 * settle, wait for the angle, pass. Everything is in closed form; times are not rounded here. Operands
 * and results are in fields (docs/HOT-PATH.md).
 */

import type { Geometry } from './geometry.ts';
import type { HddProfile } from './profile.ts';
import { SeekCurve } from './seek.ts';
import { Spindle } from './spindle.ts';
import { MS } from '../../sim/units.ts';

export class Mechanism {
  /** For `access` and `stream`: the row of sectors, and when work on it may begin, ns. */
  lbn = NaN;
  sectors = 0;
  atNs = NaN;
  /** For the next `access` only: a write's data can keep pace with the medium from then on, ns. */
  dataReadyNs = -Infinity;
  /** For the next `access` only: getting to the first track takes so long at least, ns. */
  leastMoveNs = -Infinity;
  /** For the next `access` only: the sector, counted from 1, whose passing `markNs` tells. */
  mark = 1;

  /** Results of `access` and `stream`: when the last sector has passed, ns, not rounded. */
  endNs = NaN;
  /** Results of `access`: where its time went, ns, and when its marked sector had passed. */
  seekNs = NaN;
  settleNs = NaN;
  rotationNs = NaN;
  transferNs = NaN;
  markNs = NaN;
  /** Sectors that passed on the first track of `access` before its first one, next to it. */
  passedBefore = 0;
  /**
   * The last track on which `access` began within its sectors: when all of them had passed, ns, and
   * how many sectors, counted from the first of all, the last to pass was the end of. 0: none.
   */
  wrapNs = NaN;
  wrapSectors = 0;
  /** How many sectors follow on the track where `access` ended, and the time of each, ns. */
  runLeft = 0;
  runSectorNs = NaN;
  /** From the end of `access` until the sector behind its last one comes by, on the same track, ns. */
  runAheadNs = NaN;

  /** Result of `locate`, for `position`: the sector's start, ns past the index mark. */
  angleNs = NaN;
  /** For `position`: when the arm may leave, ns. */
  fromNs = NaN;
  /** Result of `position`: from `fromNs` until the sector begins to pass, ns. */
  positionNs = NaN;

  /** Where the head stands. */
  cylinder = 0;
  head = 0;
  /** Counted for the device's counters. */
  seeks = 0;
  seekCylinders: number = NaN;

  readonly geometry: Geometry;
  readonly spindle: Spindle;
  /** No access to another cylinder takes less. */
  readonly seek: SeekCurve;
  /** No positioning takes longer, ns: the longest seek, its settle and a revolution. */
  readonly longestNs: number = NaN;
  readonly #headSwitchNs: number = NaN;
  readonly #readSettleNs: number = NaN;
  readonly #writeSettleNs: number = NaN;
  readonly #zeroLatencyReads: boolean;
  readonly #zeroLatencyWrites: boolean;
  /** Results of `#way`: arm and head switch, and settling, ns. */
  #moveNs = NaN;
  #settlingNs = NaN;

  constructor(profile: HddProfile, geometry: Geometry) {
    const { mechanics } = profile;
    // A sum that passes 2^31 before long: the field is born with a double.
    this.seekCylinders = 0;
    this.geometry = geometry;
    this.spindle = new Spindle(mechanics);
    this.seek = new SeekCurve(mechanics.seek, mechanics.cylinders);
    this.#headSwitchNs = mechanics.headSwitch_ms * MS;
    this.#readSettleNs = mechanics.readSettle_ms * MS;
    this.#writeSettleNs = mechanics.writeSettle_ms * MS;
    this.longestNs =
      Math.max(this.seek.longestNs, this.#headSwitchNs) +
      Math.max(this.#readSettleNs, this.#writeSettleNs) +
      this.spindle.periodNs;
    const { zeroLatencyAccess } = mechanics;
    this.#zeroLatencyReads = zeroLatencyAccess === true || zeroLatencyAccess === 'reads';
    this.#zeroLatencyWrites = zeroLatencyAccess === true || zeroLatencyAccess === 'writes';
  }

  /** Finds the sector in `lbn`: its track in `geometry`, its start in `angleNs`. */
  locate(): void {
    const { geometry } = this;
    geometry.lbn = this.lbn;
    geometry.find();
    this.angleNs = geometry.angle * (this.spindle.periodNs / geometry.sectorsPerTrack);
  }

  /** How long it takes until the sector at `angleNs` of a track begins to pass. */
  position(cylinder: number, head: number, isWrite: boolean): void {
    const { spindle } = this;
    this.#way(cylinder, head, isWrite);
    const wayNs = this.#moveNs + this.#settlingNs;
    spindle.angleNs = this.angleNs;
    spindle.atNs = this.fromNs + wayNs;
    spindle.wait();
    this.positionNs = wayNs + spindle.waitNs;
  }

  /** How long it takes from where the head stands to another track. */
  #way(cylinder: number, head: number, isWrite: boolean): void {
    const distance = Math.abs(cylinder - this.cylinder);
    const isSwitched = head !== this.head;
    this.seek.find(distance);
    const seekNs = this.seek.ns;
    this.#moveNs = isSwitched && this.#headSwitchNs > seekNs ? this.#headSwitchNs : seekNs;
    if (isWrite) this.#settlingNs = distance > 0 || isSwitched ? this.#writeSettleNs : 0;
    else this.#settlingNs = distance > 0 ? this.#readSettleNs : 0;
  }

  /** Reads or writes a row of sectors, from `atNs` on. A write's data is there when the head is. */
  access(isWrite: boolean): void {
    const { atNs, geometry, spindle } = this;
    const { periodNs } = spindle;
    this.seekNs = 0;
    this.settleNs = 0;
    this.rotationNs = 0;
    this.transferNs = 0;
    this.wrapSectors = 0;
    const zeroLatency = isWrite ? this.#zeroLatencyWrites : this.#zeroLatencyReads;
    let at = atNs;
    let next = this.lbn;
    const { sectors } = this;
    let left = sectors;
    let first = true;
    let { mark } = this;
    while (left > 0) {
      geometry.lbn = next;
      geometry.find();
      const run = Math.min(left, geometry.run);
      const sectorNs = periodNs / geometry.sectorsPerTrack;
      this.#move(isWrite);
      at += this.#moveNs + this.#settlingNs;
      if (first && at < atNs + this.leastMoveNs) {
        this.settleNs += atNs + this.leastMoveNs - at;
        at = atNs + this.leastMoveNs;
      }
      // Counted in no part here: the time is the link's.
      if (this.dataReadyNs > at) at = this.dataReadyNs;
      spindle.angleNs = geometry.angle * sectorNs;
      spindle.atNs = at;
      spindle.wait();
      const { waitNs } = spindle;
      if (zeroLatency && waitNs > periodNs - run * sectorNs) {
        // The head came down inside the run. The first sectors, the one it came down in among them,
        // come by last: the rest is there already.
        const missed = Math.ceil((periodNs - waitNs) / sectorNs - 1e-6);
        if (mark > 0) this.markNs = at + waitNs + Math.min(mark, missed) * sectorNs;
        const pass = waitNs + missed * sectorNs;
        this.transferNs += pass;
        at += pass;
        if (first) this.passedBefore = geometry.sector;
        this.wrapNs = at;
        this.wrapSectors = sectors - left + missed;
        this.runAheadNs = (run - missed) * sectorNs;
      } else {
        const pass = run * sectorNs;
        this.runAheadNs = 0;
        this.rotationNs += waitNs;
        this.transferNs += pass;
        at += waitNs;
        if (first) this.passedBefore = Math.min(geometry.sector, Math.floor(waitNs / sectorNs));
        if (mark > 0) this.markNs = at + Math.min(mark, run) * sectorNs;
        at += pass;
      }
      first = false;
      mark -= run;
      this.runLeft = geometry.run - run;
      this.runSectorNs = sectorNs;
      next += run;
      left -= run;
    }
    this.endNs = at;
    this.mark = 1;
    this.dataReadyNs = -Infinity;
    this.leastMoveNs = -Infinity;
  }

  /** Takes arm and head to the track that `geometry` has found. */
  #move(isWrite: boolean): void {
    const { cylinder, head } = this.geometry;
    this.#way(cylinder, head, isWrite);
    const distance = Math.abs(cylinder - this.cylinder);
    if (distance > 0) {
      this.seeks++;
      this.seekCylinders += distance;
    }
    this.seekNs += this.#moveNs;
    this.settleNs += this.#settlingNs;
    this.cylinder = cylinder;
    this.head = head;
  }

  /**
   * When reading, just going on from `lbn`, whose turn comes at `atNs`, is through with a row: with
   * nothing counted, and the head left where it is.
   */
  stream(): void {
    const { cylinder, head, seeks, seekCylinders } = this;
    this.access(false);
    this.cylinder = cylinder;
    this.head = head;
    this.seeks = seeks;
    this.seekCylinders = seekCylinders;
  }
}
