/**
 * Every fio option disktime models: its name, how it is read, and what it does. Job files, help and
 * documentation all go by this one table. Meanings and defaults are fio's (HOWTO, fio 3.x).
 */

import * as v from './values.ts';

export interface Option<T> {
  parse: v.ParseValue<T>;
  /** One line for help and documentation. */
  doc: string;
  /** Other names fio knows it by. */
  aliases?: readonly string[];
  /** May stand without a value. */
  isFlag?: boolean;
}

function option<T>(
  parse: v.ParseValue<T>,
  doc: string,
  more: { aliases?: readonly string[]; isFlag?: boolean } = {},
): Option<T> {
  return { parse, doc, ...more };
}

const flag = { isFlag: true };

/** What a job does. */
export const jobOptions = {
  rw: option(
    v.oneOf(
      'read',
      'write',
      'randread',
      'randwrite',
      'rw',
      'readwrite',
      'randrw',
      'trim',
      'randtrim',
      'trimwrite',
      'randtrimwrite',
    ),
    'IO pattern: read, write, randread, randwrite, rw, randrw (default read)',
    { aliases: ['readwrite'] },
  ),
  rwmixread: option(v.whole(0, 100), 'percentage of a mixed workload that is reads (default 50)'),
  rwmixwrite: option(v.whole(0, 100), 'percentage of a mixed workload that is writes'),
  bs: option(v.perDirection(v.blockSize), 'block size, or read,write sizes (default 4k)', {
    aliases: ['blocksize'],
  }),
  bsrange: option(v.perDirection(v.blockRange), 'smallest-largest block size', {
    aliases: ['blocksize_range'],
  }),
  bssplit: option(v.perDirection(v.blockSplit), 'block sizes with percentages: 4k/60:64k/40'),
  size: option(v.wholeSize, 'bytes each clone of the job covers, over all of its files'),
  io_size: option(v.wholeSize, 'bytes of IO each clone does, when that is not `size`', {
    aliases: ['io_limit'],
  }),
  filesize: option(v.wholeSize, 'size of each file'),
  offset: option(v.offset, 'where in each file IO begins: bytes, or N% of `size`'),
  number_ios: option(v.count, 'stop after this many reads and writes'),
  loops: option(v.whole(1), 'do the whole job this many times (default 1)'),
  numjobs: option(v.whole(1, 10_000), 'clones of the job, each a program of its own (default 1)'),
  nrfiles: option(v.whole(1, 1_000_000), 'files each clone spreads its size over (default 1)'),
  file_service_type: option((text, name, place) => {
    const [kind, every] = text.split(':');
    return {
      kind: v.oneOf('roundrobin', 'random', 'sequential')(kind, name, place),
      every: every === undefined ? 1 : v.whole(1)(every, name, place),
    };
  }, 'which file is next: roundrobin, random or sequential, and :N IOs before a switch'),
  filename: option(v.names, 'file names separated by ":", the same for all clones'),
  directory: option(v.text, 'prefix of file names'),
  ioengine: option(
    v.oneOf(
      'psync',
      'sync',
      'vsync',
      'pvsync',
      'pvsync2',
      'libaio',
      'posixaio',
      'io_uring',
      'mmap',
    ),
    'how IO is issued; all are buffered calls here, and mmap stores into a shared mapping',
  ),
  direct: option(v.boolean, 'must be 0: IO goes through the page cache'),
  buffered: option(v.boolean, 'must be 1: IO goes through the page cache'),
  sync: option(
    v.oneOf('0', '1', 'none', 'sync', 'dsync'),
    'O_SYNC or O_DSYNC: every write is followed by its sync (default none)',
  ),
  overwrite: option(v.boolean, 'lay files out before writing (default 0)'),
  fallocate: option(
    v.oneOf('none', 'native', 'posix', 'keep', 'truncate', '0', '1'),
    'whether space is reserved in one piece before writing (default native)',
  ),
  randseed: option(v.whole(0, 0xffff_ffff), 'seed of the job’s random streams (default 1)'),
  random_distribution: option(v.distribution, 'random, zipf:THETA or pareto:H (default random)'),
  norandommap: option(v.boolean, 'random offsets may repeat before all are covered', flag),
  fsync: option(v.count, 'fsync after this many writes; 0 never (default 0)'),
  fdatasync: option(v.count, 'fdatasync after this many writes; 0 never (default 0)'),
  end_fsync: option(v.boolean, 'fsync every file when the job is done (default 0)'),
  fsync_on_close: option(v.boolean, 'fsync a file when it is closed (default 0)'),
  unlink: option(v.boolean, 'unlink the files when the job is done (default 0)'),
  time_based: option(v.boolean, 'go on until `runtime` is over', flag),
  runtime: option(v.time('s'), 'stop after this long'),
  ramp_time: option(v.time('s'), 'run this long before `runtime` begins to count'),
  startdelay: option(v.timeRange, 'begin this much later, or within a range: 1s-5s', {
    aliases: ['start_delay'],
  }),
  thinktime: option(v.time('us'), 'pause between blocks of IO'),
  thinktime_blocks: option(v.count, 'IOs between two pauses (default 1)'),
  rate: option(v.perDirection(v.size), 'at most so many bytes a second'),
  rate_iops: option(v.perDirection(v.count), 'at most so many IOs a second'),
  lockmem: option(v.size, 'memory each clone pins, as mlock does: pressure on the page cache'),
  stonewall: option(v.boolean, 'wait for all earlier jobs to end', {
    isFlag: true,
    aliases: ['wait_for_previous'],
  }),
};

/** disktime's extensions: the machine the jobs run on. They belong in [global]. */
export const machineOptions = {
  disktime_mem: option(v.positiveSize, 'memory of the simulated machine'),
  disktime_device: option(v.text, 'drive, by name or path of its profile'),
  disktime_way: option(v.text, 'how reclaim writes dirty pages out'),
  disktime_scheduler: option(v.text, 'elevator of the block layer'),
  disktime_dirty_ratio: option(v.whole(0, 100), 'vm.dirty_ratio, percent'),
  disktime_dirty_background_ratio: option(v.whole(0, 100), 'vm.dirty_background_ratio, percent'),
};

type Values<O> = { [K in keyof O]?: O[K] extends Option<infer T> ? T : never };

export type JobValues = Values<typeof jobOptions>;
export type MachineValues = Values<typeof machineOptions>;

/** Options by every name they have. */
export function byEveryName(table: Record<string, Option<unknown>>): Map<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, { aliases = [] }]) =>
      [name, ...aliases].map((each) => [each, name] as const),
    ),
  );
}
