/** Every format of file-call traces. A new one is a file and one line here. */

import { InputError, nearestHint } from '../../sim/input-error.ts';
import type { CallTrace } from './call-trace.ts';
import { fioIolog } from './fio-iolog.ts';
import { strace } from './strace.ts';
import { readTraceText } from './text-lines.ts';
import type { TraceFormat } from './trace-format.ts';

export const traceFormats: readonly TraceFormat[] = [fioIolog, strace];

/**
 * Reads a trace of file calls, gzipped or not.
 * @param spec a path, or `format:path` when the format cannot be told from the file
 * @throws InputError naming file and line, or the nearest format
 */
export function readTrace(spec: string): CallTrace {
  const colon = spec.indexOf(':');
  const prefix = colon < 0 ? '' : spec.slice(0, colon);
  const named = traceFormats.find((format) => format.name === prefix);
  if (named !== undefined) {
    const file = spec.slice(colon + 1);
    return named.read(readTraceText(file), file);
  }
  if (/^[a-z][\w-]+$/.test(prefix)) {
    const names = traceFormats.map((format) => format.name);
    throw new InputError(
      `there is no trace format "${prefix}"${nearestHint(prefix, names)}; a path with a colon in it is written ./${spec}`,
    );
  }
  const text = readTraceText(spec);
  return detectFormat(text, spec).read(text, spec);
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
