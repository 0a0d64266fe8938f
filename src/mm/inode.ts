/**
 * Inodes: a file's identity, its cached pages, and who holds it.
 *
 * The reference count follows fs/inode.c of 2.6.34: a cached page holds no reference, so a closed
 * file with dirty pages has count 0, and reclaim's igrab/iput pair is common. The last iput is
 * cheap for a linked file and truncates an unlinked one (WRITEOUT.md 2.6).
 */

import { Layout } from '../fs/layout.ts';
import { Mapping } from './mapping.ts';

/** Inode state, the kernel's I_* by name. */
export const InodeState = {
  /** It has dirty pages and is on a dirty list. */
  dirty: 1,
  /** Someone is writing it back. */
  sync: 2,
  /** The last reference of an unlinked file is gone: no igrab any more. */
  freeing: 4,
  /** Gone. */
  clear: 8,
} as const;

export class Inode {
  readonly number: number;
  name: string;
  sizeBytes: number;
  links = 1;
  /** References: open handles and igrabs. */
  count = 0;
  state = 0;
  /** When the oldest dirty page since the last cleaning was dirtied, ns. */
  dirtiedWhenNs = 0;
  /** Its pages are anonymous memory or tmpfs: they go to swap, and no flusher writes them. */
  isSwapBacked = false;
  /** Its pages under write-back. */
  writebackPages = 0;
  /** Where cyclic write-back goes on. */
  writebackIndex = 0;
  readonly mapping = new Mapping();
  readonly layout = new Layout();

  constructor(number: number, name: string, sizeBytes: number) {
    this.number = number;
    this.name = name;
    this.sizeBytes = sizeBytes;
  }

  has(flag: number): boolean {
    return (this.state & flag) !== 0;
  }
}

/** Takes a reference, unless the inode is on its way out (fs/inode.c igrab). */
export function igrab(inode: Inode): boolean {
  if (inode.has(InodeState.freeing | InodeState.clear)) return false;
  inode.count++;
  return true;
}
