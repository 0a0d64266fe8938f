/**
 * A fio job file, read: the programs it asks for, phase by phase, and the machine to run them on.
 */

import type { Program } from '../../mm/file-calls.ts';
import { InputError, nearestHint, type InputErrorPlace } from '../../sim/input-error.ts';
import { readTextFile } from '../../sim/json-file.ts';
import { parseIni, type IniEntry, type IniSection } from './ini.ts';
import { resolveJob, type Job } from './job.ts';
import { JobProgram } from './job-program.ts';
import {
  byEveryName,
  jobOptions,
  machineOptions,
  type JobValues,
  type MachineValues,
  type Option,
} from './options.ts';
import { ignoredOptions, refusedOptions } from './other-options.ts';

/** What the `disktime_*` options ask for; whatever is not given is undefined. */
export interface MachineExtensions {
  memBytes: number | undefined;
  device: string | undefined;
  way: string | undefined;
  scheduler: string | undefined;
  /** Percent. */
  dirtyRatio: number | undefined;
  /** Percent. */
  dirtyBackgroundRatio: number | undefined;
}

export interface JobFile {
  file: string;
  jobs: Job[];
  /** Programs that run side by side; the next phase begins when all of the last have ended. */
  phases: Program[][];
  extensions: MachineExtensions;
  /** Options that have no effect here, in order, each once. */
  ignored: string[];
}

export interface JobFileOptions {
  /** For jobs that give no randseed of their own; default 1. */
  seed?: number;
  /** What `${NAME}` in the file stands for. */
  environment?: Readonly<Record<string, string | undefined>>;
}

const jobNames = byEveryName(jobOptions);
const machineNames = byEveryName(machineOptions);
/** What an unknown name is compared with. */
const everyName = [...jobNames.keys(), ...machineNames.keys(), ...ignoredOptions];

/** The options seen so far, and the line of each. */
class Scope {
  readonly values: Record<string, unknown>;
  readonly lines: Map<string, number>;

  constructor(outer?: Scope) {
    this.values = { ...outer?.values };
    this.lines = new Map(outer?.lines);
  }

  set(table: Record<string, Option<unknown>>, name: string, entry: IniEntry, file: string): void {
    const place = { file, line: entry.line };
    const { parse, isFlag } = table[name];
    if (entry.value === undefined && isFlag !== true) {
      throw new InputError(`${entry.name} needs a value: ${entry.name}=...`, place);
    }
    this.values[name] = parse(entry.value ?? '', entry.name, place);
    this.lines.set(name, entry.line);
  }
}

/**
 * Reads a fio job file.
 * @throws InputError naming file, line, option and what was expected
 */
export function readJobFile(file: string, options: JobFileOptions = {}): JobFile {
  return parseJobFile(readTextFile(file), file, options);
}

/** Reads a job file's text; `file` is for messages. */
export function parseJobFile(text: string, file: string, options: JobFileOptions = {}): JobFile {
  const ignored = new Set<string>();
  const machine = new Scope();
  let global = new Scope();
  const jobs: Job[] = [];
  for (const section of parseIni(text, file, options.environment)) {
    const isGlobal = section.name === 'global';
    const scope = new Scope(global);
    for (const entry of section.entries) {
      enter(entry, { file, line: entry.line }, scope, isGlobal ? machine : undefined, ignored);
    }
    if (isGlobal) global = scope;
    else jobs.push(makeJob(section, scope, file, options.seed ?? 1));
  }
  if (jobs.length === 0) {
    throw new InputError('no job; expected a section such as [writer] beside [global]', { file });
  }
  const extensions = extensionsOf(machine.values);
  return { file, jobs, phases: phasesOf(jobs), extensions, ignored: [...ignored] };
}

/** @param machine where disktime's own options go; undefined within a job, where they may not be */
function enter(
  entry: IniEntry,
  place: InputErrorPlace,
  scope: Scope,
  machine: Scope | undefined,
  ignored: Set<string>,
): void {
  const file = place.file ?? '';
  const jobName = jobNames.get(entry.name);
  const machineName = machineNames.get(entry.name);
  if (jobName !== undefined) {
    scope.set(jobOptions, jobName, entry, file);
  } else if (machineName !== undefined) {
    if (machine === undefined) {
      throw new InputError(
        `${entry.name} is of the machine, which all jobs share; put it into [global]`,
        place,
      );
    }
    machine.set(machineOptions, machineName, entry, file);
  } else if (ignoredOptions.has(entry.name)) {
    ignored.add(entry.name);
  } else if (refusedOptions.has(entry.name)) {
    const advice = refusedOptions.get(entry.name) as string;
    throw new InputError(`${entry.name} is fio's, but not modelled here; ${advice}`, place);
  } else {
    throw new InputError(
      `unknown option "${entry.name}"${nearestHint(entry.name, everyName)}; correct it or leave it out`,
      place,
    );
  }
}

function makeJob(section: IniSection, scope: Scope, file: string, seed: number): Job {
  const place = { file, line: section.line };
  return resolveJob(
    section.name,
    { randseed: seed, ...(scope.values as JobValues) },
    { section: place, of: (option) => ({ file, line: scope.lines.get(option) ?? section.line }) },
  );
}

/** A job that waits for those before it begins a new phase; fio's stonewall. */
function phasesOf(jobs: readonly Job[]): Program[][] {
  const phases: Program[][] = [];
  for (const job of jobs) {
    if (phases.length === 0 || job.waitsForEarlier) phases.push([]);
    for (let clone = 0; clone < job.clones; clone++) {
      phases[phases.length - 1].push(new JobProgram(job, clone));
    }
  }
  return phases;
}

function extensionsOf(values: MachineValues): MachineExtensions {
  return {
    memBytes: values.disktime_mem,
    device: values.disktime_device,
    way: values.disktime_way,
    scheduler: values.disktime_scheduler,
    dirtyRatio: values.disktime_dirty_ratio,
    dirtyBackgroundRatio: values.disktime_dirty_background_ratio,
  };
}
