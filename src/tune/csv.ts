/** Comma-separated rows whose fields may be quoted and then hold commas (RFC 4180). */

import { InputError, nearestHint } from '../sim/input-error.ts';
import { readTextFile } from '../sim/json-file.ts';

export interface CsvRow {
  /** 1-based. */
  readonly line: number;
  /** Empty where the file has no such column. */
  text(name: string): string;
  /** @throws InputError naming file, line and column */
  number(name: string): number;
}

export interface Csv {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
  /** @throws InputError when none of the names is a column */
  column(...names: string[]): string;
}

/** @throws InputError when the file cannot be read */
export function readCsv(file: string): Csv {
  const lines = readTextFile(file).split(/\r?\n/);
  const columns = fieldsOf(lines[0]);
  const rows = lines.flatMap((line, i): CsvRow[] => {
    if (i === 0 || line.trim() === '') return [];
    const fields = fieldsOf(line);
    const text = (name: string): string => fields[columns.indexOf(name)] ?? '';
    const number = (name: string): number => {
      const value = Number(text(name));
      if (text(name) !== '' && value >= 0) return value;
      throw new InputError(`column "${name}": expected a number, got "${text(name)}"`, {
        file,
        line: i + 1,
      });
    };
    return [{ line: i + 1, text, number }];
  });
  const column = (...names: string[]): string => {
    const found = names.find((name) => columns.includes(name));
    if (found !== undefined) return found;
    throw new InputError(`expected a column "${names[0]}"${nearestHint(names[0], columns)}`, {
      file,
      line: 1,
    });
  };
  return { file, columns, rows, column };
}

function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  let rest = line;
  for (let goesOn = true; goesOn;) {
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
    const plain = quoted ?? /^([^,]*)(,|$)/.exec(rest)!;
    fields.push(quoted === null ? plain[1] : quoted[1].replaceAll('""', '"'));
    goesOn = plain[2] === ',';
    rest = rest.slice(plain[0].length);
  }
  return fields;
}
