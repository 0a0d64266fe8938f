/** Prints docs/VALIDATION-MQSIM.md anew: `npx tsx test/validation/mqsim-document.ts`. */

import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { mqsimDocument } from './mqsim-results.ts';

const path = new URL('../../docs/VALIDATION-MQSIM.md', import.meta.url);
writeFileSync(path, await format(mqsimDocument(), { parser: 'markdown' }));
