/** Where real drives' measurements are; tests that need them skip loudly where they are not. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const places = [
  fileURLToPath(new URL('../../../shared/validation/', import.meta.url)),
  fileURLToPath(new URL('../../../../shared/validation/', import.meta.url)),
];

/** The folder, with a slash at its end; undefined where it is absent. */
export const validationData = places.find((place) => existsSync(place));

/** What to hand to `test` as its options. */
export const needsData = {
  skip:
    validationData === undefined && 'SKIPPED: ../shared/validation, the measurements, is not here',
};
