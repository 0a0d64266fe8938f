/** Prints docs/VALIDATION-SSD.md anew: `npx tsx test/validation/ssd-document.ts`. */

import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { validationDocument } from './ssd-results.ts';

const path = new URL('../../docs/VALIDATION-SSD.md', import.meta.url);
writeFileSync(path, await format(validationDocument(), { parser: 'markdown' }));
