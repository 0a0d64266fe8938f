/** `disktime schema`: the JSON Schemas that profiles and scenarios are checked against. */

import { Command } from 'commander';
import * as z from 'zod';
import { profileSchemas } from '../device/registry.ts';
import { InputError, nearestHint } from '../sim/input-error.ts';
import { scenarioSchema } from '../workload/scenario.ts';

/** What a file of this sort may hold, as JSON Schema (draft 2020-12), for editors and checkers. */
export function jsonSchema(of: string): unknown {
  const schemas: Record<string, () => unknown> = {
    // What a person writes (the input), before defaults are filled in.
    profile: () => ({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: "disktime: a drive's profile",
      oneOf: [...profileSchemas().values()].map((schema) => {
        const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
        return rest;
      }),
    }),
    scenario: () => z.toJSONSchema(scenarioSchema, { io: 'input' }),
  };
  const make = schemas[of];
  if (make !== undefined) return make();
  throw new InputError(`no schema is called "${of}"${nearestHint(of, Object.keys(schemas))}`);
}

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a file: profile or scenario')
    .argument('<file>', 'profile or scenario')
    .action((of: string) => {
      process.stdout.write(`${JSON.stringify(jsonSchema(of), null, 2)}\n`);
    });
}
