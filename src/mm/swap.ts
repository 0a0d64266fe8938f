/**
 * Swap: the slots of a swap area, the swap cache, and reading a cluster back (mm/swapfile.c,
 * mm/swap_state.c and mm/page_io.c of 2.6.34).
 *
 * Slots are handed out in runs of 256 (SWAPFILE_CLUSTER), so that what is swapped out one after
 * another lies side by side. The area is one contiguous file of its file system: of the machine's
 * own disk, or of one that is given for it. Its inode, "swapper", is the swap cache: slot -> frame.
 *
 * A slot names the page that is out there by its owner and place. A page in the swap cache belongs
 * to its owner while it is mapped there, and to the swapper otherwise.
 */

import type { FileSystem } from '../fs/file-system.ts';
import { Inode } from './inode.ts';

/** SWAPFILE_CLUSTER: slots handed out in a run. */
const SWAPFILE_CLUSTER = 256;

export class Swap {
  readonly fs: FileSystem;
  /** The swap cache. */
  readonly inode: Inode;
  readonly slots: number;
  /** Slots in use. */
  used = 0;
  /** Inode or region, and index in it, of the page that a slot holds; -1 when it has none. */
  readonly ownerInode: Int32Array;
  readonly ownerIndex: Int32Array;
  /** 1 when taken. */
  readonly #taken: Uint8Array;
  #next = 0;
  #leftInCluster = 0;
  #lowestFree = 0;

  constructor(fs: FileSystem, inodeNumber: number, slots: number) {
    this.fs = fs;
    this.slots = slots;
    this.inode = new Inode(inodeNumber, 'swapper', 0);
    fs.allocation.placeExactly(this.inode.layout, slots);
    this.#taken = new Uint8Array(slots);
    this.ownerInode = new Int32Array(slots).fill(-1);
    this.ownerIndex = new Int32Array(slots);
  }

  get isFull(): boolean {
    return this.used === this.slots;
  }

  /** vm_swap_full: over half of the slots are in use, so pages in memory give theirs back. */
  get isHalfFull(): boolean {
    return this.used * 2 > this.slots;
  }

  isTaken(slot: number): boolean {
    return this.#taken[slot] !== 0;
  }

  /** get_swap_page: a slot after the last one, in a free run of 256 if there is one; -1 when full. */
  take(): number {
    if (this.isFull) return -1;
    if (this.#leftInCluster === 0) this.#findCluster();
    let slot = this.#next;
    while (slot < this.slots && this.#taken[slot] !== 0) slot++;
    if (slot >= this.slots) {
      slot = this.#lowestFree;
      while (this.#taken[slot] !== 0) slot++;
    }
    if (slot === this.#lowestFree) this.#lowestFree++;
    this.#taken[slot] = 1;
    this.used++;
    this.#next = slot + 1;
    if (this.#leftInCluster > 0) this.#leftInCluster--;
    return slot;
  }

  /** The first run of 256 free slots becomes the next to be used; without one, the lowest free slot. */
  #findCluster(): void {
    let run = 0;
    for (let slot = this.#lowestFree; slot < this.slots; slot++) {
      run = this.#taken[slot] === 0 ? run + 1 : 0;
      if (run < SWAPFILE_CLUSTER) continue;
      this.#next = slot - SWAPFILE_CLUSTER + 1;
      this.#leftInCluster = SWAPFILE_CLUSTER;
      return;
    }
    this.#next = this.#lowestFree;
  }

  own(slot: number, inode: number, index: number): void {
    this.ownerInode[slot] = inode;
    this.ownerIndex[slot] = index;
  }

  /** Nobody's page is in this slot any more; it is free once it is not in the swap cache either. */
  disown(slot: number): void {
    this.ownerInode[slot] = -1;
  }

  give(slot: number): void {
    this.#taken[slot] = 0;
    this.ownerInode[slot] = -1;
    this.used--;
    if (slot < this.#lowestFree) this.#lowestFree = slot;
  }
}
