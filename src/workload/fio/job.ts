/**
 * One job of a job file with every default filled in: what its clones do, in the units of the
 * simulation. From fio's options to plain numbers, and nothing of fio's syntax beyond here.
 */

import { InputError, type InputErrorPlace } from '../../sim/input-error.ts';
import { PAGE_BYTES } from '../../sim/units.ts';
import type { JobValues } from './options.ts';
import type { BlockSizes, Distribution, PerDirection } from './values.ts';

export interface Job {
  name: string;
  reads: boolean;
  writes: boolean;
  isRandom: boolean;
  /** Percentage of reads when it does both. */
  readPercent: number;
  blockSizes: PerDirection<BlockSizes>;
  /** What each clone does in one loop, bytes. */
  ioBytes: number;
  numberIos: number;
  loops: number;
  clones: number;
  files: JobFiles;
  isMmap: boolean;
  distribution: Distribution;
  hasRandomMap: boolean;
  seed: number;
  /** Writes between two fsyncs; 0 never. */
  fsyncEvery: number;
  endFsync: boolean;
  fsyncOnClose: boolean;
  unlink: boolean;
  isTimeBased: boolean;
  /** Ramp time and runtime together; Infinity without a limit. */
  runtimeNs: number;
  startDelayNs: [number, number];
  thinkNs: number;
  thinkEvery: number;
  bytesPerSecond: PerDirection<number>;
  iosPerSecond: PerDirection<number>;
  lockedBytes: number;
  waitsForEarlier: boolean;
}

/** The files each clone works on. */
export interface JobFiles {
  count: number;
  /** Given names, the same for every clone; otherwise fio's `job.clone.file`. */
  names: string[] | undefined;
  directory: string;
  /** Where IO begins in each, and how many bytes of each are worked on. */
  startBytes: number;
  bytes: number;
  /** They lie on the disk, in one piece, before the job begins. */
  isLaidOut: boolean;
  service: 'roundrobin' | 'random' | 'sequential';
  serviceEvery: number;
}

const DEFAULT_BLOCK: BlockSizes = { bytes: [4096], shares: [1], isRange: false };

/** @param where the job's section, and the line of an option given in it or in [global] */
export interface JobPlace {
  section: InputErrorPlace;
  of(option: keyof JobValues): InputErrorPlace;
}

/**
 * Fills in fio's defaults, and refuses what makes no sense together.
 * @throws InputError naming file and line
 */
export function resolveJob(name: string, values: JobValues, place: JobPlace): Job {
  const rw = values.rw ?? 'read';
  if (rw.includes('trim')) {
    throw new InputError(
      `rw: ${rw}: trim is not for buffered files yet; expected read, write, randread, randwrite, rw or randrw`,
      place.of('rw'),
    );
  }
  refuseDirect(values, place);
  const mixed = rw === 'rw' || rw === 'readwrite' || rw === 'randrw';
  const reads = mixed || rw.endsWith('read');
  const writes = mixed || rw.endsWith('write');
  const blockSizes = resolveBlockSizes(values);
  const files = resolveFiles(name, values, writes && !reads, blockSizes.write, place);
  const syncsEach = values.sync !== undefined && values.sync !== '0' && values.sync !== 'none';
  const every = values.fsync || values.fdatasync || 0;
  if (values.time_based === true && values.runtime === undefined) {
    throw new InputError('time_based needs a runtime, such as runtime=30s', place.of('time_based'));
  }
  return {
    name,
    reads,
    writes,
    isRandom: rw.startsWith('rand'),
    readPercent:
      values.rwmixread ?? (values.rwmixwrite === undefined ? 50 : 100 - values.rwmixwrite),
    blockSizes,
    ioBytes: values.io_size ?? values.size ?? files.bytes * files.count,
    numberIos: values.number_ios || Infinity,
    loops: values.loops ?? 1,
    clones: values.numjobs ?? 1,
    files,
    isMmap: values.ioengine === 'mmap',
    distribution: values.random_distribution ?? { kind: 'random' },
    hasRandomMap:
      values.norandommap !== true &&
      (values.random_distribution ?? { kind: 'random' }).kind === 'random',
    seed: values.randseed ?? 1,
    fsyncEvery: syncsEach ? 1 : every,
    endFsync: values.end_fsync ?? false,
    fsyncOnClose: values.fsync_on_close ?? false,
    unlink: values.unlink ?? false,
    isTimeBased: values.time_based ?? false,
    runtimeNs: values.runtime ? values.runtime + (values.ramp_time ?? 0) : Infinity,
    startDelayNs: values.startdelay ?? [0, 0],
    thinkNs: values.thinktime ?? 0,
    thinkEvery: values.thinktime_blocks || 1,
    bytesPerSecond: limits(values.rate),
    iosPerSecond: limits(values.rate_iops),
    lockedBytes: values.lockmem ?? 0,
    waitsForEarlier: values.stonewall ?? false,
  };
}

function refuseDirect(values: JobValues, place: JobPlace): void {
  const isDirect = values.direct === true;
  if (!isDirect && values.buffered !== false) return;
  const option = isDirect ? 'direct' : 'buffered';
  throw new InputError(
    `${option}: direct IO bypasses the page cache, which these jobs are about; set direct=0, or replay ` +
      `the requests as a block trace`,
    place.of(option),
  );
}

function limits(rate: JobValues['rate']): PerDirection<number> {
  return { read: rate?.read || Infinity, write: rate?.write || Infinity };
}

/** bssplit goes before bsrange, and bsrange before bs, as in fio. */
function resolveBlockSizes({ bs, bsrange, bssplit }: JobValues): PerDirection<BlockSizes> {
  return {
    read: bssplit?.read ?? bsrange?.read ?? bs?.read ?? DEFAULT_BLOCK,
    write: bssplit?.write ?? bsrange?.write ?? bs?.write ?? DEFAULT_BLOCK,
  };
}

function resolveFiles(
  name: string,
  values: JobValues,
  onlyWrites: boolean,
  writeSizes: BlockSizes,
  place: JobPlace,
): JobFiles {
  const count = Math.max(values.nrfiles ?? 1, values.filename?.length ?? 0);
  if (values.filename !== undefined && count > values.filename.length) {
    throw new InputError(
      `nrfiles: ${count} files, but filename names ${values.filename.length}`,
      place.of('nrfiles'),
    );
  }
  if (values.size === undefined && values.filesize === undefined) {
    throw new InputError(`job "${name}" needs a size, such as size=64m`, place.section);
  }
  const { offset, filesize } = values;
  // An offset in percent is of the size given for the file.
  const share = Math.floor((values.size ?? 0) / count);
  const startBytes =
    offset?.percent === undefined
      ? (offset?.bytes ?? 0)
      : Math.floor(((filesize ?? share) * offset.percent) / 100 / PAGE_BYTES) * PAGE_BYTES;
  if (filesize !== undefined && startBytes >= filesize) {
    throw new InputError(
      `offset: ${startBytes} is not within filesize ${filesize}`,
      place.of('offset'),
    );
  }
  const bytes = filesize === undefined ? share : filesize - startBytes;
  const smallest = Math.min(...writeSizes.bytes);
  if (bytes < smallest) {
    throw new InputError(
      `job "${name}": each of its ${count} files gets ${bytes} bytes, less than one block of ${smallest}`,
      place.section,
    );
  }
  // Reserved space is laid out space, except that a page half written is not read back first: so
  // where blocks are not whole pages, a file that is only written begins empty.
  const wholePages = writeSizes.bytes.every((each) => each % PAGE_BYTES === 0);
  const fallocate = values.fallocate ?? 'native';
  const isReserved = fallocate !== 'none' && fallocate !== '0' && fallocate !== 'truncate';
  const { kind: service, every: serviceEvery } = values.file_service_type ?? {
    kind: 'roundrobin',
    every: 1,
  };
  return {
    count,
    names: values.filename,
    directory: values.directory ?? '',
    startBytes,
    bytes,
    isLaidOut: !onlyWrites || values.overwrite === true || (isReserved && wholePages),
    service,
    serviceEvery,
  };
}

/** The files of one clone, by fio's default format `jobname.jobnum.filenum`. */
export function fileNames(job: Job, clone: number): string[] {
  const { names, directory, count } = job.files;
  const prefix = directory === '' || directory.endsWith('/') ? directory : `${directory}/`;
  return Array.from(
    { length: count },
    (_, file) => prefix + (names?.[file] ?? `${job.name}.${clone}.${file}`),
  );
}
