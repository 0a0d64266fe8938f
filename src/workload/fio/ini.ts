/**
 * The outer form of a fio job file: sections in brackets, options below them, `;` and `#` comments
 * (fio's HOWTO, "Job file format").
 */

import { InputError, type InputErrorPlace } from '../../sim/input-error.ts';

/** One `name=value` line; `value` is undefined when the option stands alone. */
export interface IniEntry {
  name: string;
  value: string | undefined;
  line: number;
}

export interface IniSection {
  name: string;
  line: number;
  entries: IniEntry[];
}

/** Cuts a comment off: fio ends a line at the first `;` or `#`, save within quotes. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') quoted = !quoted;
    else if (!quoted && (line[i] === ';' || line[i] === '#')) return line.slice(0, i);
  }
  return line;
}

function unquoted(value: string, place: InputErrorPlace): string {
  const quotes = value.split('"').length - 1;
  if (quotes % 2 !== 0) throw new InputError(`a quote is not closed in ${value}`, place);
  return value.replaceAll('"', '');
}

/**
 * Splits a job file into its sections, in order.
 * @param environment what `${NAME}` stands for; an unknown name is empty, as in fio
 * @throws InputError naming file and line
 */
export function parseIni(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): IniSection[] {
  const sections: IniSection[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const place = { file, line: index + 1 };
    const line = withoutComment(raw).trim();
    if (line === '') continue;
    if (line.startsWith('[')) {
      const close = line.indexOf(']');
      if (close < 0) throw new InputError(`expected "]" after the section's name: ${line}`, place);
      const name = line.slice(1, close);
      if (name === '') throw new InputError('a section needs a name, such as [writer]', place);
      sections.push({ name, line: place.line, entries: [] });
      continue;
    }
    const section = sections.at(-1);
    if (section === undefined) {
      throw new InputError(`expected a section such as [global] before "${line}"`, place);
    }
    const equals = line.indexOf('=');
    const name = (equals < 0 ? line : line.slice(0, equals)).trim();
    const value = equals < 0 ? undefined : unquoted(line.slice(equals + 1).trim(), place);
    section.entries.push({
      name,
      value: value?.replace(/\$\{(\w+)\}/g, (_, key: string) => environment[key] ?? ''),
      line: place.line,
    });
  }
  return sections;
}
