/**
 * What handing a page to a file system's writer leads to. Numbers, so that a page costs no object:
 * only the rare steps are generators.
 */
export const Step = {
  /** Taken; go on. */
  done: 0,
  /** Taken, and a bio went out whose submitter must sleep: `yield* waitAdmitted()`. */
  sleeps: 1,
  /** There is something to do that may sleep: `yield* work()`, then go on. */
  work: 2,
  /** Not now: it stays dirty (redirty_page_for_writepage). */
  redirtied: 3,
  /** Not ever from here: keep it off the inactive list (AOP_WRITEPAGE_ACTIVATE). */
  activate: 4,
  /** Not taken yet: `yield* work()`, then offer the same page again if it is still dirty. */
  again: 5,
} as const;
export type Step = (typeof Step)[keyof typeof Step];
