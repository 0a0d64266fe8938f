/** Every way out of memory. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { around, around2005 } from './around.ts';
import { around2002 } from './around-2002.ts';
import { batch, sorted } from './batch.ts';
import { flusher } from './flusher.ts';
import { linux32, nokswapd } from './linux-3.2.ts';
import { linux311 } from './linux-3.11.ts';
import { linux411 } from './linux-4.11.ts';
import { linux616 } from './linux-6.16.ts';
import { flushforward, nodirect, nodirectRfc } from './nodirect.ts';
import { none } from './none.ts';
import { pageoutWork, pageoutWorkIgrab } from './pageout-work.ts';
import { range, rangeEarlyReturn } from './range.ts';
import type { PageoutWay } from './way.ts';
import { linux2634, writepage } from './writepage.ts';

export const pageoutWays: ReadonlyMap<string, PageoutWay> = new Map(
  [
    writepage,
    linux2634,
    batch,
    sorted,
    range,
    rangeEarlyReturn,
    around,
    around2005,
    around2002,
    nodirect,
    nodirectRfc,
    flushforward,
    flusher,
    linux32,
    nokswapd,
    pageoutWork,
    pageoutWorkIgrab,
    linux311,
    linux411,
    linux616,
    none,
  ].map((way) => [way.name, way]),
);

/** The names that the history of WRITEOUT.md gives them. */
export const HISTORY: ReadonlyMap<string, string> = new Map([
  ['P0', 'linux-2.6.34'],
  ['P1', 'batch'],
  ['P1s', 'sorted'],
  ['P2', 'range'],
  ['P3', 'around'],
  ['P4', 'nodirect'],
  ['P5', 'flushforward'],
  ['P6', 'linux-3.2'],
  ['P7', 'nokswapd'],
  ['P8', 'pageout-work'],
  ['P9', 'linux-4.11'],
  ['P10', 'linux-6.16'],
]);

/**
 * A way by name, or by its number in the history: P0 to P10.
 * @throws InputError with the nearest name
 */
export function findWay(name: string): PageoutWay {
  const way = pageoutWays.get(HISTORY.get(name) ?? name);
  if (way !== undefined) return way;
  throw new InputError(
    `no way of writing out is called "${name}"; expected one of ${[...pageoutWays.keys()].join(', ')}` +
      nearestHint(name, pageoutWays.keys()),
  );
}
