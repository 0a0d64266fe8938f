/**
 * The device contract: what every drive model offers, and all that anyone above may use.
 *
 * A model only says *when* a request completes; it holds no data. It never reads a clock: it lives
 * on an event queue, and whoever owns that queue owns the time.
 */

/** What a request asks for. */
export const Op = { read: 0, write: 1, flush: 2, discard: 3, writeZeroes: 4 } as const;
export type Op = (typeof Op)[keyof typeof Op];

/** Request flags, or-ed together. */
export const DeviceFlag = {
  /** Forced unit access: a write completes only when it is on the medium. */
  fua: 1,
} as const;

/**
 * Bits 8 to 15 of a write's flags: the stream it belongs to (NVMe's streams directive, or a write life
 * hint), 0 for none. A drive without streams takes no notice.
 */
export const STREAM_SHIFT = 8;

/** How a request ended. */
export const Status = {
  ok: 0,
  /** The range does not lie within the device. */
  outOfRange: 1,
  /** The medium failed (an error model of the profile). */
  mediumError: 2,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

/** The one interface through which completions come back up. */
export interface CompletionSink {
  /**
   * A request is done. The device's queue stands at `timeNs`; the tag is free again, and the sink
   * may submit from within this call.
   */
  complete(tag: number, timeNs: number, status: Status): void;
  /**
   * `complete` for sinks that are hot and know the time from the device's queue: where there is this, it
   * is called instead (docs/HOT-PATH.md).
   */
  ended?(tag: number, status: Status): void;
}

/** Counted since creation; all cumulative, so that differences make sense. */
export interface DeviceCounters {
  reads: number;
  writes: number;
  flushes: number;
  /** Discards and write-zeroes. */
  discards: number;
  sectorsRead: number;
  sectorsWritten: number;
  /** Arm movements to another cylinder; 0 on flash. */
  seeks: number;
  /** Sum of seek distances, cylinders; 0 on flash. */
  seekCylinders: number;
  /** Time during which at least one request was outstanding or the medium was at work, ns. */
  busyNs: number;
}

/** A drive's state, opaque to everyone but the model that made it; plain data, fit for msgpack. */
export interface DeviceSnapshot {
  readonly model: string;
  readonly state: unknown;
}

export interface Device {
  /** The profile's name. */
  readonly name: string;
  readonly capacitySectors: number;
  /** Requests that may be outstanding at once: tags are 0..queueDepth-1. */
  readonly queueDepth: number;
  /** True for a drive with an arm. */
  readonly rotational: boolean;
  /** True when acknowledged writes may still be lost without a flush. */
  readonly volatileCache: boolean;
  readonly supportsFua: boolean;
  readonly supportsDiscard: boolean;
  readonly counters: Readonly<DeviceCounters>;
  /** The names of the parts `explain` splits a latency into. */
  readonly explainParts: readonly string[];

  /** Whom completions go to; set once, before the first submit. */
  attach(sink: CompletionSink): void;

  /**
   * A request arrives at the current time.
   * @param tag 0..queueDepth-1, not outstanding now
   * @param op one of `Op`
   * @param sector first 512-byte sector; ignored for flush
   * @param sectors length; 0 for flush
   * @param flags `DeviceFlag` bits
   * @throws RangeError on a tag that is out of range or outstanding: the caller's bug.
   *   A range off the device is no bug but completes with `Status.outOfRange`.
   */
  submit(tag: number, op: Op, sector: number, sectors: number, flags: number): void;

  /** For `start`: the command's first 512-byte sector. */
  sector: number;

  /** `submit` for callers that are hot: the sector is in the register, not an argument (docs/HOT-PATH.md). */
  start(tag: number, op: Op, sectors: number, flags: number): void;

  /** When the model next needs to be called, ns; Infinity when nothing is pending. */
  nextEventNs(): number;

  /** Lets everything happen that is due up to `ns`, each thing at its own time. */
  advanceTo(ns: number): void;

  /**
   * Where the time of the last request with this tag went: ns by part, summing exactly to its
   * latency. Valid from the request's completion until its tag is submitted again.
   * @throws Error unless the device was created with `explain: true`
   */
  explain(tag: number): Readonly<Record<string, number>>;

  /**
   * Rows of sectors that a power cut at this moment would lose: their write was acknowledged, and they
   * are not on the medium. First sector and the one behind the last, by address.
   * @throws Error unless the device was created with `powerCut: true`
   */
  atRisk?(): readonly (readonly [lbn: number, endLbn: number])[];

  /**
   * The drive's state, to be started from later. Only while no request is outstanding.
   * @throws Error while requests are outstanding
   */
  snapshot(): DeviceSnapshot;
  restore(snapshot: DeviceSnapshot): void;
}

/** What a model is created with, beside its profile. */
export interface DeviceOptions {
  /** Names the drive's random streams together with its profile's name; default 1. */
  seed?: number;
  /** Keep, per tag, where time went; default false. */
  explain?: boolean;
  /** Keep what a power cut would lose, for `atRisk`; default false. */
  powerCut?: boolean;
  /**
   * Called now and then in the midst of work of the model's own that takes seconds and no simulated time: what
   * it is, and the share of it that is done. Must not call the device.
   */
  onWork?: ((what: string, share: number) => void) | undefined;
}
