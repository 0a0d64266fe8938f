/**
 * Reader of fio's own IO logs, versions 2 and 3 (fio's HOWTO, "Trace file format v2" and "v3"), as
 * write_iolog writes them. fio appends to a log that is already there, so a header may come again
 * in mid-file; what follows it is a later run.
 */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import { US } from '../../sim/units.ts';
import { Call, CallTraceBuilder, type CallTrace } from './call-trace.ts';
import { FileSizes } from './file-sizes.ts';
import { Lines } from './text-lines.ts';
import type { TraceFormat } from './trace-format.ts';

export const fioIolog: TraceFormat = {
  name: 'fio-iolog',
  doc: "fio's write_iolog, versions 2 and 3",
  detect: (head) => head.startsWith('fio version '),
  read: (text, file) => new IologReader(text, file).read(),
};

const HEADER = /^fio version (\d+) iolog$/;
const FILE_ACTIONS = ['add', 'open', 'close'];
const IO_ACTIONS = ['read', 'write', 'trim', 'sync', 'datasync'];

class IologReader {
  readonly #file: string;
  readonly #lines: Lines;
  readonly #builder = new CallTraceBuilder();
  readonly #sizes = new FileSizes(this.#builder);
  /** Handles of the open files, by path. */
  readonly #open = new Map<number, number>();
  readonly #process = this.#builder.processNumber('fio');
  #version = 0;
  /** When the current run began, and the last time seen, ns. */
  #runNs = 0;
  #nowNs = 0;
  #trims = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = new Lines(text);
  }

  read(): CallTrace {
    while (this.#lines.next()) {
      const line = this.#lines.line.trim();
      if (line === '') continue;
      if (line.startsWith('fio version')) this.#readHeader(line);
      else if (this.#version === 0)
        this.#fail(`expected "fio version 2 iolog" or 3, not "${line}"`);
      else this.#readAction(line.split(/\s+/));
    }
    if (this.#version === 0) throw new InputError('the log is empty', { file: this.#file });
    const warnings = this.#trims === 0 ? [] : [`trims are left out (${this.#trims} times)`];
    return this.#builder.finish(this.#file, this.#lines.number, warnings);
  }

  #fail(message: string): never {
    throw new InputError(message, { file: this.#file, line: this.#lines.number });
  }

  #readHeader(line: string): void {
    const version = Number(HEADER.exec(line)?.[1]);
    if (version !== 2 && version !== 3) {
      this.#fail(`"${line}": expected "fio version 2 iolog" or "fio version 3 iolog"`);
    }
    this.#version = version;
    this.#runNs = this.#nowNs;
  }

  #readAction(fields: string[]): void {
    if (this.#version === 3) {
      const us = Number(fields.shift());
      if (!Number.isSafeInteger(us) || us < 0) {
        this.#fail('expected a line of version 3: microseconds file action [offset length]');
      }
      this.#nowNs = this.#runNs + us * US;
    }
    const [name, action, offset, length] = fields;
    const waits = this.#version === 2 ? ['wait'] : [];
    const known = [...FILE_ACTIONS, ...IO_ACTIONS, ...waits];
    if (action === undefined)
      this.#fail(`expected a file and an action after it: ${known.join(', ')}`);
    if (!known.includes(action)) {
      this.#fail(`unknown action "${action}"${nearestHint(action, known)}`);
    }
    const path = this.#builder.pathNumber(name);
    if (FILE_ACTIONS.includes(action)) this.#fileAction(action, path, name);
    else this.#ioAction(action, path, name, this.#number(offset), this.#number(length));
  }

  #number(field: string | undefined): number {
    const value = field === undefined || !/^\d+$/.test(field) ? NaN : Number(field);
    // fio itself refuses such lines, even of sync and wait.
    if (!Number.isSafeInteger(value)) {
      this.#fail('expected file, action, offset and length: the last two are whole bytes');
    }
    return value;
  }

  #fileAction(action: string, path: number, name: string): void {
    const handle = this.#open.get(path);
    if (action === 'open' && handle === undefined) {
      const opened = this.#builder.newHandle();
      this.#open.set(path, opened);
      this.#sizes.opened(path, this.#add(Call.open, opened, path), false);
    } else if (action === 'close') {
      if (handle === undefined) this.#fail(`close of ${name}, which is not open`);
      this.#open.delete(path);
      this.#add(Call.close, handle, path);
    }
  }

  #ioAction(action: string, path: number, name: string, offset: number, length: number): void {
    if (action === 'wait') {
      this.#nowNs += offset * US;
      return;
    }
    const handle = this.#open.get(path);
    if (handle === undefined) this.#fail(`${action} of ${name}, which is not open`);
    if (action === 'trim') {
      this.#trims++;
    } else if (action === 'read') {
      this.#add(Call.read, handle, path, offset, length);
      this.#sizes.read(path, offset + length);
    } else if (action === 'write') {
      this.#add(Call.write, handle, path, offset, length);
      this.#sizes.written(path, offset + length);
    } else {
      this.#add(Call.fsync, handle, path);
    }
  }

  #add(call: Call, handle: number, path: number, offset = 0, bytes = 0): number {
    return this.#builder.add(call, this.#process, this.#nowNs, handle, path, offset, bytes);
  }
}
