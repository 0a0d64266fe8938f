/** Prints docs/VALIDATION-LATER.md anew: `npx tsx test/validation/later-drives-document.ts`. */

import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { laterDrivesDocument } from './later-drives.ts';

const path = new URL('../../docs/VALIDATION-LATER.md', import.meta.url);
writeFileSync(path, await format(laterDrivesDocument(), { parser: 'markdown' }));
