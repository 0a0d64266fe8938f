/**
 * Builds bios from pages that come in ascending order, as mpage_writepages does: a bio grows while
 * the next page follows on the disk, and goes out when it doesn't, or when it is full.
 */

import { Admission } from '../block/bio.ts';
import { PAGE_SECTORS } from '../sim/units.ts';
import type { FileSystem } from './file-system.ts';
import type { Layout } from './layout.ts';

export class PageWriter {
  readonly #fs: FileSystem;
  readonly #op: number;
  readonly #inode: number;
  readonly #layout: Layout;
  readonly #flags: number;
  readonly #task: number;
  #sector = 0;
  #index = 0;
  #pages = 0;

  constructor(
    fs: FileSystem,
    op: number,
    inode: number,
    layout: Layout,
    flags: number,
    task: number,
  ) {
    this.#fs = fs;
    this.#op = op;
    this.#inode = inode;
    this.#layout = layout;
    this.#flags = flags;
    this.#task = task;
  }

  /** Adds page `index`. `Admission.sleeping` when a bio went out and its submitter must sleep. */
  add(index: number): Admission {
    const sector = this.#layout.sectorOf(index);
    const follows =
      this.#pages > 0 &&
      this.#pages < this.#fs.maxBioPages &&
      sector === this.#sector + this.#pages * PAGE_SECTORS &&
      index === this.#index + this.#pages;
    if (follows) {
      this.#pages++;
      return Admission.admitted;
    }
    const admission = this.finish();
    this.#sector = sector;
    this.#index = index;
    this.#pages = 1;
    return admission;
  }

  /** Submits what has been gathered. */
  finish(): Admission {
    const pages = this.#pages;
    if (pages === 0) return Admission.admitted;
    this.#pages = 0;
    return this.#fs.submitPages(
      this.#op,
      this.#inode,
      this.#sector,
      this.#index,
      pages,
      this.#flags,
      this.#task,
    );
  }
}
