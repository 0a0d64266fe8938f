/** Every way out of memory. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { around } from './around.ts';
import { batch, sorted } from './batch.ts';
import { flusher } from './flusher.ts';
import { linux32, nokswapd } from './linux-3.2.ts';
import { linux311 } from './linux-3.11.ts';
import { linux411 } from './linux-4.11.ts';
import { linux616 } from './linux-6.16.ts';
import { flushforward, nodirect } from './nodirect.ts';
import { none } from './none.ts';
import { range } from './range.ts';
import type { PageoutWay } from './way.ts';
import { linux2634, writepage } from './writepage.ts';

export const pageoutWays: ReadonlyMap<string, PageoutWay> = new Map(
  [
    writepage,
    linux2634,
    batch,
    sorted,
    range,
    around,
    nodirect,
    flushforward,
    flusher,
    linux32,
    nokswapd,
    linux311,
    linux411,
    linux616,
    none,
  ].map((way) => [way.name, way]),
);

/**
 * A way by name.
 * @throws InputError with the nearest name
 */
export function findWay(name: string): PageoutWay {
  const way = pageoutWays.get(name);
  if (way !== undefined) return way;
  throw new InputError(
    `no way of writing out is called "${name}"; expected one of ${[...pageoutWays.keys()].join(', ')}` +
      nearestHint(name, pageoutWays.keys()),
  );
}
