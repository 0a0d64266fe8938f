/**
 * The electronic half of a DiskSim disk: `disksim_disk`'s overheads, buffer and bus, as our
 * `overhead`, `cache`, `writeCache`, `queue` and `link`.
 *
 * What the keys mean is taken from the DiskSim 4.0 Reference Manual (CMU-PDL-08-101, section 8.2).
 */

import type { Account, Fate } from './account.ts';
import type { HddInput } from './model.ts';
import type { Block } from './parameters.ts';

const READ_AHEAD = ['none', 'track-end', 'cylinder-end', 'segment-beyond', 'next-track'] as const;

/** Keys that say nothing of a drive's timing, or nothing this model could lack. */
const NO_EFFECT: Readonly<Record<string, string>> = {
  'Print stats': "DiskSim's own output",
  'Avg sectors per cylinder': "a hint to DiskSim's schedulers; the layout is known exactly",
  'Calc sector by sector': 'time is always computed exactly',
  'Cylinder mapping strategy': 'positioning is always computed exactly',
};

/** Keys without a counterpart, and the value with which nothing is lost by that. */
const NO_COUNTERPART: readonly (readonly [string, number, string])[] = [
  ['Allow almost read hits', 0, 'a partial hit is never taken for one'],
  ['Allow sneaky full read hits', 0, 'requests behind another are not answered early'],
  ['Allow sneaky partial read hits', 0, 'requests behind another are not answered early'],
  ['Allow sneaky intermediate read hits', 0, 'requests behind another are not answered early'],
  ['Allow write prebuffering', 0, "a waiting write's data is not fetched early"],
  ['Preseeking level', 0, 'the arm moves when the medium is free'],
  ['Disconnect write if seek', 0, 'the link is given up while the arm moves'],
  ['Stop prefetch in sector', 1, 'reading ahead stops at once; at most a sector is lost'],
  ['Read directly to buffer', 1, 'data is always buffered'],
  ['Immed transfer partial hit', 1, 'what the buffer holds is sent at once'],
  ['Combine seq writes', 1, 'adjacent dirty sectors are one range'],
  ['Write hit stop prefetch', 1, 'reading ahead into sectors being written stops'],
];

/** Notes every key of a row as carried to `path`, and gives the numbers. */
class Carrier {
  readonly #disk: Block;
  readonly #account: Account;

  constructor(disk: Block, account: Account) {
    this.#disk = disk;
    this.#account = account;
  }

  number(key: string, path: string, byDefault = 0): number {
    this.note(key, 'carried', path);
    return this.#disk.number(key, byDefault);
  }

  count(key: string, path: string, byDefault = 0): number {
    this.note(key, 'carried', path);
    return this.#disk.count(key, byDefault);
  }

  flag(key: string, path: string, byDefault = 0): boolean {
    const value = this.count(key, path, byDefault);
    if (value > 1) this.#disk.fail(key, '0 or 1');
    return value === 1;
  }

  note(key: string, fate: Fate, note: string): void {
    if (this.#disk.entries.has(key)) this.#account.note(this.#disk, key, fate, note);
  }

  has(key: string): boolean {
    return this.#disk.entries.has(key);
  }
}

type Controller = Pick<HddInput, 'overhead' | 'cache' | 'writeCache' | 'queue' | 'link'>;

/** The controller's share of a profile. @throws InputError */
export function controllerOf(disk: Block, account: Account): Controller {
  const carry = new Carrier(disk, account);
  for (const [key, why] of Object.entries(NO_EFFECT)) carry.note(key, 'no effect', why);
  for (const [key, neutral, why] of NO_COUNTERPART) {
    if (!carry.has(key)) continue;
    carry.note(key, disk.number(key) === neutral ? 'no effect' : 'no counterpart', why);
  }
  return {
    overhead: overheadOf(disk, carry),
    ...bufferOf(disk, carry),
    queue: queueOf(disk, account, carry),
    link: {
      sector_us: 1000 * carry.number('Bulk sector transfer time', 'link.sector_us'),
      neverDisconnect: carry.flag('Never disconnect', 'link.neverDisconnect'),
      reconnect_share: reconnectOf(disk, carry),
      writeStart_sectors: writeStartOf(disk, carry),
    },
  };
}

function overheadOf(disk: Block, carry: Carrier): HddInput['overhead'] {
  const scale = carry.number('Time scale for overheads', 'overhead: factor of all', 1);
  const each = scale * carry.number('Per-request overhead time', 'overhead: added to all eight');
  const time = (key: string, path: string): number =>
    scale * carry.number(key, `overhead.${path}_ms`);
  const after = (key: string, path: string) => ({
    afterRead_ms: each + time(`${key} over. after read`, `${path}.afterRead`),
    afterWrite_ms: each + time(`${key} over. after write`, `${path}.afterWrite`),
  });
  const extra = 'Extra write disconnect';
  const isExtra = carry.has(extra) && disk.count(extra) > 0;
  carry.note(extra, 'carried', 'overhead.extraDisconnect');
  const extraDisconnect = {
    command_ms: time('Extradisc command overhead', 'extraDisconnect.command'),
    first_ms: time('Extradisc disconnect overhead', 'extraDisconnect.first'),
    between_ms: time('Extradisc inter-disconnect delay', 'extraDisconnect.between'),
    second_ms: time('Extradisc 2nd disconnect overhead', 'extraDisconnect.second'),
    seekDelta_ms: time('Extradisc seek delta', 'extraDisconnect.seekDelta'),
  };
  return {
    readHit: after('Read hit', 'readHit'),
    readMiss: after('Read miss', 'readMiss'),
    writeHit: after('Write hit', 'writeHit'),
    writeMiss: after('Write miss', 'writeMiss'),
    readCompletion_ms: time('Read completion overhead', 'readCompletion'),
    writeCompletion_ms: time('Write completion overhead', 'writeCompletion'),
    dataPreparation_ms: time('Data preparation overhead', 'dataPreparation'),
    firstReselect_ms: time('First reselect overhead', 'firstReselect'),
    otherReselect_ms: time('Other reselect overhead', 'otherReselect'),
    readDisconnect: {
      afterRead_ms: time('Read disconnect afterread', 'readDisconnect.afterRead'),
      afterWrite_ms: time('Read disconnect afterwrite', 'readDisconnect.afterWrite'),
    },
    writeDisconnect_ms: time('Write disconnect overhead', 'writeDisconnect'),
    extraDisconnect: isExtra ? extraDisconnect : undefined,
  };
}

function bufferOf(disk: Block, carry: Carrier): Pick<Controller, 'cache' | 'writeCache'> {
  const segments = carry.count('Number of buffer segments', 'cache.segments');
  const segment_sectors = carry.count('Segment size (in blks)', 'cache.segment_sectors', 1);
  const writeSegments = Math.max(
    1,
    carry.count('Maximum number of write segments', 'writeCache.extents', 1),
  );
  const enabled = carry.count('Enable caching in buffer', 'cache.segments, writeCache', 1);
  if (enabled > 2) disk.fail('Enable caching in buffer', '0, 1 or 2');
  const continuous = READ_AHEAD[carry.count('Buffer continuous read', 'cache.readAhead')];
  if (continuous === undefined) disk.fail('Buffer continuous read', '0..4');
  const fast = carry.count('Fast write level', 'writeCache.acknowledge');
  if (fast > 2) disk.fail('Fast write level', '0, 1 or 2');
  const readAheadMax = carry.count('Maximum read-ahead (blks)', 'cache.readAheadMax_sectors');
  const overRequested = carry.number(
    'Read-ahead over requested',
    'cache.readAheadOverRequested, and the limit where none is given',
  );
  const ownSegment = carry.flag('Use separate write segment', 'writeCache.ownSegment');
  return {
    cache: {
      // 2 is a buffer that holds data on its way and is no cache, but reads ahead.
      segments: enabled === 0 ? 0 : Math.max(1, segments - (ownSegment ? 1 : 0)),
      segment_sectors,
      // Without a limit reading ahead fills the segment: what was asked for counts where it is kept.
      readAhead:
        readAheadMax === 0 && continuous === 'segment-beyond' && overRequested === 0
          ? 'segment-full'
          : continuous,
      readAheadMin_sectors: carry.count('Minimum read-ahead (blks)', 'cache.readAheadMin_sectors'),
      readAheadMax_sectors: readAheadMax === 0 ? segment_sectors : readAheadMax,
      readAheadOverRequested: overRequested === 1,
      readAheadOnHit: carry.flag('Read-ahead on idle hit', 'cache.readAheadOnHit'),
      hitsOnWrites: carry.flag('Allow read hits on write data', 'cache.hitsOnWrites'),
      readsFreeSectors: carry.flag('Read any free blocks', 'cache.readsFreeSectors'),
    },
    writeCache: {
      acknowledge: fast === 0 ? 'medium' : 'buffer',
      size_sectors: writeSegments * segment_sectors,
      extents: writeSegments,
      ownSegment,
      combine: true,
      idle_ms: 0,
      high_share: 1,
      low_share: 1,
      window: 1,
      destageMax_sectors: Math.max(1, segment_sectors),
    },
  };
}

/**
 * The share of a read that must be buffered before the link is taken. A drive that does not hold the
 * link while it waits for data takes it when there is nothing left to wait for.
 */
function reconnectOf(disk: Block, carry: Carrier): number {
  const hold = 'Hold bus entire read xfer';
  const isHeld = disk.count(hold, 1) === 1;
  const reqsize = 'Set watermark by reqsize';
  const high = 'High (read) water mark';
  const path = 'link.reconnect_share';
  carry.note(hold, 'approximated', `${path}: 1 where the link is not held`);
  for (const key of [reqsize, high]) {
    carry.note(key, isHeld ? 'carried' : 'no effect', path);
  }
  const share = disk.number(high, 0);
  if (isHeld && share > 0 && disk.count(reqsize, 0) === 0) {
    carry.note(reqsize, 'approximated', `${path}: of the request, where it is of the segment`);
  }
  const low = 'Low (write) water mark';
  carry.note(
    low,
    disk.number(low, 0) === 0 ? 'no effect' : 'no counterpart',
    'of effect only on writes larger than the buffer',
  );
  return isHeld ? Math.min(1, share) : 1;
}

/**
 * How much of a write must have come before the medium takes its first sector. Ten sectors is what
 * DiskSim's buffer asks of the HP drives (disk_buffer_block_available); a drive that holds the link
 * for all of a write takes all of it first.
 */
function writeStartOf(disk: Block, carry: Carrier): number {
  const key = 'Hold bus entire write xfer';
  const isHeld = disk.count(key, 0) === 1;
  carry.note(
    key,
    'approximated',
    'link.writeStart_sectors: the whole buffer where it is held, else 10',
  );
  const segments = disk.count('Number of buffer segments');
  return isHeld ? Math.max(1, segments * disk.count('Segment size (in blks)')) : 10;
}

function queueOf(disk: Block, account: Account, carry: Carrier): HddInput['queue'] {
  const depth = Math.max(1, carry.count('Max queue length', 'queue.depth', 1));
  const byDefault = { depth, order: 'fifo' as const };
  if (!carry.has('Scheduler')) return byDefault;
  const scheduler = disk.block('Scheduler');
  const policy = scheduler.count('Scheduling policy', 1);
  carry.note('Scheduler', 'carried', 'queue');
  for (const key of scheduler.entries.keys()) {
    const isOff = scheduler.entries.get(key)?.value === '0' || Number(scheduler.word(key)) === 0;
    const note = depth === 1 ? 'a queue of one has no order' : 'not modelled';
    const fate = depth === 1 || isOff ? 'no effect' : 'no counterpart';
    account.note(scheduler, key, fate, note);
  }
  const key = 'Scheduling policy';
  if (policy === 1) account.note(scheduler, key, 'carried', 'queue.order: fifo');
  else {
    const note = 'queue.order: positioning, whatever the policy';
    account.note(scheduler, key, depth === 1 ? 'no effect' : 'approximated', note);
  }
  return { depth, order: policy === 1 ? 'fifo' : 'positioning' };
}
