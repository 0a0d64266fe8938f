/** A list of inodes in the order in which they were put there: b_dirty, b_io, b_more_io. */

import type { Inode } from './inode.ts';

export class InodeList {
  /** Put there first: the next to be taken. */
  oldest: Inode | undefined;
  youngest: Inode | undefined;
  size = 0;

  get isEmpty(): boolean {
    return this.oldest === undefined;
  }

  /** To the young end, off whatever list it is on. */
  add(inode: Inode): void {
    inode.list?.remove(inode);
    inode.list = this;
    inode.older = this.youngest;
    inode.younger = undefined;
    if (this.youngest === undefined) this.oldest = inode;
    else this.youngest.younger = inode;
    this.youngest = inode;
    this.size++;
  }

  remove(inode: Inode): void {
    if (inode.list !== this) throw new Error(`inode ${inode.number} is not on this list`);
    if (inode.older === undefined) this.oldest = inode.younger;
    else inode.older.younger = inode.younger;
    if (inode.younger === undefined) this.youngest = inode.older;
    else inode.younger.older = inode.older;
    inode.list = undefined;
    inode.older = undefined;
    inode.younger = undefined;
    this.size--;
  }

  /** All of `from` behind what is here, in its order. */
  append(from: InodeList): void {
    for (let inode = from.oldest; inode !== undefined; inode = from.oldest) this.add(inode);
  }

  /** All of `from` in front of what is here, in its order. */
  prepend(from: InodeList): void {
    const mine: Inode[] = [];
    for (let inode = this.oldest; inode !== undefined; inode = inode.younger) mine.push(inode);
    this.append(from);
    for (const inode of mine) this.add(inode);
  }
}
