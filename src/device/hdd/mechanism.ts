/**
 * The arm and the spindle: when a row of sectors has passed under the head.
 *
 * The spindle has turned through `time mod period` since simulated time 0, computed from the
 * absolute time each time, so that no error adds up over hours. An access is a chain of runs, each
 * on one track: move (arm and head at once, the slower counts), settle, wait for the angle, pass.
 * Everything is in closed form; times are not rounded here.
 */

import type { Geometry } from './geometry.ts';
import type { HddProfile } from './profile.ts';
import { seekTable } from './seek.ts';
import { MS } from '../../sim/units.ts';

/** Two angles closer than this, in ns of rotation, are the same: rounded times must not cost a turn. */
const SAME_ANGLE_NS = 1;

export class Mechanism {
  readonly periodNs: number;

  /** A time at which the index mark passes, ns. */
  originNs = 0;

  /** No positioning takes longer, ns: the longest seek, its settle and a revolution. */
  readonly longestNs: number;

  /** Where the head stands. */
  cylinder = 0;
  head = 0;
  /** Counted for the device's counters. */
  seeks = 0;
  seekCylinders = 0;

  /** Results of `access`: where its time went, ns, and when its marked sector had passed. */
  seekNs = 0;
  settleNs = 0;
  rotationNs = 0;
  transferNs = 0;
  markNs = 0;
  /** For `access`: the sector, counted from 1, whose passing `markNs` tells. */
  mark = 1;
  /** Sectors that passed on the first track of `access` before its first one, next to it. */
  passedBefore = 0;
  /**
   * The last track on which `access` began within its sectors: when all of them had passed, ns, and
   * how many sectors, counted from the first of all, the last to pass was the end of. 0, 0: none.
   */
  wrapNs = 0;
  wrapSectors = 0;
  /** How many sectors follow on the track where `access` ended, and the time of each, ns. */
  runLeft = 0;
  runSectorNs = 0;
  /** From the end of `access` until the sector behind its last one comes by, on the same track, ns. */
  runAheadNs = 0;

  readonly geometry: Geometry;
  readonly #seek: Float64Array;
  readonly #headSwitchNs: number;
  readonly #readSettleNs: number;
  readonly #writeSettleNs: number;
  readonly #zeroLatencyReads: boolean;
  readonly #zeroLatencyWrites: boolean;
  readonly #invPeriod: number;

  constructor(profile: HddProfile, geometry: Geometry) {
    const { mechanics } = profile;
    this.geometry = geometry;
    this.periodNs = 60e9 / (mechanics.rpm * (1 + mechanics.rpmError_percent / 100));
    this.#invPeriod = 1 / this.periodNs;
    this.#seek = seekTable(mechanics.seek, mechanics.cylinders);
    this.#headSwitchNs = mechanics.headSwitch_ms * MS;
    this.#readSettleNs = mechanics.readSettle_ms * MS;
    this.#writeSettleNs = mechanics.writeSettle_ms * MS;
    this.longestNs =
      Math.max(
        this.#seek.reduce((a, b) => Math.max(a, b)),
        this.#headSwitchNs,
      ) +
      Math.max(this.#readSettleNs, this.#writeSettleNs) +
      this.periodNs;
    const { zeroLatencyAccess } = mechanics;
    this.#zeroLatencyReads = zeroLatencyAccess === true || zeroLatencyAccess === 'reads';
    this.#zeroLatencyWrites = zeroLatencyAccess === true || zeroLatencyAccess === 'writes';
  }

  /** Time of one sector under the head, ns, on a track of so many. */
  sectorNs(sectorsPerTrack: number): number {
    return this.periodNs / sectorsPerTrack;
  }

  /** ns since the index mark last passed, 0 <= phase < period. */
  phaseNs(atNs: number): number {
    const { periodNs } = this;
    const since = atNs - this.originNs;
    const phase = since - Math.floor(since * this.#invPeriod) * periodNs;
    if (phase < 0) return phase + periodNs;
    return phase >= periodNs ? phase - periodNs : phase;
  }

  /** Turns the platter: from now on `phaseNs(atNs)` is `phase`. */
  setPhase(atNs: number, phase: number): void {
    this.originNs = atNs - phase;
  }

  /** ns until an angle, given as ns past the index mark, comes by. */
  #waitNs(angleNs: number, atNs: number): number {
    const wait = angleNs - this.phaseNs(atNs);
    return wait >= -SAME_ANGLE_NS ? Math.max(0, wait) : wait + this.periodNs;
  }

  /** Least time from here to reading or writing on `cylinder`, ns: seek and nothing else. */
  seekToNs(cylinder: number): number {
    return this.#seek[Math.abs(cylinder - this.cylinder)];
  }

  #settleFor(distance: number, head: number, isWrite: boolean): number {
    if (isWrite) return distance > 0 || head !== this.head ? this.#writeSettleNs : 0;
    return distance > 0 ? this.#readSettleNs : 0;
  }

  /**
   * Time from `atNs` until the sector at a place begins to pass, ns.
   * @param angleNs the sector's start, ns past the index mark
   */
  positioningNs(
    cylinder: number,
    head: number,
    angleNs: number,
    isWrite: boolean,
    atNs: number,
  ): number {
    const distance = Math.abs(cylinder - this.cylinder);
    let move = this.#seek[distance];
    if (head !== this.head && this.#headSwitchNs > move) move = this.#headSwitchNs;
    move += this.#settleFor(distance, head, isWrite);
    return move + this.#waitNs(angleNs, atNs + move);
  }

  /** Moves to the track `geometry` has located, from `atNs` on. @returns arrival, ns */
  #moveTo(cylinder: number, head: number, isWrite: boolean, atNs: number): number {
    const distance = Math.abs(cylinder - this.cylinder);
    let moved = atNs;
    if (distance > 0 || head !== this.head) {
      let move = this.#seek[distance];
      if (head !== this.head && this.#headSwitchNs > move) move = this.#headSwitchNs;
      const settle = this.#settleFor(distance, head, isWrite);
      if (distance > 0) {
        this.seeks++;
        this.seekCylinders += distance;
      }
      this.seekNs += move;
      this.settleNs += settle;
      this.cylinder = cylinder;
      this.head = head;
      moved += move + settle;
    }
    return moved;
  }

  /**
   * Reads or writes sectors, from `atNs` on. A write's data is there when the head is.
   * @param dataReadyNs a write's data can keep pace with the medium from then on, ns; 0 for a read
   * @param leastMoveNs getting to the first track takes so long at least, ns
   * @returns when the last sector has passed, ns, not rounded; parts of the time in the fields
   */
  access(
    lbn: number,
    sectors: number,
    isWrite: boolean,
    atNs: number,
    dataReadyNs: number,
    leastMoveNs = 0,
  ): number {
    this.seekNs = 0;
    this.settleNs = 0;
    this.rotationNs = 0;
    this.transferNs = 0;
    this.wrapNs = 0;
    this.wrapSectors = 0;
    const { geometry } = this;
    let at = atNs;
    let next = lbn;
    let left = sectors;
    let first = true;
    let { mark } = this;
    const zeroLatency = isWrite ? this.#zeroLatencyWrites : this.#zeroLatencyReads;
    while (left > 0) {
      geometry.locate(next);
      const run = Math.min(left, geometry.run);
      const sectorNs = this.periodNs / geometry.sectorsPerTrack;
      at = this.#moveTo(geometry.cylinder, geometry.head, isWrite, at);
      if (first && at < atNs + leastMoveNs) {
        this.settleNs += atNs + leastMoveNs - at;
        at = atNs + leastMoveNs;
      }
      if (dataReadyNs > at) {
        // Counted in no part here: the time is the link's.
        at = dataReadyNs;
      }
      const wait = this.#waitNs(geometry.angle * sectorNs, at);
      if (zeroLatency && wait > this.periodNs - run * sectorNs) {
        // The head came down inside the run. The first sectors, the one it came down in among them,
        // come by last: the rest is there already.
        const missed = Math.ceil((this.periodNs - wait) / sectorNs - 1e-6);
        if (mark > 0) this.markNs = at + wait + Math.min(mark, missed) * sectorNs;
        const pass = wait + missed * sectorNs;
        this.transferNs += pass;
        at += pass;
        if (first) this.passedBefore = geometry.sector;
        this.wrapNs = at;
        this.wrapSectors = sectors - left + missed;
        this.runAheadNs = (run - missed) * sectorNs;
      } else {
        const pass = run * sectorNs;
        this.runAheadNs = 0;
        this.rotationNs += wait;
        this.transferNs += pass;
        at += wait;
        if (first) this.passedBefore = Math.min(geometry.sector, Math.floor(wait / sectorNs));
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
    return at;
  }

  /**
   * When sector `lbn + sectors` could begin to pass if reading just goes on from `lbn`, whose turn
   * comes at `atNs`, with nothing counted and the head left where it is.
   */
  streamNs(lbn: number, sectors: number, atNs: number): number {
    const { cylinder, head, seeks, seekCylinders } = this;
    const end = this.access(lbn, sectors, false, atNs, 0);
    this.cylinder = cylinder;
    this.head = head;
    this.seeks = seeks;
    this.seekCylinders = seekCylinders;
    return end;
  }
}
