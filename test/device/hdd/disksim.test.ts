/** DiskSim's parameter files: what is read, what is reported, and where mistakes are. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { importDisksim } from '../../../src/device/hdd/disksim/import.ts';
import { InputError } from '../../../src/sim/input-error.ts';

const SPECS = `disksim_disk SMALL {
  Model = source small.model,
  Bulk sector transfer time = 0.1,
  Number of buffer segments = 4,
  Maximum number of write segments = 1,
  Segment size (in blks) = 64,
  Use separate write segment = 1,
  Enable caching in buffer = 1,
  Buffer continuous read = 3,
  Maximum read-ahead (blks) = 32,
  Fast write level = 0,
  Immediate buffer read = 1,
  Max queue length = 1,
  Preseeking level = 2,
  Some new key = 7,
  Read hit over. after read = 0.25, Read hit over. after write = 0.5,
  Read miss over. after read = 0, Read miss over. after write = 0,
  Write hit over. after read = 0, Write hit over. after write = 0,
  Write miss over. after read = 0, Write miss over. after write = 0,
  Read completion overhead = 0,
  Write completion overhead = 0,
  Data preparation overhead = 0,
  First reselect overhead = 0,
  Other reselect overhead = 0,
  Read disconnect afterread = 0,
  Read disconnect afterwrite = 0,
  Write disconnect overhead = 0
} # the end`;

const MODEL = `dm_disk SMALL.model {
  Number of data surfaces = 2,
  Number of cylinders = 10,
  Block count = 2000,
  Mechanical Model = dm_mech_g1 {
    Access time type = trackSwitchPlusRotation,
    Seek type = extracted,
    Full seek curve = small.seek,
    Head switch time = 0.5,
    Rotation speed (in rpms) = 6000
  },
  Layout Model = dm_layout_g1 {
    LBN-to-PBN mapping scheme = 0,
    Sparing scheme used = 0,
    Rangesize for sparing = 1,
    Zones = [ dm_layout_g1_zone { # only one
      First cylinder number = 0,
      Last cylinder number = 9,
      Blocks per track = 100,
      Skew for track switch = 0.25,
      Skew for cylinder switch = 30,
      slips = [ ],
      defects = [ 7, 8 ]
    } ]
  }
}`;

const SEEK = 'Seek distances measured: 2\n1,\t1.5\n9,\t4.5\n';

function write(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'disktime-disksim-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return join(folder, 'small.diskspecs');
}

const FILES = { 'small.diskspecs': SPECS, 'small.model': MODEL, 'small.seek': SEEK };

test('figures are carried, with the files that are named', () => {
  const { profile } = importDisksim(write(FILES));
  assert.equal(profile.name, 'small');
  assert.equal(profile.mechanics.rpm, 6000);
  assert.deepEqual(profile.mechanics.seek, {
    form: 'table',
    points: [
      [1, 1.5],
      [9, 4.5],
    ],
  });
  assert.equal(profile.mechanics.zeroLatencyAccess, 'reads');
  assert.equal(profile.layout.zones[0].trackSkew_sectors, 25);
  assert.equal(profile.layout.zones[0].cylinderSkew_sectors, 30);
  assert.equal(profile.overhead.readHit.afterWrite_ms, 0.5);
  assert.equal(profile.cache.segments, 3, 'one of four is for writes');
  assert.equal(profile.writeCache.acknowledge, 'medium');
  assert.equal(profile.link.sector_us, 100);
});

test('the report says of each key what became of it', () => {
  const { report } = importDisksim(write(FILES));
  const fate = (key: string): string | undefined => report.find((line) => line.key === key)?.fate;
  assert.equal(fate('Head switch time'), 'carried');
  assert.equal(fate('Preseeking level'), 'no counterpart');
  assert.equal(fate('defects'), 'approximated', 'its spare holds data');
  assert.equal(fate('Some new key'), 'unknown');
  const line = report.find(({ key }) => key === 'Some new key');
  assert.equal(line?.line, 15);
  assert.deepEqual(
    report.filter((entry) => entry.fate === 'unknown').map(({ key }) => key),
    ['Some new key'],
  );
});

/** The profile of the small files with some of their text replaced. */
function changed(...changes: readonly [string, string][]): ReturnType<typeof importDisksim> {
  const files: Record<string, string> = { ...FILES };
  for (const [from, to] of changes) {
    const name = Object.keys(files).find((file) => files[file].includes(from));
    assert.ok(name !== undefined, from);
    files[name] = files[name].replace(from, to);
  }
  return importDisksim(write(files));
}

test('defects with a spare of their own are moved there', () => {
  const { profile, report } = changed(
    ['Sparing scheme used = 0', 'Sparing scheme used = 3'],
    ['Skew for track switch', 'Number of spares = 2, Skew for track switch'],
    ['Block count = 2000', 'Block count = 1960'],
    ['defects = [ 7, 8 ]', 'defects = [ 7, 98, 9, 10 ]'],
  );
  assert.deepEqual(profile.layout.zones[0].remaps, [[7, 98]]);
  const line = report.find(({ key }) => key === 'defects');
  assert.match(line?.note ?? '', /^1 of 2 stay where they were/);
});

test('more blocks than the zones hold are none', () => {
  const { profile, report } = changed(['Block count = 2000', 'Block count = 2056008']);
  assert.equal(profile.layout.capacity_sectors, 2000);
  assert.equal(report.find(({ key }) => key === 'Block count')?.fate, 'approximated');
});

test('skews are in the unit that the layout or the zone states', () => {
  const skewOf = (...changes: [string, string][]): number[] => {
    const [zone] = changed(...changes).profile.layout.zones;
    return [zone.trackSkew_sectors, zone.cylinderSkew_sectors];
  };
  assert.deepEqual(skewOf(), [25, 30]);
  assert.deepEqual(skewOf(['Rangesize', 'Skew units = revolutions, Rangesize']), [25, 3000]);
  const own: [string, string] = ['First cylinder', 'Skew units = sectors, First cylinder'];
  assert.deepEqual(skewOf(['Rangesize', 'Skew units = revolutions, Rangesize'], own), [0.25, 30]);
  assert.throws(
    () => skewOf(['Rangesize', 'Skew units = degrees, Rangesize']),
    /model:\d+: Skew units/,
  );
});

test('every seek type of the manual is read', () => {
  const three = 'Single cylinder seek time = 1, Average seek time = 5, Full strobe seek time = 9';
  const hpl = 'HPL seek equation values = [ 4, 1.0, 2.0, 3.0, 0.5, 1.25 ]';
  const first = `First ten seek times = [ ${Array.from({ length: 10 }, (_, i) => 1 + i / 10).join(', ')} ]`;
  const seekOf = (type: string, more: string) =>
    changed(['Seek type = extracted', `Seek type = ${type}, ${more}`]).profile.mechanics.seek;
  assert.deepEqual(seekOf('linear', three), {
    form: 'table',
    points: [
      [1, 1],
      [3, 5],
      [9, 9],
    ],
  });
  const curve = seekOf('curve', three);
  // Lee's a is (-10 + 75 - 45) / (3 root 10), his b (7 - 75 + 72) / 30; eight cylinders further 2.108 root 8 + 0.133 * 8.
  assert.ok(curve.form === 'table');
  assert.deepEqual(curve.points[0], [1, 1]);
  const [distance, ms] = curve.points[curve.points.length - 1];
  assert.ok(distance === 9 && Math.abs(ms - (1 + 2.10819 * Math.sqrt(8) + (4 / 30) * 8)) < 1e-4);
  assert.deepEqual(seekOf('constant', 'Constant seek time = 7'), {
    form: 'table',
    points: [[1, 7]],
  });
  const equation = seekOf('hpl', hpl);
  assert.ok(equation.form === 'hpl');
  assert.deepEqual([equation.threshold_cylinders, equation.first_ms], [4, [1.25]]);
  const ten = seekOf('hplplus10', `${hpl}, ${first}`);
  assert.ok(ten.form === 'hpl' && ten.first_ms.length === 10);
  assert.throws(() => seekOf('quadratic', three), /Seek type: expected extracted, hpl/);
});

test('seek times may have a deviation and no heading, and lie beside the disk', () => {
  const folder = write({ 'small.diskspecs': SPECS.replace('small.model', 'models/small.model') });
  mkdirSync(join(folder, '..', 'models'));
  writeFileSync(join(folder, '..', 'models', 'small.model'), MODEL);
  writeFileSync(join(folder, '..', 'small.seek'), '1, 1.5, 0.01\n9, 4.5e0, 0.02\n');
  const { seek } = importDisksim(folder).profile.mechanics;
  assert.ok(seek.form === 'table');
  assert.deepEqual(seek.points, [
    [1, 1.5],
    [9, 4.5],
  ]);
  rmSync(join(folder, '..', 'small.seek'));
  assert.throws(
    () => importDisksim(folder),
    /models.small\.model:8: Full seek curve: expected a file/,
  );
});

test('reading ahead without a limit fills the segment', () => {
  const cacheOf = (keep: number, most: number) =>
    changed([
      'Maximum read-ahead (blks) = 32',
      `Maximum read-ahead (blks) = ${most}, Read-ahead over requested = ${keep}`,
    ]).profile.cache;
  assert.equal(cacheOf(-1, 32).readAheadMax_sectors, 32);
  assert.equal(cacheOf(-1, 0).readAhead, 'segment-beyond');
  assert.equal(cacheOf(0, 0).readAhead, 'segment-full');
  assert.equal(cacheOf(0, 0).readAheadMax_sectors, 64);
});

const SYSTEM = `disksim_bus HOST { Read block transfer time = 0.0, Write block transfer time = 0.0 }
disksim_bus SCSI { # the one that counts
  Arbitration time = 0.0,
  Read block transfer time = 0.3,
  Write block transfer time = 0.05
}
source small.diskspecs
instantiate [ bus0 ] as HOST
instantiate [ bus1, bus2 ] as SCSI
instantiate [ disk0 .. disk2 ] as SMALL
topology disksim_iodriver driver0 [
  disksim_bus bus0 [
    disksim_ctlr ctlr0 [ disksim_bus bus1 [ disksim_disk disk0 [], disksim_disk disk1 [] ] ] # end
  ]
]
disksim_logorg org0 { devices = [ disk0 ] }
`;

test('the bus comes from the system file beside the disk, the slower of the two counts', () => {
  const { profile, report } = importDisksim(write({ ...FILES, 'small.parv': SYSTEM }));
  assert.equal(profile.link.sector_us, 300, 'the bus');
  assert.equal(profile.link.writeSector_us, 100, "the disk's own");
  assert.equal(profile.sources['link.sector_us'], 'small.parv');
  const bus = report.filter(({ file }) => file.endsWith('.parv'));
  assert.deepEqual(
    bus.map(({ line, fate }) => [line, fate]),
    [
      [3, 'no counterpart'],
      [4, 'carried'],
      [5, 'carried'],
    ],
  );
});

test('the bus comes from a system file that is named, or from the caller before all', () => {
  const file = write({ ...FILES, 'other.parv': SYSTEM });
  const parv = join(file, '..', 'other.parv');
  assert.equal(importDisksim(file).profile.link.sector_us, 100);
  assert.equal(importDisksim(file, { parv }).profile.link.sector_us, 300);
  assert.equal(importDisksim(file, { parv, bus_ms: [0.2, 0.2] }).profile.link.sector_us, 200);
});

test('a named system file without the disk, or with the disk on no bus, is an error', () => {
  const systems: readonly (readonly [string, RegExp])[] = [
    [
      SYSTEM.replace('as SMALL', 'as LARGE'),
      /other\.parv: expected a topology with SMALL on a bus/,
    ],
    [
      SYSTEM.replace('[ bus1, bus2 ] as SCSI', '[ bus2 ] as SCSI'),
      /other\.parv: topology: expected/,
    ],
    [
      SYSTEM.replace('= 0.3', '= slow'),
      /other\.parv:4: Read block transfer time: expected a number/,
    ],
  ];
  for (const [system, message] of systems) {
    const file = write({ ...FILES, 'other.parv': system });
    assert.throws(
      () => importDisksim(file, { parv: join(file, '..', 'other.parv') }),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  }
});

test('a bus that no file knows is an assumption that says so; a published one names its file', () => {
  const noTime = SPECS.replace('transfer time = 0.1', 'transfer time = 0');
  const unknown = importDisksim(write({ ...FILES, 'small.diskspecs': noTime })).profile;
  assert.equal(unknown.link.sector_us, 148);
  assert.match(unknown.sources['link.sector_us'], /^assumption/);
  const named = noTime.replace('disksim_disk SMALL', 'disksim_disk DEC_RZ26_validate');
  const published = importDisksim(write({ ...FILES, 'small.diskspecs': named })).profile;
  assert.equal(published.link.writeSector_us, 70.69);
  assert.match(published.sources['link.sector_us'], /dec_rz26\.parv/);
});

const MISTAKES: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  [
    'a word for a number',
    { 'small.model': MODEL.replace('= 6000', '= fast') },
    /small\.model:10: Rotation speed \(in rpms\): expected a number/,
  ],
  [
    'a missing key',
    { 'small.model': MODEL.replace('Block count = 2000,', '') },
    /small\.model:1: .*there is no "Block count"/,
  ],
  [
    'a file that is not there',
    { 'small.diskspecs': SPECS.replace('small.model', 'smal.model') },
    /small\.diskspecs:2: source smal\.model: .*ENOENT/,
  ],
  [
    'a block without end',
    { 'small.model': MODEL.slice(0, -2) },
    /small\.model:\d+: expected a "}"/,
  ],
  [
    'a seek table line',
    { 'small.seek': '1, 1.5\n3 4\n' },
    /small\.seek:2: expected "distance, milli/,
  ],
  [
    'a key twice',
    {
      'small.diskspecs': SPECS.replace(
        'Max queue length = 1,',
        'Max queue length = 1,\n  Max queue length = 2,',
      ),
    },
    /small\.diskspecs:14: expected "Max queue length" once/,
  ],
];

for (const [what, files, message] of MISTAKES) {
  test(`mistake: ${what}`, () => {
    assert.throws(
      () => importDisksim(write({ ...FILES, ...files })),
      (error: unknown) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
