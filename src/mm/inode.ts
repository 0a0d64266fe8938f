/**
 * Inodes: a file's identity, its cached pages, and who holds it.
 *
 * The reference count follows fs/inode.c of 2.6.34: a cached page holds no reference, so a closed
 * file with dirty pages has count 0, and reclaim's igrab/iput pair is common. The last iput is
 * cheap for a linked file and truncates an unlinked one (WRITEOUT.md 2.6).
 */

import { FsInode } from '../fs/fs-inode.ts';
import type { Lock } from '../sim/lock.ts';
import type { Bdi } from './bdi.ts';
import type { InodeList } from './inode-list.ts';
import { Mapping } from './mapping.ts';

/** Inode state, the kernel's I_* by name. */
export const InodeState = {
  /** Its times changed. */
  dirtySync: 1,
  /** Its size or blocks changed: fdatasync must write it. */
  dirtyDatasync: 2,
  /** It has dirty pages. */
  dirtyPages: 4,
  /** Someone is writing it back. */
  sync: 8,
  /** Its end has begun, but it is written first (umount). */
  willFree: 16,
  /** Its end has begun: no igrab any more. */
  freeing: 32,
  /** Gone. */
  clear: 64,
} as const;
/** I_DIRTY: any of the three. */
export const DIRTY = InodeState.dirtySync | InodeState.dirtyDatasync | InodeState.dirtyPages;
const GOING = InodeState.willFree | InodeState.freeing | InodeState.clear;

export class Inode extends FsInode {
  readonly bdi: Bdi;
  links = 1;
  /** References: open handles and igrabs. */
  count = 0;
  state = 0;
  /** When it became dirty, ns; never before that of an inode behind it on the dirty list. */
  dirtiedWhenNs = 0;
  /** Its pages are anonymous memory or tmpfs: they go to swap, and no flusher writes them. */
  isSwapBacked = false;
  /** Its pages under write-back. */
  writebackPages = 0;
  /** Where cyclic write-back goes on. */
  writebackIndex = 0;
  /** Where its size on the disk stands, in pages, and where its last bio ended if that was a full one. */
  diskPages = 0;
  fullBioEnd = -1;
  readonly mapping = new Mapping();
  /** i_mutex, made when it is first taken. */
  mutex: Lock | undefined;
  /** The dirty list it is on, and its neighbours there. */
  list: InodeList | undefined;
  younger: Inode | undefined;
  older: Inode | undefined;

  constructor(number: number, name: string, sizeBytes: number, bdi: Bdi) {
    super(number, name, sizeBytes);
    this.bdi = bdi;
  }

  has(flag: number): boolean {
    return (this.state & flag) !== 0;
  }

  get isGoing(): boolean {
    return (this.state & GOING) !== 0;
  }
}

/** Takes a reference, unless the inode is on its way out (fs/inode.c igrab). */
export function igrab(inode: Inode): boolean {
  if (inode.isGoing) return false;
  inode.count++;
  return true;
}
