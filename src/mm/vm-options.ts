/** The machine's memory and its vm.* settings, under their sysctl names and with their defaults. */

import type { FileSystemKind } from '../fs/registry.ts';
import { version } from '../sim/kernel-version.ts';
import type { Arch } from './topology.ts';

export interface VmOptions {
  /** The kernel version whose rules hold, a number of `sim/kernel-version.ts`. */
  kernel: number;
  /** Page frames. */
  pages: number;
  /** What processor: it decides where zones end. */
  arch: Arch;
  /** Watermarks: pages kept free, KiB; by the kernel's own rule when left out. */
  minFreeKbytes?: number;
  /** How much reclaim prefers anonymous to file pages, 0..100; 60. */
  swappiness: number;
  /** Swap-in reads 2^n slots at a time; 3. */
  pageCluster: number;
  /** Memory cgroups. */
  groups: readonly GroupOptions[];
  /** Percent of dirtyable memory at which writers are throttled; 20 since 2.6.30. */
  dirtyRatio: number;
  /** Percent at which the flusher starts; 10 since 2.6.30. */
  dirtyBackgroundRatio: number;
  /** vm.dirty_bytes and vm.dirty_background_bytes: instead of the ratios; 0 is not set. */
  dirtyBytes: number;
  dirtyBackgroundBytes: number;
  /** How often the flusher wakes by itself, 1/100 s. */
  dirtyWritebackCentisecs: number;
  /** How old dirty data must be for a periodic wake-up to write it, 1/100 s. */
  dirtyExpireCentisecs: number;
  /** vm.laptop_mode: reclaim writes nothing until it finds it hard, so that a disk may stay asleep. */
  laptopMode: boolean;
  /** Processors: they set how often a writer checks the dirty limits. */
  cpus: number;
  /** NUMA nodes that the memory is split over evenly, each with a kswapd of its own; 1 to 64. */
  nodes: number;
  /** Swap space at the far end of the disk, bytes; 0 is none. */
  swapBytes: number;
  /** The file system on the disk: one of those that `src/fs` registers. */
  fileSystem: string | FileSystemKind;
  /** Whether its commits and fsync flush the drive's cache (mount option `barrier`). */
  barrier: boolean;
  /** How often its journal commits by itself, s (mount option `commit`). */
  commitSeconds: number;
  /** What the processor takes for it, ns. Assumptions for a machine of 2010, see docs/MODELS.md. */
  cpu: CpuCosts;
}

/** A memory cgroup: tasks that may not have more memory than this together. */
export interface GroupOptions {
  readonly name: string;
  /** memory.limit_in_bytes, pages. */
  readonly limitPages: number;
}

export interface CpuCosts {
  /** A page copied into or out of the page cache by read(2) or write(2). */
  copyPageNs: number;
  /** A page that reclaim looks at. */
  scanPageNs: number;
  /** A page prepared for writing by a file system's writer. */
  writePageNs: number;
  /** A fresh page handed to a program. */
  allocatePageNs: number;
}

/** The defaults of 2.6.34. */
export const defaultVmOptions: VmOptions = {
  kernel: version(2, 6, 34),
  pages: 65536,
  arch: 'x86-64',
  swappiness: 60,
  pageCluster: 3,
  groups: [],
  dirtyRatio: 20,
  dirtyBackgroundRatio: 10,
  dirtyBytes: 0,
  dirtyBackgroundBytes: 0,
  dirtyWritebackCentisecs: 500,
  dirtyExpireCentisecs: 3000,
  laptopMode: false,
  cpus: 1,
  nodes: 1,
  swapBytes: 0,
  fileSystem: 'ext2',
  barrier: true,
  commitSeconds: 5,
  // Assumption: 4 KiB at about 2 GB/s, and a few hundred instructions a page scanned or allocated.
  cpu: { copyPageNs: 2000, scanPageNs: 200, writePageNs: 500, allocatePageNs: 500 },
};

/** SWAP_CLUSTER_MAX: pages that reclaim takes off the LRU at a time. */
export const SWAP_CLUSTER_MAX = 32;
/** What whoever swept all lists in vain sleeps where its kernel would spin: a tick at HZ=250. */
export const TICK_NS = 4e6;
/** DEF_PRIORITY: the gentlest scan looks at 1/2^12 of a list. */
export const DEF_PRIORITY = 12;
/** MAX_WRITEBACK_PAGES: the flusher's slice of one inode. */
export const MAX_WRITEBACK_PAGES = 1024;
/** MIN_WRITEBACK_PAGES since 3.2: what a slice is rounded to. */
export const MIN_WRITEBACK_PAGES = 1024;
/** PAGE_ALLOC_COSTLY_ORDER: above it reclaim turns lumpy at once. */
export const COSTLY_ORDER = 3;

/** min_free_kbytes for so many pages of low memory (mm/page_alloc.c init_per_zone_pages_min). */
export function minFreeKbytes(pages: number): number {
  return Math.max(128, Math.min(65536, Math.floor(Math.sqrt(16 * pages * 4))));
}
