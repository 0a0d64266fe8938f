/**
 * FreeBSD's `diskinfo -t`, request for request: strokes, short seeks, sequential single sectors,
 * and megabytes at the outside, the middle and the inside (usr.sbin/diskinfo/diskinfo.c,
 * `speeddisk`). A "sector" of the tool is the drive's logical one.
 */

import type { AnyProfile } from '../../device/profile.ts';
import { MIB, MS, SECOND, SECTOR_BYTES } from '../../sim/units.ts';
import { OneByOne } from './one-by-one.ts';

/** Mean of one request, ms; rates in 1024 bytes a second. */
export interface DiskinfoFigures {
  full_stroke_ms: number;
  half_stroke_ms: number;
  quarter_stroke_ms: number;
  short_forward_ms: number;
  short_backward_ms: number;
  seq_outer_ms: number;
  seq_inner_ms: number;
  outside_kBps: number;
  middle_kBps: number;
  inside_kBps: number;
}

export interface DiskinfoOptions {
  /** Logical sector, bytes; 512 by default. */
  readonly sectorBytes?: number | undefined;
  /** Between a completion and the next request, ns: the tool and its kernel; 0 by default. */
  readonly hostNs?: number | undefined;
}

export function runDiskinfo(profile: AnyProfile, options: DiskinfoOptions = {}): DiskinfoFigures {
  const { sectorBytes = SECTOR_BYTES, hostNs = 0 } = options;
  const host = new OneByOne(profile);
  const unit = sectorBytes / SECTOR_BYTES;
  const n = Math.floor(host.device.capacitySectors / unit);
  // flsll(x) - 1 is the exponent of the highest bit of x.
  const step = Math.min(16384, 2 ** Math.floor(Math.log2(n / (4 * 200))));
  const at = (sector: number): void => {
    host.read(sector * unit, unit);
    host.wait(hostNs);
  };
  const mean = (count: number, run: () => void): number => {
    const startNs = host.events.nowNs;
    run();
    return (host.events.nowNs - startNs) / MS / count;
  };
  const pairs = (count: number, b0: number, b1: number, step1: number): number =>
    mean(2 * count, () => {
      for (let i = 0; i < count; i++) {
        at(b0 + i * step);
        at(b1 + i * step1);
      }
    });
  const row = (count: number, from: number, by: number): number =>
    mean(count, () => {
      for (let i = 0; i < count; i++) at(from + i * by);
    });
  const bulk = (100 * MIB) / sectorBytes;
  const rate = (from: number): number => {
    const startNs = host.events.nowNs;
    const sectors = MIB / SECTOR_BYTES;
    for (let i = 0; i < 100; i++) {
      host.read(from * unit + i * sectors, sectors);
      host.wait(hostNs);
    }
    return (100 * 1024) / ((host.events.nowNs - startNs) / SECOND);
  };
  const quarter = Math.floor(n / 4);
  const half = Math.floor(n / 2);
  return {
    full_stroke_ms: pairs(125, 0, n - step, -step),
    half_stroke_ms: pairs(125, quarter, quarter + half, step),
    quarter_stroke_ms: pairs(250, quarter, 2 * quarter, step),
    short_forward_ms: row(400, half, step),
    short_backward_ms: row(400, half, -step),
    seq_outer_ms: row(2048, 0, 1),
    seq_inner_ms: row(2048, n - 2048, 1),
    outside_kBps: rate(0),
    middle_kBps: rate(half - bulk / 2),
    inside_kBps: rate(n - bulk),
  };
}
