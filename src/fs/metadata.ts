/**
 * Metadata blocks that are dirty in the disk's own page cache: inode tables, bitmaps, indirect
 * blocks; after a commit, what the journal holds until it is written in place. They are written
 * one block a bio, in ascending order, when they are older than the flusher's age limit, when
 * someone syncs, or when the journal needs the room.
 *
 * They take no page of the simulated memory: a file system's worth of them is small (an assumption).
 */

import { BioFlag } from '../block/bio.ts';
import { Op } from '../device/device.ts';
import type { Sleeping } from '../sim/task.ts';
import type { Disk } from './disk.ts';
import type { IoTicket } from './io-ticket.ts';

export class Metadata {
  /** Dirty blocks and when they became so, ns; oldest first. */
  readonly #dirty = new Map<number, number>();
  readonly #disk: Disk;
  /** Blocks written in place. */
  written = 0;
  /** Hears of each block that goes out to its place: the journal whose copy it was. */
  onWritten: (block: number) => void = () => {};

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get dirtyBlocks(): number {
    return this.#dirty.size;
  }

  isDirty(block: number): boolean {
    return this.#dirty.has(block);
  }

  /** mark_buffer_dirty. */
  dirty(block: number): void {
    if (!this.#dirty.has(block)) this.#dirty.set(block, this.#disk.nowNs);
  }

  /** The block is free again, or goes through a journal. */
  forget(block: number): void {
    this.#dirty.delete(block);
  }

  /** Writes what became dirty before `beforeNs`, at most `limit` blocks. How many it wrote. */
  *writeOlder(beforeNs: number, ticket: IoTicket, limit = Infinity): Sleeping<number> {
    const blocks: number[] = [];
    for (const [block, sinceNs] of this.#dirty) {
      if (sinceNs > beforeNs || blocks.length >= limit) break;
      blocks.push(block);
    }
    yield* this.write(blocks, ticket);
    return blocks.length;
  }

  /** Writes these blocks, those that are still dirty; does not wait. */
  *write(blocks: number[], ticket: IoTicket, flags = 0): Sleeping<void> {
    blocks.sort((a, b) => a - b);
    for (const block of blocks) {
      if (!this.#dirty.delete(block)) continue;
      this.written++;
      this.onWritten(block);
      yield* this.#disk.submitBlocks(Op.write, block, 1, flags | BioFlag.meta, ticket);
    }
  }

  /** Writes one block now and waits for it (sync_dirty_buffer). */
  *writeNow(block: number): Sleeping<void> {
    const ticket = this.#disk.ticket('sync_dirty_buffer');
    yield* this.write([block], ticket, BioFlag.sync);
    yield* ticket.wait();
  }

  /** sync_blockdev: everything, and waits. */
  *sync(): Sleeping<void> {
    const ticket = this.#disk.ticket('sync_blockdev');
    yield* this.writeOlder(Infinity, ticket);
    yield* ticket.wait();
  }
}
