/** Every file system. A new one is a file and one line here. */

import { InputError, nearestHint } from '../sim/input-error.ts';
import { Btrfs } from './btrfs.ts';
import type { Disk } from './disk.ts';
import { Ext2 } from './ext2.ts';
import { Ext3 } from './ext3.ts';
import { Ext4 } from './ext4.ts';
import type { FileSystem, MountOptions } from './file-system.ts';
import { Tmpfs } from './tmpfs.ts';
import { Xfs, Xfs2011 } from './xfs.ts';

export interface FileSystemKind {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  mount(disk: Disk, blocks: number, options: MountOptions): FileSystem;
}

function kind(
  name: string,
  summary: string,
  Kind: new (disk: Disk, blocks: number, options: MountOptions) => FileSystem,
): FileSystemKind {
  return { name, summary, mount: (disk, blocks, options) => new Kind(disk, blocks, options) };
}

export const fileSystems: ReadonlyMap<string, FileSystemKind> = new Map(
  [
    kind('ext2', 'blocks when written to, multi-page bios from the flusher, no journal', Ext2),
    kind('ext3', 'a journal with ordered data, one page a bio', Ext3),
    kind('ext4', 'delayed allocation, a journal; refuses reclaim what has no block', Ext4),
    kind('xfs', 'delayed allocation, writes what follows along; refuses direct reclaim', Xfs),
    kind('xfs-2011', 'xfs whose ->writepage writes its page alone (Hellwig, June 2011)', Xfs2011),
    kind('btrfs', 'copy on write; refuses whoever reclaims', Btrfs),
    kind('tmpfs', 'in memory, without write-back', Tmpfs),
  ].map((one) => [one.name, one]),
);

/**
 * A file system by name.
 * @throws InputError with the nearest name
 */
export function findFileSystem(name: string): FileSystemKind {
  const found = fileSystems.get(name);
  if (found !== undefined) return found;
  throw new InputError(
    `no file system is called "${name}"; expected one of ${[...fileSystems.keys()].join(', ')}` +
      nearestHint(name, fileSystems.keys()),
  );
}
