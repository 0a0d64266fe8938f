/**
 * A recorded trace as programs. Processes that overlapped in the recording become programs side by
 * side; those that did not run one after the other, in one program. Nothing else of the recorded
 * order between processes is kept, since how they interleave is for the simulated machine to say.
 */

import type { FileCalls, Program } from '../../mm/file-calls.ts';
import type { Sleeping } from '../../sim/task.ts';
import { Call, type CallTrace } from './call-trace.ts';

export interface ReplayOptions {
  /**
   * `none` (default): every call follows the one before at once, as with fio's replay_no_stall.
   * Right for straces, whose gaps are mostly strace's own.
   * `recorded`: no call begins earlier than it did in the recording.
   */
  think?: 'none' | 'recorded';
  /** The longest recorded pause that is kept, ns; default Infinity. */
  maxThinkNs?: number;
}

/** The programs of a trace. */
export function replayPrograms(trace: CallTrace, options: ReplayOptions = {}): Program[] {
  return lanesOf(trace).map((rows) => new ReplayProgram(trace, rows, options));
}

/** Rows of each program, in recorded order. */
function lanesOf(trace: CallTrace): Int32Array[] {
  const count = trace.processes.length;
  const first = new Float64Array(count).fill(Infinity);
  const last = new Float64Array(count).fill(-1);
  for (let row = 0; row < trace.length; row++) {
    const process = trace.process[row];
    first[process] = Math.min(first[process], row);
    last[process] = row;
  }
  const lanes: { last: number; rows: number[] }[] = [];
  const laneOf: { last: number; rows: number[] }[] = [];
  const inOrder = trace.processes.map((_, process) => process).sort((a, b) => first[a] - first[b]);
  for (const process of inOrder) {
    // Behind whichever ended last before this one began: most likely what it waited for.
    let lane: (typeof lanes)[number] | undefined;
    for (const each of lanes) {
      if (each.last < first[process] && (lane === undefined || each.last > lane.last)) lane = each;
    }
    if (lane === undefined) {
      lane = { last: -1, rows: [] };
      lanes.push(lane);
    }
    lane.last = last[process];
    laneOf[process] = lane;
  }
  for (let row = 0; row < trace.length; row++) laneOf[trace.process[row]].rows.push(row);
  return lanes.map(({ rows }) => Int32Array.from(rows));
}

class ReplayProgram implements Program {
  readonly name: string;
  readonly #trace: CallTrace;
  readonly #rows: Int32Array;
  readonly #options: ReplayOptions;

  constructor(trace: CallTrace, rows: Int32Array, options: ReplayOptions) {
    const processes = new Set<string>();
    for (const row of rows) processes.add(trace.processes[trace.process[row]]);
    this.name = [...processes].map((name) => name || 'traced').join('+');
    this.#trace = trace;
    this.#rows = rows;
    this.#options = options;
  }

  *run(calls: FileCalls): Sleeping<void> {
    const { call, process, handle, path, offset, bytes, startNs, paths } = this.#trace;
    const isPaced = this.#options.think === 'recorded';
    const maxThinkNs = this.#options.maxThinkNs ?? Infinity;
    const beganNs = calls.nowNs();
    let recordedNs = 0;
    let dueNs = 0;
    /** What the trace's handles are in this run. */
    const files = new Map<number, number>();
    let lastProcess = -1;
    for (const row of this.#rows) {
      if (process[row] !== lastProcess) {
        yield* closeAll(calls, files);
        lastProcess = process[row];
      }
      if (isPaced) {
        dueNs += Math.min(Math.max(0, startNs[row] - recordedNs), maxThinkNs);
        recordedNs = Math.max(recordedNs, startNs[row]);
        const earlyNs = beganNs + dueNs - calls.nowNs();
        if (earlyNs > 0) yield* calls.sleepNs(earlyNs);
      }
      const file = files.get(handle[row]) ?? -1;
      switch (call[row]) {
        case Call.open:
          files.set(handle[row], calls.open(paths[path[row]], bytes[row]));
          break;
        case Call.close:
          files.delete(handle[row]);
          yield* calls.close(file);
          break;
        case Call.read:
          yield* calls.read(file, offset[row], bytes[row]);
          break;
        case Call.write:
          yield* calls.write(file, offset[row], bytes[row]);
          break;
        case Call.fsync:
          yield* calls.fsync(file);
          break;
        case Call.sync:
          yield* calls.sync();
          break;
        case Call.truncate:
          yield* calls.truncate(file, bytes[row]);
          break;
        case Call.unlink:
          yield* calls.unlink(paths[path[row]]);
          break;
        case Call.rename:
          yield* calls.rename(paths[path[row]], paths[offset[row]]);
          break;
      }
    }
    yield* closeAll(calls, files);
  }
}

/** A process that ends closes its files. */
function* closeAll(calls: FileCalls, files: Map<number, number>): Sleeping<void> {
  for (const file of files.values()) yield* calls.close(file);
  files.clear();
}
