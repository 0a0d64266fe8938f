/** File calls that only write down what they were asked, on a clock of their own. */

import type { FileCalls, Program } from '../../src/mm/file-calls.ts';
import type { Sleeping } from '../../src/sim/task.ts';

export class RecordingCalls implements FileCalls {
  readonly log: string[] = [];
  /** Time each read or write takes, ns. */
  readonly callNs: number;
  #ns = 0;
  readonly #open: (string | undefined)[] = [];
  readonly #sizes = new Map<string, number>();

  constructor(callNs = 1000) {
    this.callNs = callNs;
  }

  open(name: string, sizeBytes: number): number {
    if (!this.#sizes.has(name)) this.#sizes.set(name, sizeBytes);
    this.log.push(`open ${name} ${this.#sizes.get(name)}`);
    return this.#open.push(name) - 1;
  }

  #name(file: number): string {
    const name = this.#open[file];
    if (name === undefined) throw new Error(`handle ${file} is not open`);
    return name;
  }

  sizeOf(file: number): number {
    return this.#sizes.get(this.#name(file)) ?? 0;
  }

  *#note(text: string): Sleeping<void> {
    this.log.push(text);
    this.#ns += this.callNs;
    yield;
  }

  *write(file: number, offset: number, bytes: number): Sleeping<void> {
    const name = this.#name(file);
    this.#sizes.set(name, Math.max(this.sizeOf(file), offset + bytes));
    yield* this.#note(`write ${name} ${offset} ${bytes}`);
  }

  *read(file: number, offset: number, bytes: number): Sleeping<void> {
    yield* this.#note(`read ${this.#name(file)} ${offset} ${bytes}`);
  }

  *touch(file: number, offset: number, bytes: number): Sleeping<void> {
    yield* this.#note(`touch ${this.#name(file)} ${offset} ${bytes}`);
  }

  *fsync(file: number): Sleeping<void> {
    yield* this.#note(`fsync ${this.#name(file)}`);
  }

  *tryAllocate(order: number): Sleeping<boolean> {
    yield* this.#note(`tryAllocate ${order}`);
    return true;
  }

  mapAnon(bytes: number): number {
    this.log.push(`mapAnon ${bytes}`);
    return 0;
  }

  *touchAnon(region: number, offset: number, bytes: number, isWrite: boolean): Sleeping<void> {
    yield* this.#note(`touchAnon ${region} ${offset} ${bytes} ${isWrite ? 'write' : 'read'}`);
  }

  unmapAnon(region: number): void {
    this.log.push(`unmapAnon ${region}`);
  }

  *fdatasync(file: number): Sleeping<void> {
    yield* this.#note(`fdatasync ${this.#name(file)}`);
  }

  *syncFileRange(file: number, offset: number, bytes: number, flags: number): Sleeping<void> {
    yield* this.#note(`sync_file_range ${this.#name(file)} ${offset} ${bytes} ${flags}`);
  }

  *sync(): Sleeping<void> {
    yield* this.#note('sync');
  }

  *truncate(file: number, sizeBytes: number): Sleeping<void> {
    this.#sizes.set(this.#name(file), sizeBytes);
    yield* this.#note(`truncate ${this.#name(file)} ${sizeBytes}`);
  }

  *unlink(name: string): Sleeping<void> {
    this.#sizes.delete(name);
    yield* this.#note(`unlink ${name}`);
  }

  *rename(from: string, to: string): Sleeping<void> {
    yield* this.#note(`rename ${from} ${to}`);
  }

  *close(file: number): Sleeping<void> {
    const name = this.#name(file);
    this.#open[file] = undefined;
    yield* this.#note(`close ${name}`);
  }

  *allocate(bytes: number): Sleeping<void> {
    yield* this.#note(`allocate ${bytes}`);
  }

  *sleepNs(ns: number): Sleeping<void> {
    this.log.push(`sleep ${ns}`);
    this.#ns += ns;
    yield;
  }

  nowNs(): number {
    return this.#ns;
  }
}

/** Runs a program to its end; returns what it asked for. */
export function logOf(program: Program, calls = new RecordingCalls()): string[] {
  const body = program.run(calls);
  while (body.next().done !== true);
  return calls.log;
}
