/**
 * Swap: the slots of a swap area and the swap cache (mm/swapfile.c and mm/swap_state.c of 2.6.34).
 *
 * Slots are handed out in runs of 256 (SWAPFILE_CLUSTER), so that what is swapped out one after
 * another lies side by side. The inode "swapper" is the swap cache: slot -> frame. A slot names the
 * page that is out there by its owner and place; a page in the swap cache belongs to its owner while
 * it is mapped there, and to the swapper otherwise.
 */

import type { Admission } from '../block/bio.ts';
import type { Inode } from './inode.ts';

/** SWAPFILE_CLUSTER: slots handed out in a run. */
const SWAPFILE_CLUSTER = 256;

/** The mount that stands for a disk with nothing but swap on it. */
export const SWAP_DISK = '/dev/swap';

/** Where a swap area lies. Slots are pages at consecutive sectors. */
export interface SwapDevice {
  /** One bio for `pages` slots from `slot` on; it comes back as pages of inode `inode`. */
  submit(
    op: number,
    inode: number,
    slot: number,
    pages: number,
    flags: number,
    task: number,
  ): Admission;
  isCongested(): boolean;
}

export class Swap {
  readonly device: SwapDevice;
  /** The swap cache. */
  readonly inode: Inode;
  readonly slots: number;
  /** Slots in use. */
  used = 0;
  /** Inode or region, and index in it, of the page that a slot holds; -1 when it has none. */
  readonly ownerInode: Int32Array;
  readonly ownerIndex: Int32Array;
  readonly #taken: Uint8Array;
  #next = 0;
  #leftInCluster = 0;
  /** No slot under it is free. */
  #lowestFree = 0;

  /** @param inode a fresh inode of its own for the swap cache */
  constructor(device: SwapDevice, inode: Inode, slots: number) {
    this.device = device;
    this.inode = inode;
    this.slots = slots;
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

  /** Whether someone's page is out in a slot. */
  isOwned(slot: number): boolean {
    return this.ownerInode[slot] >= 0;
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
      this.#lowestFree = slot;
    }
    this.#taken[slot] = 1;
    this.used++;
    this.#next = slot + 1;
    if (this.#leftInCluster > 0) this.#leftInCluster--;
    return slot;
  }

  /** The first run of 256 free slots is used next; without one, the lowest free slots. */
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
    this.#leftInCluster = SWAPFILE_CLUSTER;
  }

  own(slot: number, inode: number, index: number): void {
    this.ownerInode[slot] = inode;
    this.ownerIndex[slot] = index;
  }

  /** The owner has no page out in this slot any more. */
  disown(slot: number): void {
    this.ownerInode[slot] = -1;
  }

  /** The slot is free. */
  give(slot: number): void {
    this.#taken[slot] = 0;
    this.ownerInode[slot] = -1;
    this.used--;
    if (slot < this.#lowestFree) this.#lowestFree = slot;
  }
}
