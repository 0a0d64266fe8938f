/**
 * Which blocks a growing file gets: next to its last ones where they are free, else the next free
 * run after the last allocation anywhere (next-fit).
 *
 * A file that grows reserves a window ahead of its end, so that files growing at the same time do
 * not take turns block by block (the reservation windows of ext3; its default, 8 blocks growing to
 * 1027, is simplified here to one size).
 */

import { PAGE_SECTORS } from '../sim/units.ts';
import type { Layout } from './layout.ts';

/** Pages reserved for a growing file at a time: 2 MiB. An assumption (see above). */
const WINDOW_PAGES = 512;

interface Run {
  sector: number;
  pages: number;
}

/** Thrown when the disk has no room left. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';
}

export class Allocation {
  readonly #endSector: number;
  /** Everything from here on has never been used. */
  #frontier: number;
  /** Freed runs, oldest first. */
  readonly #freed: Run[] = [];
  /** What is left of each layout's window. */
  readonly #windows = new Map<Layout, Run>();

  /** @param firstSector where data may begin; `endSector` the sector after the last usable one */
  constructor(firstSector: number, endSector: number) {
    this.#frontier = firstSector;
    this.#endSector = endSector;
  }

  /** Gives `layout` room for pages up to (not including) `endPage`, in one run where possible. */
  place(layout: Layout, endPage: number): void {
    let next = layout.endPage;
    while (next < endPage) {
      const window = this.#windows.get(layout) ?? this.#open(endPage - next);
      const pages = Math.min(window.pages, endPage - next);
      layout.append(next, window.sector, pages);
      window.sector += pages * PAGE_SECTORS;
      window.pages -= pages;
      next += pages;
      if (window.pages > 0) this.#windows.set(layout, window);
      else this.#windows.delete(layout);
    }
  }

  /** Gives a file whose size is known from the start exactly that, contiguously. */
  placeExactly(layout: Layout, pages: number): void {
    if (pages === 0) return;
    const run = this.#take(pages);
    layout.append(0, run.sector, run.pages);
    if (run.pages < pages) this.place(layout, pages);
  }

  /** The file stops growing: its window is free again. */
  close(layout: Layout): void {
    const window = this.#windows.get(layout);
    if (window === undefined) return;
    this.#windows.delete(layout);
    this.#release(window.sector, window.pages);
  }

  /** Frees everything of a layout from page `fromPage` on. */
  free(layout: Layout, fromPage: number): void {
    this.close(layout);
    layout.cut(fromPage, (sector, pages) => this.#release(sector, pages));
  }

  #open(wantedPages: number): Run {
    const run = this.#take(Math.max(WINDOW_PAGES, wantedPages));
    return run;
  }

  #release(sector: number, pages: number): void {
    if (sector + pages * PAGE_SECTORS === this.#frontier) this.#frontier = sector;
    else this.#freed.push({ sector, pages });
  }

  #take(pages: number): Run {
    const room = Math.floor((this.#endSector - this.#frontier) / PAGE_SECTORS);
    if (room >= pages) {
      const run = { sector: this.#frontier, pages };
      this.#frontier += pages * PAGE_SECTORS;
      return run;
    }
    const run = this.#freed.shift();
    if (run !== undefined) return run;
    if (room > 0) return this.#take(room);
    throw new NoSpaceError('the disk is full');
  }
}
