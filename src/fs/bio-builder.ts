/**
 * Builds bios from pages that come in ascending order, as mpage_writepages does: a bio grows while
 * the next page follows on the disk, and goes out when it doesn't, or when it is full.
 */

import { Admission } from '../block/bio.ts';
import type { Disk } from './disk.ts';
import type { FsInode } from './fs-inode.ts';

export class BioBuilder {
  readonly #disk: Disk;
  readonly #op: number;
  readonly #inode: FsInode;
  readonly #flags: number;
  readonly #task: number;
  #block = 0;
  #index = 0;
  #pages = 0;

  /** @param op `Op.read` or `Op.write`; `flags` of each bio; `task` the submitter's id */
  constructor(disk: Disk, op: number, inode: FsInode, flags: number, task: number) {
    this.#disk = disk;
    this.#op = op;
    this.#inode = inode;
    this.#flags = flags;
    this.#task = task;
  }

  /** Adds page `index`. `Admission.sleeping` when a bio went out and its submitter must sleep. */
  add(index: number): Admission {
    return this.addAt(index, this.#inode.layout.blockOf(index));
  }

  /** The same for a page whose block is known. */
  addAt(index: number, block: number): Admission {
    const follows =
      this.#pages > 0 &&
      this.#pages < this.#disk.maxBioPages &&
      block === this.#block + this.#pages &&
      index === this.#index + this.#pages;
    if (follows) {
      this.#pages++;
      return Admission.admitted;
    }
    const admission = this.finish();
    this.#block = block;
    this.#index = index;
    this.#pages = 1;
    return admission;
  }

  /** Whether the next page would have to begin another bio. */
  get isFull(): boolean {
    return this.#pages >= this.#disk.maxBioPages;
  }

  /** Submits what has been gathered. */
  finish(): Admission {
    const pages = this.#pages;
    if (pages === 0) return Admission.admitted;
    this.#pages = 0;
    const { number } = this.#inode;
    return this.#disk.submitPages(
      this.#op,
      number,
      this.#block,
      this.#index,
      pages,
      this.#flags,
      this.#task,
    );
  }
}
