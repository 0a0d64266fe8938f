/** A mounted file system as the VFS sees it (struct super_block): how far it is unmounted, and s_umount. */

import { RwLock } from '../sim/rw-lock.ts';
import type { Sleeping, TaskScheduler } from '../sim/task.ts';
import type { WaitGraph } from '../sim/wait-graph.ts';

/** How far an umount has come. */
export const Stage = {
  mounted: 0,
  /** No path leads to it any more. */
  detached: 1,
  /** Not MS_ACTIVE: a last iput does not keep the inode. */
  inactive: 2,
  /** No s_root: nothing is left of it. */
  gone: 3,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** What is taken within s_umount (WRITEOUT.md 2.6: it is the outermost of the locks that reclaim may meet). */
const WITHIN_UMOUNT = ['i_mutex', 'journal', 'page lock'];

export class SuperBlock {
  /** s_umount: a write-back or a sync holds it for reading, an umount for writing. */
  readonly umount: RwLock;
  stage: Stage = Stage.mounted;

  /** @param name where it is mounted, for people */
  constructor(scheduler: TaskScheduler, graph: WaitGraph, name: string) {
    this.umount = new RwLock(scheduler, graph, 's_umount', `the s_umount of ${name}`);
    for (const inner of WITHIN_UMOUNT) graph.declare('s_umount', inner);
  }

  get isActive(): boolean {
    return this.stage < Stage.inactive;
  }

  /** Does something for a sync, with no umount between; nothing when the file system has gone. */
  *sync(work: () => Sleeping<void>): Sleeping<void> {
    yield* this.umount.acquireRead('sync_filesystems');
    if (this.stage < Stage.gone) yield* work();
    this.umount.release();
  }

  /**
   * pin_sb_for_writeback (2.6.32; grab_super_passive since 3.1): no umount comes between.
   * @returns false while someone unmounts it, or waits to
   */
  pin(): boolean {
    if (!this.umount.tryRead('pin_sb_for_writeback')) return false;
    if (this.stage < Stage.gone) return true;
    this.umount.release();
    return false;
  }
}
