/**
 * Reader of strace's output: any mix of -f, -ttt/-tt/-t/-r, -y/-yy, -T, to a file by -o or not.
 *
 * Only calls that succeeded become rows, with the byte counts they returned. Positions of plain
 * read and write are followed through lseek, dup and O_APPEND. Stores into shared mappings are
 * not system calls and so are not in the trace; they are warned of.
 */

import { InputError } from '../../sim/input-error.ts';
import { Call, CallTraceBuilder, type CallTrace } from './call-trace.ts';
import { Descriptors, type Binding, type Description } from './descriptors.ts';
import { FileSizes } from './file-sizes.ts';
import { StraceClock } from './strace-clock.ts';
import {
  parseCall,
  parseDescriptor,
  parseStraceLine,
  parseString,
  type StraceCall,
} from './strace-line.ts';
import { Lines } from './text-lines.ts';
import type { TraceFormat } from './trace-format.ts';

export const strace: TraceFormat = {
  name: 'strace',
  doc: 'output of strace -f -ttt -y -e trace=file,desc of real programs',
  detect: (head) => {
    const first = head.split('\n', 2)[0];
    return parseStraceLine(first) !== undefined;
  },
  read: (text, file) => new StraceReader(text, file).read(),
};

const AT_FDCWD = -100;
/** Names that -y gives to what is no file on a disk. */
const NOT_A_FILE = /^(?!\/)\w+:|^\/(dev|proc|sys)(\/|$)|<(char|block) /;

/** What a call does; `result` is what it returned, 0 or more. */
type Handler = (reader: StraceReader, call: StraceCall, result: number) => void;

class StraceReader {
  readonly #file: string;
  readonly #lines: Lines;
  readonly #builder = new CallTraceBuilder();
  readonly #sizes = new FileSizes(this.#builder);
  readonly #descriptors = new Descriptors();
  readonly #clock = new StraceClock();
  /** First halves of calls, by pid. */
  readonly #unfinished = new Map<string, { text: string; startNs: number }>();
  /** Working directories, by pid, as -y shows them. */
  readonly #directories = new Map<string, string>();
  /** What cannot be replayed, and how often. */
  readonly #warnings = new Map<string, number>();
  #startNs = 0;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = new Lines(text);
  }

  read(): CallTrace {
    const lines = this.#lines;
    while (lines.next()) {
      if (lines.line.trim() !== '') this.#readLine(lines.line);
    }
    if (lines.number === 0) throw new InputError('the trace is empty', { file: this.#file });
    const warnings = [...this.#warnings].map(([what, times]) => `${what} (${times} times)`);
    return this.#builder.finish(this.#file, lines.number, warnings);
  }

  #readLine(text: string): void {
    const line = parseStraceLine(text) ?? this.#fail();
    switch (line.kind) {
      case 'call':
        this.#startNs = this.#clock.read(line.call.time);
        this.#take(line.call);
        break;
      case 'unfinished':
        this.#unfinished.set(line.pid, { text: line.text, startNs: this.#clock.read(line.time) });
        break;
      case 'resumed': {
        const first = this.#unfinished.get(line.pid);
        this.#unfinished.delete(line.pid);
        if (first === undefined || !first.text.startsWith(`${line.name}(`)) {
          this.#warn('calls whose first half is missing are left out');
          break;
        }
        this.#startNs = first.startNs;
        this.#take(parseCall(first.text + line.text, line.pid, '') ?? this.#fail());
        break;
      }
      case 'exit':
        for (const fd of this.#descriptors.of(line.pid)) this.close(line.pid, fd);
        break;
      case 'other':
        break;
    }
  }

  #fail(): never {
    const { line, number } = this.#lines;
    const shown = line.length > 60 ? `${line.slice(0, 60)}...` : line;
    throw new InputError(
      `not a line of strace's: "${shown}"; expected [pid] [time] call(arguments) = result; ` +
        `if the trace breaks off here, record it again or cut the line off`,
      { file: this.#file, line: number },
    );
  }

  #warn(what: string): void {
    this.#warnings.set(what, (this.#warnings.get(what) ?? 0) + 1);
  }

  #take(call: StraceCall): void {
    const handler = handlers.get(call.name);
    if (handler === undefined) return;
    const result = parseDescriptor(call.result);
    // Failed (-1 and an error), or never returned (?): nothing happened to any page.
    if (result === undefined || result.fd < 0) return;
    handler(this, call, Number(/^\d+/.exec(call.result)?.[0] ?? 0));
  }

  /** The whole path of a name, relative to a directory's descriptor. */
  resolve(pid: string, directory: string | undefined, name: string): string {
    if (name.startsWith('/')) return name;
    const at = directory === undefined ? undefined : parseDescriptor(directory);
    if (at?.fd === AT_FDCWD && at.path !== undefined) this.#directories.set(pid, at.path);
    const base = at?.path ?? this.#directories.get(pid);
    return base === undefined ? name : `${base}/${name}`;
  }

  open(call: StraceCall, path: string, flags: string): void {
    const result = parseDescriptor(call.result);
    if (result === undefined) return;
    const full = result.path ?? path;
    const fd = result.fd;
    this.close(call.pid, fd);
    const number = this.#builder.pathNumber(full);
    const isIgnored = NOT_A_FILE.test(full) || flags.includes('O_DIRECTORY');
    const appends = flags.includes('O_APPEND');
    const binding = this.#bind(call.pid, { path: number, offset: 0, appends, isIgnored }, () => {
      return flags.includes('O_TRUNC') || flags.includes('O_EXCL');
    });
    this.#descriptors.set(call.pid, fd, binding);
    if (!isIgnored && flags.includes('O_TRUNC')) this.truncate(call.pid, binding, 0);
  }

  /** Gives a process a handle on a description, and says so in a row. */
  #bind(pid: string, description: Description, isNew: () => boolean): Binding {
    if (description.isIgnored) return { description, handle: -1, descriptors: 0 };
    const handle = this.#builder.newHandle();
    const row = this.#add(Call.open, pid, handle, description.path);
    this.#sizes.opened(description.path, row, isNew());
    return { description, handle, descriptors: 0 };
  }

  #add(call: Call, pid: string, handle: number, path: number, offset = 0, bytes = 0): number {
    const process = this.#builder.processNumber(pid);
    return this.#builder.add(call, process, this.#startNs, handle, path, offset, bytes);
  }

  /** What an argument stands for; undefined when that is no file, or cannot be known. */
  file(pid: string, argument: string): Binding | undefined {
    const descriptor = parseDescriptor(argument);
    if (descriptor === undefined || descriptor.fd < 0) return undefined;
    const binding =
      this.#descriptors.get(pid, descriptor.fd) ??
      this.#inherit(pid, descriptor.fd, descriptor.path);
    return binding === undefined || binding.description.isIgnored ? undefined : binding;
  }

  #inherit(pid: string, fd: number, path: string | undefined): Binding | undefined {
    const number = path === undefined ? undefined : this.#builder.pathNumber(path);
    let description = this.#descriptors.inherited(fd, number);
    if (description === undefined && path !== undefined && number !== undefined) {
      const isIgnored = NOT_A_FILE.test(path);
      description = { path: number, offset: 0, appends: false, isIgnored };
    }
    if (description === undefined) {
      if (fd > 2) this.#warn('calls on descriptors opened before the recording are left out');
      return undefined;
    }
    const binding = this.#bind(pid, description, () => false);
    this.#descriptors.set(pid, fd, binding);
    return binding;
  }

  close(pid: string, fd: number): void {
    const last = this.#descriptors.remove(pid, fd);
    if (last !== undefined && last.handle >= 0) {
      this.#add(Call.close, pid, last.handle, last.description.path);
    }
  }

  dup(pid: string, from: string, to: number): void {
    const fd = parseDescriptor(from)?.fd;
    if (fd === undefined || fd === to) return;
    const binding = this.#descriptors.get(pid, fd);
    this.close(pid, to);
    if (binding !== undefined) this.#descriptors.set(pid, to, binding);
  }

  /** @param at undefined: at the file's position, which moves on */
  transfer(pid: string, kind: Call, argument: string, at: number | undefined, bytes: number): void {
    const binding = this.file(pid, argument);
    if (binding === undefined || bytes === 0) return;
    const { description, handle } = binding;
    const { path } = description;
    const isWrite = kind === Call.write;
    let offset = at ?? description.offset;
    if (isWrite && description.appends) offset = this.#sizes.of(path);
    if (at === undefined) description.offset = offset + bytes;
    this.#add(kind, pid, handle, path, offset, bytes);
    if (isWrite) this.#sizes.written(path, offset + bytes);
    else this.#sizes.read(path, offset + bytes);
  }

  seek(call: StraceCall, position: number): void {
    const binding = this.file(call.pid, call.args[0]);
    if (binding === undefined) return;
    binding.description.offset = position;
    // How far the end is from the start is the file's size.
    if (call.args[2] === 'SEEK_END') {
      this.#sizes.read(binding.description.path, position - Number(call.args[1]));
    }
  }

  fsync(call: StraceCall): void {
    const binding = this.file(call.pid, call.args[0]);
    if (binding === undefined) return;
    this.#add(Call.fsync, call.pid, binding.handle, binding.description.path);
  }

  sync(pid: string): void {
    this.#add(Call.sync, pid, -1, -1);
  }

  truncate(pid: string, { description, handle }: Binding, bytes: number): void {
    this.#add(Call.truncate, pid, handle, description.path, 0, bytes);
    this.#sizes.truncated(description.path, bytes);
  }

  truncateByName(call: StraceCall, bytes: number): void {
    const name = parseString(call.args[0]);
    if (name === undefined) return;
    const path = this.#builder.pathNumber(this.resolve(call.pid, undefined, name));
    const description = { path, offset: 0, appends: false, isIgnored: false };
    const binding = this.#bind(call.pid, description, () => false);
    this.truncate(call.pid, binding, bytes);
    this.#add(Call.close, call.pid, binding.handle, path);
  }

  fallocate(call: StraceCall): void {
    const binding = this.file(call.pid, call.args[0]);
    if (binding === undefined) return;
    const end = Number(call.args[2]) + Number(call.args[3]);
    if (call.args[1] !== '0') this.#warn(`fallocate with ${call.args[1]} is left out`);
    else if (end > this.#sizes.of(binding.description.path)) this.truncate(call.pid, binding, end);
  }

  unlink(pid: string, directory: string | undefined, argument: string): void {
    const name = parseString(argument);
    if (name === undefined) return;
    const path = this.#builder.pathNumber(this.resolve(pid, directory, name));
    this.#add(Call.unlink, pid, -1, path);
    this.#sizes.unlinked(path);
  }

  rename(pid: string, from: string | undefined, to: string | undefined): void {
    if (from === undefined || to === undefined || from === to) return;
    const fromPath = this.#builder.pathNumber(from);
    const toPath = this.#builder.pathNumber(to);
    this.#add(Call.rename, pid, -1, fromPath, toPath);
    this.#sizes.renamed(fromPath, toPath);
    this.#descriptors.renamed(fromPath, toPath);
  }

  mmap({ pid, args }: StraceCall): void {
    const isShared = args[3]?.includes('MAP_SHARED') && args[2]?.includes('PROT_WRITE');
    if (!isShared || args[3].includes('MAP_ANONYMOUS')) return;
    if (this.file(pid, args[4]) !== undefined) {
      this.#warn('shared writable mappings: stores into them are not in a strace');
    }
  }
}

/** `NULL` or the number in brackets that a call was given: `[0]`, `[0 => 4096]`. */
function pointedNumber(argument: string): number | undefined {
  const match = /^\[(\d+)/.exec(argument);
  return match === null ? undefined : Number(match[1]);
}

/** A positional call's offset; -1 means the file's position (preadv2). */
function givenOffset(argument: string): number | undefined {
  const offset = Number(argument);
  return offset < 0 ? undefined : offset;
}

const transfers =
  (kind: Call, offsetArgument?: number): Handler =>
  (reader, { pid, args }, bytes) => {
    const at = offsetArgument === undefined ? undefined : givenOffset(args[offsetArgument]);
    reader.transfer(pid, kind, args[0], at, bytes);
  };

const named = (reader: StraceReader, pid: string, directory: string | undefined, text: string) => {
  const name = parseString(text);
  return name === undefined ? undefined : reader.resolve(pid, directory, name);
};

/** Every call that is followed; any other is passed over. */
const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['open', (r, c) => r.open(c, named(r, c.pid, undefined, c.args[0]) ?? '', c.args[1])],
  ['openat', (r, c) => r.open(c, named(r, c.pid, c.args[0], c.args[1]) ?? '', c.args[2])],
  ['openat2', (r, c) => r.open(c, named(r, c.pid, c.args[0], c.args[1]) ?? '', c.args[2])],
  ['creat', (r, c) => r.open(c, named(r, c.pid, undefined, c.args[0]) ?? '', 'O_TRUNC')],
  ['close', (r, c) => r.close(c.pid, parseDescriptor(c.args[0])?.fd ?? -1)],
  ['read', transfers(Call.read)],
  ['readv', transfers(Call.read)],
  ['pread64', transfers(Call.read, 3)],
  ['preadv', transfers(Call.read, 3)],
  ['preadv2', transfers(Call.read, 3)],
  ['write', transfers(Call.write)],
  ['writev', transfers(Call.write)],
  ['pwrite64', transfers(Call.write, 3)],
  ['pwritev', transfers(Call.write, 3)],
  ['pwritev2', transfers(Call.write, 3)],
  [
    'copy_file_range',
    (r, { pid, args }, bytes) => {
      r.transfer(pid, Call.read, args[0], pointedNumber(args[1]), bytes);
      r.transfer(pid, Call.write, args[2], pointedNumber(args[3]), bytes);
    },
  ],
  [
    'sendfile',
    (r, { pid, args }, bytes) => {
      r.transfer(pid, Call.read, args[1], pointedNumber(args[2]), bytes);
      r.transfer(pid, Call.write, args[0], undefined, bytes);
    },
  ],
  ['lseek', (r, c, position) => r.seek(c, position)],
  ['dup', (r, c, fd) => r.dup(c.pid, c.args[0], fd)],
  ['dup2', (r, c, fd) => r.dup(c.pid, c.args[0], fd)],
  ['dup3', (r, c, fd) => r.dup(c.pid, c.args[0], fd)],
  [
    'fcntl',
    (r, c, fd) => {
      if (c.args[1]?.startsWith('F_DUPFD')) r.dup(c.pid, c.args[0], fd);
    },
  ],
  ['fsync', (r, c) => r.fsync(c)],
  ['fdatasync', (r, c) => r.fsync(c)],
  ['sync', (r, c) => r.sync(c.pid)],
  ['syncfs', (r, c) => r.sync(c.pid)],
  ['truncate', (r, c) => r.truncateByName(c, Number(c.args[1]))],
  [
    'ftruncate',
    (r, c) => {
      const binding = r.file(c.pid, c.args[0]);
      if (binding !== undefined) r.truncate(c.pid, binding, Number(c.args[1]));
    },
  ],
  ['fallocate', (r, c) => r.fallocate(c)],
  ['unlink', (r, c) => r.unlink(c.pid, undefined, c.args[0])],
  [
    'unlinkat',
    (r, c) => {
      if (!c.args[2]?.includes('AT_REMOVEDIR')) r.unlink(c.pid, c.args[0], c.args[1]);
    },
  ],
  [
    'rename',
    (r, { pid, args }) =>
      r.rename(pid, named(r, pid, undefined, args[0]), named(r, pid, undefined, args[1])),
  ],
  [
    'renameat',
    (r, { pid, args }) =>
      r.rename(pid, named(r, pid, args[0], args[1]), named(r, pid, args[2], args[3])),
  ],
  [
    'renameat2',
    (r, { pid, args }) =>
      r.rename(pid, named(r, pid, args[0], args[1]), named(r, pid, args[2], args[3])),
  ],
  ['mmap', (r, c) => r.mmap(c)],
]);
