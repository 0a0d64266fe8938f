/**
 * MQSim's write cache as its Data_Cache_Manager_Flash_Advanced has it at 7ec40e3, before a drive that has
 * none of its own.
 *
 * A write goes into DRAM while what is on its way to the flash is less than a page a plane, in sectors,
 * and is done when it is there; its pages go to the flash at once, each when its translation is known. A
 * page that went there within the second before stays in DRAM instead, for good. A read takes from it
 * what it has. DRAM does one access at a time, and an access of several rows is taken to have half of
 * them. Its 256 MiB are never full in these cases.
 */

import type { EventQueue } from '../../src/sim/events.ts';

/** Part of a request in one page. */
export interface Piece {
  readonly page: number;
  readonly sector: number;
  readonly sectors: number;
}

export interface CacheFlash {
  read(piece: Piece, done: () => void): void;
  write(piece: Piece, done: () => void): void;
}

/** Of its configuration, in its units. */
export interface Dram {
  readonly rowBytes: number;
  readonly burstBytes: number;
  readonly transferNs: number;
  /** tRCD and tCL; tRP. */
  readonly openNs: number;
  readonly closeNs: number;
}

interface Waiting {
  pieces: Piece[];
  /** Accesses to DRAM that are not done. */
  accesses: number;
  readonly done: () => void;
}

const SECTOR = 512;
const FORGET_NS = 1e9;

export class MqsimCache {
  readonly #events: EventQueue;
  readonly #flash: CacheFlash;
  readonly #dram: Dram;
  readonly #mostSectors: number;
  readonly #onDone: number;
  readonly #doneAt: (() => void)[] = [];
  readonly #freeIds: number[] = [];
  #dramFreeNs = 0;
  /** On their way to the flash. */
  #sectors = 0;
  readonly #waiting: Waiting[] = [];
  /** By page: how often it was written into DRAM, while it is there. */
  readonly #held = new Map<number, number>();
  readonly #seen = new Set<number>();
  #forgetNs = 0;
  #writes = 0;

  /** @param mostSectors what may be on its way to the flash */
  constructor(events: EventQueue, flash: CacheFlash, dram: Dram, mostSectors: number) {
    this.#events = events;
    this.#flash = flash;
    this.#dram = dram;
    this.#mostSectors = mostSectors;
    this.#onDone = events.register((id) => {
      this.#freeIds.push(id);
      this.#doneAt[id]();
    });
  }

  write(pieces: Piece[], done: () => void): void {
    const request: Waiting = { pieces: [...pieces], accesses: 0, done };
    this.#letIn(request);
    if (request.pieces.length > 0) this.#waiting.push(request);
  }

  read(pieces: readonly Piece[], done: () => void): void {
    let left = 0;
    const partDone = (): void => {
      if (--left === 0) done();
    };
    const held = pieces.filter(({ page }) => this.#held.has(page));
    const sectors = held.reduce((sum, piece) => sum + piece.sectors, 0);
    left = pieces.length - held.length + Number(sectors > 0);
    if (sectors > 0) this.#access(sectors, partDone);
    for (const piece of pieces) if (!held.includes(piece)) this.#flash.read(piece, partDone);
  }

  /** Takes as much of a write as there is room for. */
  #letIn(request: Waiting): void {
    const out: Piece[] = [];
    let sectors = 0;
    let outSectors = 0;
    while (request.pieces.length > 0 && this.#sectors + outSectors < this.#mostSectors) {
      const piece = request.pieces.shift()!;
      this.#held.set(piece.page, ++this.#writes);
      sectors += piece.sectors;
      if (this.#seen.has(piece.page)) continue;
      this.#seen.add(piece.page);
      outSectors += piece.sectors;
      out.push(piece);
    }
    this.#sectors += outSectors;
    if (sectors > 0) {
      request.accesses++;
      this.#access(sectors, () => {
        if (--request.accesses === 0 && request.pieces.length === 0) request.done();
      });
    }
    for (const piece of out) {
      const write = this.#held.get(piece.page);
      this.#flash.write(piece, () => this.#written(piece, write));
    }
    if (this.#events.nowNs <= this.#forgetNs) return;
    this.#seen.clear();
    this.#forgetNs = this.#events.nowNs + FORGET_NS;
  }

  #written(piece: Piece, write: number | undefined): void {
    this.#sectors -= piece.sectors;
    if (this.#held.get(piece.page) === write) this.#held.delete(piece.page);
    for (let n = 0; n < this.#waiting.length && this.#sectors <= this.#mostSectors;) {
      const request = this.#waiting[n];
      this.#letIn(request);
      if (request.pieces.length === 0) this.#waiting.splice(n, 1);
      else n++;
    }
  }

  /** An access of DRAM to so many sectors, when those before it are done. */
  #access(sectors: number, done: () => void): void {
    const id = this.#freeIds.pop() ?? this.#doneAt.length;
    this.#doneAt[id] = done;
    this.#dramFreeNs = Math.max(this.#dramFreeNs, this.#events.nowNs) + this.#accessNs(sectors);
    this.#events.schedule(this.#dramFreeNs, this.#onDone, id);
  }

  #accessNs(sectors: number): number {
    const { rowBytes, burstBytes, transferNs, openNs, closeNs } = this.#dram;
    const bytes = sectors * SECTOR;
    if (bytes <= rowBytes) {
      return openNs + Math.floor(Math.floor(bytes / burstBytes / 2) * transferNs);
    }
    const rowNs = Math.floor((rowBytes / burstBytes / 2) * transferNs + closeNs);
    const rest = Math.floor((bytes % rowBytes) / (burstBytes * transferNs));
    return 2 * openNs + rowNs * Math.floor(bytes / rowBytes / 2) + rest;
  }
}
