/** Every format of file-call traces. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import type { CallTrace } from './call-trace.ts';
import { fioIolog } from './fio-iolog.ts';
import { strace } from './strace.ts';
import { readTraceText } from './text-lines.ts';
import type { TraceFormat } from './trace-format.ts';

export const traceFormats: readonly TraceFormat[] = [fioIolog, strace];

/**
 * Splits `format:path`; a path alone has no format.
 * @throws InputError when there is no such format, with the nearest
 */
export function splitTraceName(name: string): { format: TraceFormat | undefined; path: string } {
  const prefix = /^([a-z][\w-]+):/.exec(name)?.[1];
  if (prefix === undefined) return { format: undefined, path: name };
  const format = traceFormats.find((each) => each.name === prefix);
  if (format !== undefined) return { format, path: name.slice(prefix.length + 1) };
  const names = traceFormats.map((each) => each.name);
  throw new InputError(
    `there is no trace format "${prefix}"${nearestHint(prefix, names)}; a path with a colon in it is written ./${name}`,
  );
}

/**
 * Reads a trace of file calls, gzipped or not.
 * @param name a path, or `format:path` when the format cannot be told from the file
 * @throws InputError naming file and line, or the nearest format
 */
export function readTrace(name: string): CallTrace {
  const { format, path } = splitTraceName(name);
  const text = readTraceText(path);
  return (format ?? detectFormat(text, path)).read(text, path);
}

/** @throws InputError when the text is of no format */
export function detectFormat(text: string, file: string): TraceFormat {
  const head = text.slice(0, 4096);
  const format = traceFormats.find((each) => each.detect(head));
  if (format !== undefined) return format;
  const names = traceFormats.map((each) => each.name).join(', ');
  throw new InputError(`of no known trace format (${names}); give one as format:${file}`, {
    file,
    line: 1,
  });
}
