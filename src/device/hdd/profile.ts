/**
 * What a rotational drive's profile holds: mechanics, layout, the drive's own mind, and its link.
 *
 * The shape holds everything DiskSim 4.0's parameter files say of timing (Bucy, Schindler, Schlosser
 * and Ganger, "The DiskSim Simulation Environment Version 4.0 Reference Manual", CMU-PDL-08-101)
 * and what a datasheet says. Units are in the keys; a sector is 512 bytes whatever the medium's own.
 */

import * as z from 'zod';
import { profileBase } from '../profile.ts';

const ms = z.number().min(0);
const count = z.int().min(0);
const positive = z.int().min(1);

const seek = z
  .discriminatedUnion('form', [
    z.strictObject({
      form: z.literal('table'),
      points: z
        .array(z.tuple([positive, ms]))
        .min(1)
        .refine((points) => points.every(([at], i) => i === 0 || at > points[i - 1][0]), {
          message: 'expected distances in ascending order',
        })
        .meta({
          description: 'Measured [cylinders, ms] pairs, ascending; straight lines between.',
        }),
    }),
    z.strictObject({
      form: z.literal('hpl'),
      threshold_cylinders: positive.meta({ description: 'Shorter seeks take the root branch.' }),
      shortConstant_ms: z.number(),
      shortRoot_ms: z.number().meta({ description: 'Times the root of the distance.' }),
      longConstant_ms: z.number(),
      longPerCylinder_ms: z.number(),
      first_ms: z
        .array(ms)
        .default([])
        .meta({ description: 'Measured times of the seeks over 1, 2, 3... cylinders.' }),
    }),
    z.strictObject({
      form: z.literal('datasheet'),
      trackToTrack_ms: ms,
      average_ms: ms.meta({ description: 'Mean over uniformly random pairs of cylinders.' }),
      fullStroke_ms: ms,
    }),
  ])
  .meta({
    description: 'Time from leaving one cylinder to being settled, for reading, on another.',
  });

const mechanics = z.strictObject({
  rpm: z.number().positive().meta({ description: 'Revolutions a minute.' }),
  rpmError_percent: z
    .number()
    .default(0)
    .meta({ description: 'How much faster than `rpm` this spindle really turns, percent.' }),
  surfaces: positive.meta({ description: 'Recorded surfaces, one head each.' }),
  cylinders: positive.max(10_000_000, 'expected at most 10,000,000 cylinders'),
  seek,
  headSwitch_ms: ms.meta({ description: 'To another head of the same cylinder.' }),
  readSettle_ms: z.number().default(0).meta({ description: 'Added when a read moved the arm.' }),
  minimumWriteSeek_ms: ms.default(0).meta({
    description: 'A write to the medium is positioned no faster.',
  }),
  writeSettle_ms: z.number().default(0).meta({
    description: 'Added when a write moved the arm or changed head; some drives measure below 0.',
  }),
  zeroLatencyAccess: z
    .union([z.boolean(), z.enum(['reads', 'writes'])])
    .default(false)
    .meta({
      description:
        'A run may begin at any of its sectors: never more than one revolution a track. For both, ' +
        'or one kind of access only.',
    }),
});

/** DiskSim's eleven sparing schemes by where the spares are; its numbers in `describe`. */
export const SPARING = [
  'none',
  'tracks-at-zone-end',
  'cylinder-end',
  'track-end',
  'cylinder-end-unused',
  'cylinder-front',
  'cylinder-front-unused',
  'disk-end',
  'range-end',
  'zone-end',
  'zone-end-unused',
] as const;
export type Sparing = (typeof SPARING)[number];

const zone = z.strictObject({
  firstCylinder: count,
  lastCylinder: count.meta({ description: 'Inclusive.' }),
  sectorsPerTrack: positive,
  firstOffset_sectors: z.number().default(0).meta({
    description: 'Angle of the first physical sector of the zone, sectors past the index.',
  }),
  trackSkew_sectors: z.number().default(0).meta({
    description: 'Angle passed over from one track to the next of the same cylinder, sectors.',
  }),
  cylinderSkew_sectors: z.number().default(0).meta({
    description: 'The same from one cylinder to the next.',
  }),
  reserved_sectors: count.default(0).meta({
    description: 'Physical sectors at the front of the zone that no address reaches.',
  }),
  spares: count.default(0).meta({
    description:
      'Spare sectors in each region of the sparing scheme; tracks for tracks-at-zone-end.',
  }),
  slips: z
    .array(count)
    .default([])
    .meta({
      description:
        'Defects passed over: physical sectors counted from the start of the zone, ascending; ' +
        'tracks for tracks-at-zone-end.',
    }),
  remaps: z
    .array(z.tuple([count, count]))
    .default([])
    .meta({
      description:
        'Defects moved one by one: [defective, spare] physical sectors counted from the start of ' +
        'the zone; tracks for tracks-at-zone-end.',
    }),
});

const layout = z.strictObject({
  order: z
    .enum([
      'cylinder',
      'cylinder-serpentine',
      'cylinder-serpentine-by-parity',
      'surface-serpentine',
    ])
    .meta({
      description:
        'The order of tracks: all heads of a cylinder upwards, then the next (cylinder); the same ' +
        'with every other cylinder of a zone downwards (cylinder-serpentine), or every odd one of ' +
        'the disk (by-parity); `serpentine_cylinders` along one surface and back along the next, ' +
        'as drives since about 2000 (surface-serpentine).',
    }),
  serpentine_cylinders: positive.default(1).meta({
    description: 'Cylinders in one sweep of surface-serpentine; a zone may end within a sweep.',
  }),
  sparing: z
    .enum(SPARING)
    .default('none')
    .meta({
      description:
        'Where spare sectors are; DiskSim numbers the same list 0..10. "unused" and "disk-end": ' +
        'slipped sectors do not use up the spares of their region but shift all that follows.',
    }),
  range_cylinders: positive.default(1).meta({ description: 'Cylinders in a range (range-end).' }),
  capacity_sectors: positive.meta({ description: 'Addressable sectors of 512 bytes.' }),
  zones: z.array(zone).min(1).meta({ description: 'Outermost first, in address order.' }),
});

const after = z.strictObject({
  afterRead_ms: ms.meta({ description: 'When the command before was a read.' }),
  afterWrite_ms: ms.meta({ description: 'When the command before was a write.' }),
});

const overhead = z
  .strictObject({
    readHit: after,
    readMiss: after,
    writeHit: after.meta({ description: 'A write the buffer acknowledges.' }),
    writeMiss: after.meta({ description: 'A write that completes on the medium.' }),
    readCompletion_ms: ms.default(0).meta({ description: 'After the last byte of a read.' }),
    writeCompletion_ms: ms.default(0).meta({ description: 'After the last sector of a write.' }),
    dataPreparation_ms: ms.default(0).meta({
      description: 'Before data is put on the link, each time the drive takes it.',
    }),
    readDisconnect: after.prefault({ afterRead_ms: 0, afterWrite_ms: 0 }).meta({
      description: 'Giving up the link after a read command; hides behind the seek.',
    }),
    writeDisconnect_ms: ms.default(0).meta({
      description: "Giving up the link when all of a write's data has come.",
    }),
    firstReselect_ms: ms.default(0).meta({
      description: 'Taking the link again: for the data of a read, for the status of a write.',
    }),
    otherReselect_ms: ms.default(0).meta({
      description: 'The same for the status of a write that gave up the link a second time.',
    }),
    extraDisconnect: z
      .strictObject({
        command_ms: ms.meta({ description: 'Command overhead of such a write.' }),
        first_ms: ms.meta({ description: 'The first giving up.' }),
        between_ms: ms.meta({ description: 'From there to taking the link again for the data.' }),
        second_ms: ms.meta({ description: 'The second giving up, after the data.' }),
        seekDelta_ms: ms.meta({ description: 'From the end of the command to the seek.' }),
      })
      .optional()
      .meta({
        description:
          'Writes that do not go on where the last one ended give up the link before their data.',
      }),
    flush_ms: ms.default(0).meta({ description: 'Of a flush, beside writing what is dirty.' }),
  })
  .meta({ description: 'The controller, from the arrival of a command to the start of its work.' });

const cache = z.strictObject({
  segments: count.max(1024).meta({ description: 'Read segments; 0 for no read cache.' }),
  segment_sectors: positive,
  readAhead: z
    .enum(['none', 'track-end', 'cylinder-end', 'segment-full', 'segment-beyond', 'next-track'])
    .meta({
      description:
        'How far reading goes on while the medium is idle: to the end of the track, of the cylinder, ' +
        'until the segment is full counted from the first sector asked for, or from behind the last ' +
        'one; to the end of the track behind the request, and of one more when reading began on an ' +
        'earlier one (next-track).',
    }),
  readAheadMin_sectors: count.default(0).meta({
    description: 'Read ahead before another request is served.',
  }),
  readAheadMax_sectors: count.meta({ description: 'Read ahead at most.' }),
  readAheadMax_ms: ms.default(0).meta({
    description:
      'Reading ahead ends so long after the last read that took the medium, and no hit from the ' +
      'buffer prolongs it; 0: no such limit.',
  }),
  readAheadOnHit: z.boolean().default(true).meta({
    description: 'Reading ahead that has reached its end goes on after a hit.',
  }),
  readAheadOverRequested: z.boolean().default(false).meta({
    description: 'Reading ahead goes on over data that somebody has yet to fetch.',
  }),
  readsFreeSectors: z
    .boolean()
    .default(false)
    .meta({
      description:
        'Sectors of the track that pass before the first one asked for are kept as well: reading ' +
        'begins wherever the head comes down.',
    }),
  adaptive: z
    .boolean()
    .default(false)
    .meta({
      description:
        'A segment that is read on from grows as far as reading ahead goes, into the room of those ' +
        'used longest ago.',
    }),
  hitsOnWrites: z.boolean().default(true).meta({
    description: 'Reads are served from what was written, while it is in the buffer.',
  }),
});

const writeCache = z.strictObject({
  acknowledge: z.enum(['medium', 'buffer']).meta({
    description: 'When a write completes: on the medium (write-through), or in the buffer.',
  }),
  size_sectors: count.meta({ description: 'Sectors that may be dirty at once.' }),
  extents: positive.max(65536).default(1024).meta({
    description: 'Separate dirty ranges that the firmware keeps track of.',
  }),
  ownSegment: z.boolean().default(true).meta({
    description: 'Written data takes no segment from the read cache.',
  }),
  combine: z.boolean().default(true).meta({
    description: 'Adjacent dirty ranges are written as one.',
  }),
  idle_ms: ms.default(0).meta({ description: 'Idle time before dirty sectors are written.' }),
  high_share: z.number().min(0).max(1).default(0.5).meta({
    description:
      'Above this share of `size_sectors` or `extents`, writing takes turns with requests.',
  }),
  low_share: z.number().min(0).max(1).default(0.25).meta({
    description: 'Where taking turns ends again.',
  }),
  ageLimit_ms: ms.default(30000).meta({
    description: 'Older dirty sectors take turns with requests, however few there are.',
  }),
  window: positive.default(16).meta({
    description: 'Dirty ranges ahead of the arm among which the nearest in time is written next.',
  }),
  destageMax_sectors: positive.default(2048).meta({
    description: 'Dirty sectors written in one go; requests wait that long at most.',
  }),
});

const queue = z.strictObject({
  depth: positive.max(256).meta({ description: 'Tags: 1 without queueing, 32 with NCQ.' }),
  order: z.enum(['fifo', 'positioning']).meta({
    description: 'As they came, or shortest positioning time first.',
  }),
  ageLimit_ms: ms.default(1000).meta({
    description: 'A request that has waited longer goes first.',
  }),
  slack_ms: ms.default(0).meta({
    description:
      'What passes under the head sooner than this after the arm has settled counts as missed when ' +
      'the next request is chosen: an allowance for seeks that take longer.',
  }),
});

const link = z.strictObject({
  sector_us: ms.meta({ description: 'Time of 512 bytes on the link, us.' }),
  writeSector_us: ms.optional().meta({
    description: 'The same from the host to the drive, where it differs, us.',
  }),
  command_us: ms.default(0).meta({ description: 'Time of a command and its status, us.' }),
  neverDisconnect: z.boolean().default(false).meta({
    description: 'The link is kept from command to completion: nothing is ever taken again.',
  }),
  reconnect_share: z.number().min(0).max(1).default(0).meta({
    description: 'The share of a read that is buffered before the link is taken for it.',
  }),
  writeStart_sectors: positive.default(1).meta({
    description: 'So many sectors of a write, or all, have come before the medium takes the first.',
  }),
  overlap: z.boolean().default(true).meta({
    description: 'Link and medium work at the same time; otherwise one after the other.',
  }),
});

/** The checked profile of a rotational drive. */
export const hddSchema = z
  .strictObject({
    ...profileBase,
    kind: z.literal('hdd'),
    mechanics,
    layout,
    overhead,
    cache,
    writeCache,
    queue,
    link,
    fua: z.boolean().default(true).meta({ description: 'Writes with forced unit access.' }),
  })
  .superRefine((profile, context) => {
    const zones = profile.layout.zones;
    for (let i = 0; i < zones.length; i++) {
      const path = ['layout', 'zones', i, 'lastCylinder'];
      const { firstCylinder, lastCylinder } = zones[i];
      if (lastCylinder < firstCylinder || lastCylinder >= profile.mechanics.cylinders) {
        const message = `expected ${firstCylinder}..${profile.mechanics.cylinders - 1}`;
        context.addIssue({ code: 'custom', path, message });
      }
      if (i > 0 && firstCylinder <= zones[i - 1].lastCylinder) {
        const message = 'expected a zone that begins behind the one before';
        context.addIssue({
          code: 'custom',
          path: ['layout', 'zones', i, 'firstCylinder'],
          message,
        });
      }
    }
  });

export type HddProfile = z.infer<typeof hddSchema>;
export type SeekProfile = HddProfile['mechanics']['seek'];
