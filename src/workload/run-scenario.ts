/** One run: a scenario on a machine with one drive, one way of writing out, one elevator. */

import type { BlockObserver } from '../block/observer.ts';
import type { DeviceOptions, DeviceSnapshot } from '../device/device.ts';
import type { AnyProfile } from '../device/profile.ts';
import { reclaimStatistics, vmstat } from '../mm/counters.ts';
import { Machine } from '../mm/machine.ts';
import type { Mount } from '../mm/memory.ts';
import type { PageoutWay } from '../mm/pageout/way.ts';
import { SWAP_DISK } from '../mm/swap.ts';
import { defaultVmOptions, type VmOptions } from '../mm/vm-options.ts';
import { Writer } from '../mm/vm-stat.ts';
import type { RunResult } from '../measure/run-result.ts';
import { EventQueue } from '../sim/events.ts';
import type { TaskBody } from '../sim/task.ts';
import { DeadlockError } from '../sim/wait-graph.ts';
import { MS, PAGE_BYTES, SECOND, SECTOR_BYTES } from '../sim/units.ts';
import { Disks, type StackOptions } from './disks.ts';
import { parseDrives } from './drives.ts';
import { populate } from './populate.ts';
import { phasesOf } from './program/registry.ts';
import { Scores } from './program/scores.ts';
import { kernelFor, type Scenario } from './scenario.ts';

export interface RunOptions {
  profile: AnyProfile;
  /** What the result calls it; by default the profile's name. */
  deviceName?: string | undefined;
  /** Several such drives put together, instead of one. */
  stack?: StackOptions | undefined;
  /** The state the drive starts in; of a drive of the same profile. */
  snapshot?: DeviceSnapshot | undefined;
  way: PageoutWay;
  scheduler: string;
  /** The scheduler's tunables that differ from the default, in sysfs names and units. */
  tunables?: Readonly<Record<string, number>> | undefined;
  /** The kernel whose block layer the machine has: one of `generationNames()`. */
  generation: string;
  /** 0..2^32-1; the same seed gives the same result to the last bit. */
  seed: number;
  /** Follows every request through the block layer. */
  observer?: BlockObserver;
  /** Called now and then with the simulated time. */
  onStep?: (nowNs: number) => void;
  /** The same of a drive's work that takes no simulated time; as `DeviceOptions` has it. */
  onWork?: DeviceOptions['onWork'];
}

/**
 * Runs a scenario from its first event until every page is clean and the drive flushed. A circle of
 * locks ends it: what was measured until then is the result, and the circle is in it.
 */
export function runScenario(scenario: Scenario, options: RunOptions): RunResult {
  const events = new EventQueue();
  const { generation, scheduler: elevator, tunables, observer } = options;
  const disks = new Disks(events, {
    ...options,
    queue: { generation, elevator, tunables, observer },
  });
  const vm = vmOptions(scenario, options.way);
  const further = furtherDisks(events, scenario, options);
  const machine = new Machine(events, disks.queue, vm, options.way, further);
  if (scenario.cache !== undefined) populate(machine, scenario.cache, options.seed);
  const scores = new Scores();
  const { folder, memory: memoryBytes } = scenario;
  const context = { folder, seed: options.seed, memoryBytes, scores };
  const times = { programsNs: -1, cleanNs: -1 };
  let deadlock = '';
  try {
    for (const phase of phasesOf(scenario.programs, context)) {
      const tasks = phase.map((program) => machine.spawn(program.name, program.run(machine.files)));
      machine.runUntilDone(tasks, options.onStep);
    }
    times.programsNs = events.nowNs;
    const sync = machine.spawn('sync', syncAll(machine, times));
    machine.runUntilDone([sync], options.onStep);
  } catch (error) {
    if (!(error instanceof DeadlockError)) throw error;
    deadlock = error.message;
  }
  if (times.programsNs < 0) times.programsNs = events.nowNs;
  if (times.cleanNs < 0) times.cleanNs = events.nowNs;
  return {
    ...resultOf(scenario, options, machine, disks, times),
    scores: scores.toJSON(),
    deadlocks: deadlock === '' ? 0 : 1,
    ...(deadlock === '' ? {} : { deadlock }),
  };
}

/** The disks beside the first: the one for swap alone, and those with file systems of their own. */
function furtherDisks(events: EventQueue, scenario: Scenario, options: RunOptions): Mount[] {
  const { generation, scheduler: elevator, tunables, seed } = options;
  const mount = (at: string, device: string, fileSystem: string, nth: number): Mount => {
    const { profile, stack } = parseDrives(device);
    const queue = { generation, elevator, tunables };
    const disks = new Disks(events, { profile, stack, seed: (seed + nth) >>> 0, queue });
    return { at, queue: disks.queue, fileSystem };
  };
  const { swap_device: swapDevice } = scenario;
  return [
    ...(swapDevice === undefined ? [] : [mount(SWAP_DISK, swapDevice, 'tmpfs', 1000)]),
    ...scenario.disks.map((disk, i) => mount(disk.at, disk.device, disk.file_system, 2000 + i)),
  ];
}

/** sync(2) when the programs are done; notes when the last page is clean. */
function* syncAll(machine: Machine, times: { cleanNs: number }): TaskBody {
  yield* machine.files.syncPages();
  times.cleanNs = machine.events.nowNs;
  yield* machine.files.syncFileSystems();
}

function vmOptions(scenario: Scenario, way: PageoutWay): VmOptions {
  return {
    ...defaultVmOptions,
    kernel: kernelFor(scenario, way.kernel) ?? defaultVmOptions.kernel,
    arch: scenario.arch,
    pages: Math.floor(scenario.memory / PAGE_BYTES),
    cpus: scenario.cpus,
    nodes: scenario.nodes,
    swapBytes: scenario.swap,
    fileSystem: scenario.file_system,
    dirtyRatio: scenario.vm.dirty_ratio,
    dirtyBackgroundRatio: scenario.vm.dirty_background_ratio,
    dirtyBytes: scenario.vm.dirty_bytes,
    dirtyBackgroundBytes: scenario.vm.dirty_background_bytes,
    laptopMode: scenario.vm.laptop_mode,
    dirtyWritebackCentisecs: scenario.vm.dirty_writeback_centisecs,
    dirtyExpireCentisecs: scenario.vm.dirty_expire_centisecs,
  };
}

function resultOf(
  scenario: Scenario,
  options: RunOptions,
  machine: Machine,
  disks: Disks,
  { programsNs, cleanNs }: { programsNs: number; cleanNs: number },
): Omit<RunResult, 'scores' | 'deadlocks'> {
  const { stat } = machine.memory;
  const cleaned = stat.pagesCleaned;
  const writes = disks.device('writes');
  const seeks = disks.device('seeks');
  return {
    scenario: scenario.name,
    device: options.deviceName ?? options.profile.name,
    way: options.way.name,
    block_layer: options.generation,
    scheduler: options.scheduler,
    programs_ms: programsNs / MS,
    simulated_ms: cleanNs / MS,
    durable_ms: machine.events.nowNs / MS,
    mb_per_s: cleanNs === 0 ? 0 : (stat.pagesWritten * PAGE_BYTES * SECOND) / cleanNs / 1e6,
    pages_dirtied: stat.pagesDirtied,
    pages_cleaned: stat.pagesCleanedTotal,
    pages_still_dirty: machine.memory.nrDirty,
    pages_truncated: stat.pagesTruncated,
    pages_written: stat.pagesWritten,
    pages_extra: stat.pagesExtra,
    pages_read: stat.pagesRead,
    file_extents: machine.memory.inodes.reduce((sum, { layout }) => sum + layout.extents, 0),
    bios: machine.memory.bdis.reduce((sum, { fs }) => sum + fs.disk.writeBios, 0),
    requests: writes,
    merges: disks.writeMerges,
    mean_request_kib:
      writes === 0 ? 0 : (disks.device('sectorsWritten') * SECTOR_BYTES) / 1024 / writes,
    seeks,
    mean_seek_cylinders: seeks === 0 ? 0 : disks.device('seekCylinders') / seeks,
    latency_ms: {
      mean: stat.writeLatency.mean / MS,
      p99: stat.writeLatency.percentile(0.99) / MS,
    },
    stalled_ms: stat.stalledDirectNs / MS,
    throttled_ms: stat.stalledThrottleNs / MS,
    kswapd_awake_ms: machine.kswapdAwakeNs() / MS,
    device_busy_ms: disks.device('busyNs') / MS,
    cleaned_by: {
      reclaim: cleaned[Writer.reclaim],
      flusher_for_reclaim: cleaned[Writer.kicked],
      flusher: cleaned[Writer.flusher],
      throttled_writer: cleaned[Writer.throttled],
      sync: cleaned[Writer.sync],
    },
    pages_scanned: stat.pgscan[0] + stat.pgscan[1],
    pages_reclaimed: stat.pgsteal[0] + stat.pgsteal[1],
    block: {
      back_merges: disks.queued(({ backMerges }) => backMerges),
      front_merges: disks.queued(({ frontMerges }) => frontMerges),
      joined_requests: disks.queued(({ joins }) => joins),
      congested_async_ms: disks.queued(({ congestedNs }) => congestedNs[0]) / MS,
      congested_sync_ms: disks.queued(({ congestedNs }) => congestedNs[1]) / MS,
    },
    vmstat: vmstat(machine.memory),
    reclaim: reclaimStatistics(machine.memory, machine.kswapdAwakeNs(), programsNs),
  };
}
