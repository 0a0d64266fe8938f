/**
 * DiskSim's parameter language: `type name { key = value, ... }`, where a value is a word or number,
 * a `[list]`, a nested `type { ... }`, or `source FILE`, the definition that another file holds.
 *
 * Keys are free text up to the equals sign, `#` begins a comment, commas between entries may be
 * left out at the end of a line. Described in the DiskSim 4.0 Reference Manual (CMU-PDL-08-101,
 * section 3, "libparam"); read here into blocks that remember the file and line of every key.
 */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError, nearestHint } from '../../../sim/input-error.ts';

export type Value = string | Block | readonly Value[];

export interface Entry {
  readonly value: Value;
  readonly line: number;
}

/** One `type name { ... }`; keeps account of which of its keys somebody has asked for. */
export class Block {
  readonly type: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly entries = new Map<string, Entry>();

  constructor(type: string, name: string, file: string, line: number) {
    this.type = type;
    this.name = name;
    this.file = file;
    this.line = line;
  }

  /** @throws InputError naming file, line and key */
  fail(key: string, expected: string): never {
    const line = this.entries.get(key)?.line ?? this.line;
    throw new InputError(`${key}: expected ${expected}`, { file: this.file, line });
  }

  /** A key's value. @throws InputError when the key is not there */
  value(key: string): Value {
    const entry = this.entries.get(key);
    if (entry !== undefined) return entry.value;
    const hint = nearestHint(key, this.entries.keys());
    throw new InputError(`${this.type} ${this.name}: there is no "${key}"${hint}`, {
      file: this.file,
      line: this.line,
    });
  }

  /** A key's number, or `byDefault` when the key is not there and that was given. */
  number(key: string, byDefault?: number): number {
    if (byDefault !== undefined && !this.entries.has(key)) return byDefault;
    const value = this.value(key);
    const number = typeof value === 'string' ? Number(value) : NaN;
    return Number.isFinite(number) ? number : this.fail(key, 'a number');
  }

  /** A whole number of 0 or more. */
  count(key: string, byDefault?: number): number {
    const number = this.number(key, byDefault);
    return Number.isInteger(number) && number >= 0
      ? number
      : this.fail(key, 'a whole number, 0 or more');
  }

  word(key: string): string {
    const value = this.value(key);
    return typeof value === 'string' ? value : this.fail(key, 'a word');
  }

  block(key: string): Block {
    const value = this.value(key);
    return value instanceof Block ? value : this.fail(key, 'a { block }');
  }

  numbers(key: string): number[] {
    return this.#list(key).map((item) => {
      const number = typeof item === 'string' ? Number(item) : NaN;
      return Number.isFinite(number) ? number : this.fail(key, 'a list of numbers');
    });
  }

  blocks(key: string): Block[] {
    return this.#list(key).map((item) =>
      item instanceof Block ? item : this.fail(key, 'a list of { blocks }'),
    );
  }

  #list(key: string): readonly Value[] {
    const value = this.value(key);
    return typeof value === 'string' || value instanceof Block ? this.fail(key, 'a [list]') : value;
  }
}

class Reader {
  readonly #file: string;
  readonly #text: string;
  readonly #depth: number;
  #at = 0;
  #line = 1;

  constructor(file: string, depth: number, text = readText(file)) {
    this.#file = file;
    this.#depth = depth;
    this.#text = text;
  }

  /** All definitions of the file. */
  definitions(): Block[] {
    const found: Block[] = [];
    for (;;) {
      this.#skip();
      if (this.#at >= this.#text.length) return found;
      const line = this.#line;
      const words = this.#until('{=,[]}').split(/\s+/);
      if (this.#text[this.#at] !== '{' || words.length > 2 || words[0] === '') {
        this.#fail('a definition: type name { key = value, ... }', line);
      }
      found.push(this.#block(words[0], words[1] ?? '', line));
    }
  }

  #fail(expected: string, line = this.#line): never {
    throw new InputError(`expected ${expected}`, { file: this.#file, line });
  }

  /** Over white space, commas are not. */
  #skip(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at];
      if (char === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      }
      if (this.#text[this.#at] === '\n') this.#line++;
      else if (this.#at < this.#text.length && !/\s/.test(this.#text[this.#at])) return;
    }
  }

  /** The text up to one of `stops` or a comment, trimmed. */
  #until(stops: string): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !(stops + '#').includes(this.#text[this.#at])) {
      if (this.#text[this.#at] === '\n') this.#line++;
      this.#at++;
    }
    return this.#text.slice(from, this.#at).trim();
  }

  #block(type: string, name: string, line: number): Block {
    const block = new Block(type, name, this.#file, line);
    this.#at++;
    for (;;) {
      this.#skip();
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail(`a "}" that ends ${type} ${name} of line ${line}`);
      if (char === '}') {
        this.#at++;
        return block;
      }
      if (char === ',') {
        this.#at++;
        continue;
      }
      const keyLine = this.#line;
      const key = this.#until('=,{}[]\n');
      this.#skip();
      if (this.#text[this.#at] !== '=' || key === '') this.#fail('key = value', keyLine);
      if (block.entries.has(key)) this.#fail(`"${key}" once in ${type} ${name}`, keyLine);
      this.#at++;
      block.entries.set(key, { value: this.#value(key), line: keyLine });
    }
  }

  #value(key: string): Value {
    this.#skip();
    const line = this.#line;
    if (this.#text[this.#at] === '[') return this.#list(key);
    const text = this.#until(',{}[]\n');
    const end = this.#at;
    const endLine = this.#line;
    this.#skip();
    if (this.#text[this.#at] === '{' && text !== '') {
      const [type, name = ''] = text.split(/\s+/);
      return this.#block(type, name, line);
    }
    this.#at = end;
    this.#line = endLine;
    if (text === '') this.#fail(`a value for "${key}"`, line);
    const sourced = /^source\s+(\S+)$/.exec(text);
    return sourced === null ? text : this.#source(sourced[1], line);
  }

  #list(key: string): Value[] {
    const items: Value[] = [];
    this.#at++;
    for (;;) {
      this.#skip();
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail(`a "]" that ends the list "${key}"`);
      this.#at += char === ']' || char === ',' ? 1 : 0;
      if (char === ']') return items;
      if (char !== ',') items.push(this.#value(key));
    }
  }

  #source(name: string, line: number): Value {
    if (this.#depth >= 8) this.#fail('files that do not name each other in a circle', line);
    const path = besides(this.#file, name);
    let found: Block[];
    try {
      found = new Reader(path, this.#depth + 1).definitions();
    } catch (error) {
      if (!(error instanceof InputError) || error.place.line !== undefined) throw error;
      throw new InputError(`source ${name}: ${error.message}`, { file: this.#file, line });
    }
    if (found.length !== 1) this.#fail(`one definition in ${name}, found ${found.length}`, line);
    return found[0];
  }
}

/** The path of a file that `file` names: DiskSim looks beside it. */
export function besides(file: string, name: string): string {
  return resolve(dirname(file), name);
}

/** @throws InputError */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot be read: ${(error as NodeJS.ErrnoException).code}`, { file });
  }
}

/**
 * The definitions of a parameter file, with the files it names.
 * @param text what of the file to read; all of it when not given
 * @throws InputError naming file and line
 */
export function readDefinitions(file: string, text?: string): Block[] {
  return new Reader(file, 0, text).definitions();
}
