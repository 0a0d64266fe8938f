/** Writes that the buffer takes: what is in it is acknowledged, what finds no room waits. */

import type { Destage } from './destage.ts';
import { Part, type Explanation } from './explanation.ts';
import type { Link } from './link.ts';
import type { Overhead } from './overhead.ts';
import type { Parts } from './parts.ts';
import type { ReadCache } from './read-cache.ts';
import type { Requests } from './requests.ts';
import { TagFifo } from './tag-fifo.ts';
import type { EventQueue } from '../../sim/events.ts';

export class WriteBuffer {
  /** When the last command came, or the data of the last write was in the buffer, ns. */
  lastCommandNs = 0;
  /** Writes that wait for room. */
  readonly waiting: TagFifo;
  readonly #events: EventQueue;
  readonly #requests: Requests;
  readonly #readCache: ReadCache;
  readonly #destage: Destage;
  readonly #link: Link;
  readonly #overhead: Overhead;
  readonly #explanation: Explanation | undefined;

  constructor(depth: number, parts: Parts) {
    this.waiting = new TagFifo(depth);
    this.#events = parts.events;
    this.#requests = parts.requests;
    this.#readCache = parts.readCache;
    this.#destage = parts.destage;
    this.#link = parts.link;
    this.#overhead = parts.overhead;
    this.#explanation = parts.explanation;
  }

  /** Takes in a write that the buffer can hold; false when it has to wait for room. */
  takes(tag: number): boolean {
    if (this.waiting.length === 0 && this.#destage.hasRoom(this.#requests.sectors[tag])) {
      this.#take(tag);
      return true;
    }
    this.waiting.push(tag);
    return false;
  }

  /** Takes in the waiting writes that there is room for by now. */
  admit(): void {
    while (this.waiting.length > 0) {
      const tag = this.waiting.peek();
      if (!this.#destage.hasRoom(this.#requests.sectors[tag])) return;
      this.waiting.shift();
      this.#take(tag);
    }
  }

  /** Takes a write's data into the buffer, which has room for it, and acknowledges it. */
  #take(tag: number): void {
    const destage = this.#destage;
    const link = this.#link;
    const overhead = this.#overhead;
    const readCache = this.#readCache;
    const requests = this.#requests;
    const { nowNs } = this.#events;
    const lbn = requests.lbn[tag];
    const endLbn = lbn + requests.sectors[tag];
    // Writes follow on a write, as the overheads mean it, only until that one is on the medium:
    // measured back to back they differ; seconds apart real drives take the time after a read.
    if (!destage.isBusy()) overhead.afterWrite = 0;
    const overheadNs = overhead.commandNs[overhead.kind(true, false)] + overhead.dataNs;
    overhead.afterWrite = 1;
    readCache.lbn = lbn;
    readCache.endLbn = endLbn;
    readCache.forget();
    link.fromNs = nowNs + overheadNs;
    link.transfer(requests.linked(tag), true);
    readCache.bufferedNs = link.doneNs;
    readCache.keepWritten();
    destage.lbn = lbn;
    destage.endLbn = endLbn;
    destage.arrivedNs = link.doneNs;
    destage.add();
    this.lastCommandNs = link.doneNs;
    if (this.#explanation !== undefined) {
      this.#explanation.add(tag, Part.overhead, overheadNs);
      this.#explanation.add(tag, Part.destage, nowNs - requests.readyNs[tag]);
    }
    requests.doneNs = link.doneNs + overhead.writeCompletionNs;
    requests.complete(tag);
  }
}
