/** `disktime devices`: the drives that can be named. */

import { Command } from 'commander';
import { loadProfile } from '../device/registry.ts';
import { shippedProfiles } from '../device/profile.ts';
import { renderTable } from '../report/table.ts';

export function devicesCommand(): Command {
  return new Command('devices')
    .description('list the drives there are')
    .option('--json', 'as data')
    .action((options: { json?: boolean }) => {
      const drives = [...shippedProfiles().keys()].map((name) => {
        const { kind, title } = loadProfile(name);
        return { name, kind, title };
      });
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ devices: drives }, null, 2)}\n`
          : `${renderTable(
              ['name', 'kind', 'drive'],
              drives.map((drive) => [drive.name, drive.kind, drive.title]),
            )}\n`,
      );
    });
}
