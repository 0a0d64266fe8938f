/**
 * S19: the last iput in reclaim. A file is unlinked and closed while reclaim has its inode grabbed;
 * the reclaimer is a task that holds a journal handle of the same file system, and allocates with
 * __GFP_FS. Removing the inode wants a handle; a commit waits for the one the task has.
 */

import { Ext3 } from '../../fs/ext3.ts';
import type { Machine } from '../../mm/machine.ts';
import { PAGE_BYTES, US } from '../../sim/units.ts';
import { populate } from '../populate.ts';
import type { Race } from './race.ts';

const PAGES = 160;
const FILE_PAGES = 48;

/** Handles do not nest: a task that has one and wants another waits like anyone else. */
class Reserving extends Ext3 {
  protected override get nests(): boolean {
    return false;
  }
}

/** @param unlinks whether the file is unlinked before it is closed, or only closed */
function finalIput(name: string, summary: string, unlinks: boolean): Race {
  return {
    name,
    summary,
    pages: PAGES,
    fileSystem: {
      name: 'reserving',
      summary: 'a journal each of whose transactions reserves log space of its own, as in xfs',
      mount: (disk, blocks, options) => new Reserving(disk, blocks, options),
    },
    start(machine: Machine) {
      const { memory, files } = machine;
      const { journal } = memory.fs as Ext3;
      populate(
        machine,
        {
          files: [
            {
              name: 'temporary',
              size: FILE_PAGES * PAGE_BYTES,
              state: 'dirty',
              count: 1,
              dirty_every: 1,
            },
            { name: 'other', size: 64 * PAGE_BYTES, state: 'clean', count: 1, dirty_every: 1 },
          ],
          lru: 'in-order',
        },
        1,
      );
      const file = files.open('temporary', 0);
      // `populate` keeps a handle of its own: the closer's is to be the last.
      memory.inodes[files.inodeOf(file).number].count--;
      const closer = machine.spawn(
        'closer',
        (function* () {
          yield* memory.useCpu(20 * US);
          if (unlinks) yield* files.unlink('temporary');
          yield* memory.useCpu(2 * US);
          yield* files.close(file);
        })(),
      );
      const reclaimer = machine.spawn(
        'reclaimer',
        (function* () {
          yield* journal.start('a file operation');
          yield* files.allocate(48 * PAGE_BYTES, 3);
          journal.stop();
        })(),
      );
      machine.spawn(
        'kjournald',
        (function* () {
          for (;;) {
            yield* memory.useCpu(30 * US);
            yield* journal.commit('journal_commit_transaction');
          }
        })(),
      );
      return [closer, reclaimer];
    },
  };
}

export const finalIputUnlinked = finalIput(
  'S19',
  'the file is unlinked and closed while a reclaimer with a journal handle writes it',
  true,
);

export const finalIputLinked = finalIput(
  'S19-linked',
  'the same, but the file stays linked: its last iput is cheap',
  false,
);
