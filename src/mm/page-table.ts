/**
 * The page table: one row a page frame, in typed arrays named by the frame's number.
 *
 * A frame is in one of four places: free (the buddy allocator's), in the page cache or in the swap
 * cache (it has an inode and an index), mapped anonymous memory (the same: its region counts as an
 * inode), or pinned: taken by the kernel or for huge pages, and on no list. List links live here
 * too, so that moving a page between lists allocates nothing.
 */

/** Page flags, the kernel's PG_* by name. */
export const Page = {
  dirty: 1,
  writeback: 2,
  locked: 4,
  referenced: 8,
  active: 16,
  /** On an LRU list (a page taken off for reclaim is not). */
  lru: 32,
  /** Rotate to the tail of the inactive list when its write-back ends. */
  reclaim: 64,
  uptodate: 128,
  /** Taken for good, and on no LRU list: the kernel's own, huge or locked pages. */
  pinned: 256,
  /** Reclaim met it dirty since it was last cleaned: someone asked for its write-out. */
  wanted: 512,
  /** Free, within a block of the buddy allocator. */
  free: 1024,
  /** On a reclaim batch's private list of dirty pages. */
  deferred: 2048,
  /** Private memory of a process. */
  anon: 4096,
  /** Anonymous or tmpfs: its place on a disk is swap, its lists are the anonymous ones. */
  swapBacked: 8192,
  /** In the swap cache: it has a slot in swap. */
  swapCache: 16384,
  /** In a process's page table, and the accessed and dirty bits there. */
  mapped: 32768,
  pteYoung: 65536,
  pteDirty: 131072,
  /** Mapped as a program's text (VM_EXEC). */
  executable: 262144,
} as const;

/** The functions that lock pages, for reports. */
export const LockPlace = {
  shrinkPageList: 0,
  writeAround: 1,
  readPage: 2,
  multiPageWriter: 3,
  pageoutWork: 4,
  /** clean_page_list returned early and forgot the page: nobody will unlock it. */
  earlyReturn: 5,
} as const;
export type LockPlace = (typeof LockPlace)[keyof typeof LockPlace];
const PLACE_NAMES = [
  'shrink_page_list',
  'write-around',
  'readpage',
  'a multi-page writer',
  'a pageout work',
  'clean_page_list, which returned early',
];

export class PageTable {
  /** Number of page frames. */
  readonly frames: number;
  readonly flags: Uint32Array;
  /** Inode number of a page-cache, swap-cache or mapped anonymous page; -1 otherwise. */
  readonly inode: Int32Array;
  /** Page index within its file, its region or swap. */
  readonly index: Int32Array;
  /** Slot of a page in the swap cache; empty on a machine without swap. */
  readonly slot: Int32Array;
  /** Task that has the page locked; -1 for none, or when its IO will unlock it. */
  readonly lockOwner: Int32Array;
  /** Where it was locked, a `LockPlace`. */
  readonly lockPlace: Uint8Array;
  /** Number of the zone a frame lies in. */
  readonly zone: Uint8Array;
  /** Number of the memory cgroup a page is charged to; empty on a machine without any. */
  readonly group: Uint8Array;
  /** List links; entries from `frames` on are the heads of lists. */
  readonly next: Int32Array;
  readonly prev: Int32Array;
  #heads: number;

  /**
   * @param frames number of 4 KiB page frames
   * @param listHeads how many lists will be made over these frames
   */
  constructor(frames: number, listHeads: number, hasSwap = false, hasGroups = false) {
    this.frames = frames;
    this.flags = new Uint32Array(frames);
    this.inode = new Int32Array(frames).fill(-1);
    this.index = new Int32Array(frames);
    this.slot = new Int32Array(hasSwap ? frames : 0);
    this.lockOwner = new Int32Array(frames).fill(-1);
    this.lockPlace = new Uint8Array(frames);
    this.zone = new Uint8Array(frames);
    this.group = new Uint8Array(hasGroups ? frames : 0);
    this.next = new Int32Array(frames + listHeads);
    this.prev = new Int32Array(frames + listHeads);
    this.#heads = frames;
  }

  /** A new, empty list. */
  newList(): PageList {
    if (this.#heads === this.next.length) throw new RangeError('page table: out of list heads');
    return new PageList(this, this.#heads++);
  }

  /** The name of the function that locked a page. */
  lockedIn(frame: number): string {
    return PLACE_NAMES[this.lockPlace[frame]];
  }

  has(frame: number, flag: number): boolean {
    return (this.flags[frame] & flag) !== 0;
  }

  set(frame: number, flag: number): void {
    this.flags[frame] |= flag;
  }

  clear(frame: number, flag: number): void {
    this.flags[frame] &= ~flag;
  }
}

/** A doubly linked list of page frames. Head is the young end, tail the old one, as on an LRU. */
export class PageList {
  size = 0;
  readonly #next: Int32Array;
  readonly #prev: Int32Array;
  readonly #head: number;

  constructor(table: PageTable, head: number) {
    this.#next = table.next;
    this.#prev = table.prev;
    this.#head = head;
    this.#next[head] = head;
    this.#prev[head] = head;
  }

  /** The oldest page, or -1. */
  tail(): number {
    const last = this.#prev[this.#head];
    return last === this.#head ? -1 : last;
  }

  /** The youngest page, or -1. */
  head(): number {
    const first = this.#next[this.#head];
    return first === this.#head ? -1 : first;
  }

  addHead(frame: number): void {
    this.#insertAfter(this.#head, frame);
  }

  addTail(frame: number): void {
    this.#insertAfter(this.#prev[this.#head], frame);
  }

  /** Takes a page that is on this list off it. */
  remove(frame: number): void {
    const before = this.#prev[frame];
    const after = this.#next[frame];
    this.#next[before] = after;
    this.#prev[after] = before;
    this.size--;
  }

  /** The next older page than `frame`, or -1. */
  older(frame: number): number {
    const after = this.#next[frame];
    return after === this.#head ? -1 : after;
  }

  /** The next younger page than `frame`, or -1. */
  younger(frame: number): number {
    const before = this.#prev[frame];
    return before === this.#head ? -1 : before;
  }

  #insertAfter(before: number, frame: number): void {
    const after = this.#next[before];
    this.#next[before] = frame;
    this.#prev[frame] = before;
    this.#next[frame] = after;
    this.#prev[after] = frame;
    this.size++;
  }
}
