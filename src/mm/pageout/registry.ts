/** Every way out of memory. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { around } from './around.ts';
import { flusher } from './flusher.ts';
import { none } from './none.ts';
import { range } from './range.ts';
import type { PageoutWay } from './way.ts';
import { writepage } from './writepage.ts';

export const pageoutWays: ReadonlyMap<string, PageoutWay> = new Map(
  [writepage, range, around, flusher, none].map((way) => [way.name, way]),
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
