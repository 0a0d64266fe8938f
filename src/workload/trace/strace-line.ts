/**
 * One line of strace's output taken apart: who, when, which call, its arguments and its result
 * (strace(1), "DESCRIPTION" and the options -f, -r, -t, -y, -T).
 */

export interface StraceCall {
  /** As strace prints it; '' without -f. */
  pid: string;
  /** The column -ttt, -tt, -t or -r prints; '' without one. */
  time: string;
  name: string;
  args: string[];
  /** What stands after `= `: a number, `?`, or `-1 ENOENT (...)`; the path of -y is kept. */
  result: string;
}

export type StraceLine =
  | { kind: 'call'; call: StraceCall }
  /** A call cut in two by another process's line; `text` is its first half, `name(args...`. */
  | { kind: 'unfinished'; pid: string; time: string; text: string }
  /** The second half. */
  | { kind: 'resumed'; pid: string; name: string; text: string }
  | { kind: 'exit'; pid: string }
  /** A signal, or a remark of strace's own. */
  | { kind: 'other'; pid: string };

const PREFIX =
  /^(?:\[pid +(\d+)\] +|(\d+) +(?=\S))?(?:(\d+:\d\d:\d\d(?:\.\d+)?|\d+\.\d+) +|\( *\+ *(\d+\.\d+)\) +)?/;
const RESUMED = /^<\.\.\. (\w+) resumed>,? ?/;
const UNFINISHED = ' <unfinished ...>';
const CALL = /^(\w+)\(/;

/** Takes a line apart; undefined when it is not as strace writes lines. */
export function parseStraceLine(line: string): StraceLine | undefined {
  const prefix = PREFIX.exec(line.trimStart());
  if (prefix === null) return undefined;
  const pid = prefix[1] ?? prefix[2] ?? '';
  const time = prefix[3] ?? prefix[4] ?? '';
  const text = line.trimStart().slice(prefix[0].length);
  if (text.startsWith('+++ ')) return { kind: 'exit', pid };
  if (text.startsWith('--- ') || text.startsWith('strace: ')) return { kind: 'other', pid };
  const resumed = RESUMED.exec(text);
  if (resumed !== null) {
    return { kind: 'resumed', pid, name: resumed[1], text: text.slice(resumed[0].length) };
  }
  if (!CALL.test(text)) return undefined;
  if (text.endsWith('<unfinished ...>')) {
    const cut = text.endsWith(UNFINISHED) ? UNFINISHED.length : UNFINISHED.length - 1;
    return { kind: 'unfinished', pid, time, text: text.slice(0, -cut) };
  }
  const call = parseCall(text, pid, time);
  return call === undefined ? undefined : { kind: 'call', call };
}

/** Takes `name(args) = result` apart; undefined when it is not whole. */
export function parseCall(text: string, pid: string, time: string): StraceCall | undefined {
  const name = CALL.exec(text);
  if (name === null) return undefined;
  const args: string[] = [];
  const close = splitArguments(text, name[0].length, args);
  if (close < 0) return undefined;
  // -T ends a line with the time the call took, which the replay finds out for itself.
  const result = /^ *= (\S.*?)(?: <\d+\.\d+>)?$/s.exec(text.slice(close + 1));
  return result === null ? undefined : { pid, time, name: name[1], args, result: result[1] };
}

/** Splits at the commas of the outermost level; returns where the closing bracket is, or -1. */
function splitArguments(text: string, from: number, args: string[]): number {
  let depth = 0;
  let start = from;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      i = endOfString(text, i);
      if (i < 0) return -1;
    } else if (c === '<' && isDescriptorEnd(text[i - 1])) {
      i = endOfPath(text, i);
      if (i < 0) return -1;
    } else if (c === '(' || c === '[' || c === '{') {
      depth++;
    } else if (c === ',' && depth === 0) {
      args.push(text.slice(start, i).trim());
      start = i + 1;
    } else if ((c === ')' || c === ']' || c === '}') && depth-- === 0) {
      const last = text.slice(start, i).trim();
      if (last !== '' || args.length > 0) args.push(last);
      return i;
    }
  }
  return -1;
}

/** `<` opens a path after a descriptor's number or AT_FDCWD; elsewhere it is a shift. */
function isDescriptorEnd(before: string): boolean {
  return (before >= '0' && before <= '9') || before === 'D';
}

function endOfString(text: string, quote: number): number {
  for (let i = quote + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return -1;
}

/** Paths have their own `>` escaped; -yy nests one pair, as in `</dev/null<char 1:3>>`. */
function endOfPath(text: string, open: number): number {
  if (text[open + 1] === '<') return open;
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '<') depth++;
    else if (text[i] === '>' && text[i - 1] !== '-' && --depth === 0) return i;
  }
  return -1;
}

/** A descriptor's number and, with -y, what it is: `4</data/x>`; undefined when it is neither. */
export function parseDescriptor(
  text: string,
): { fd: number; path: string | undefined } | undefined {
  const match = /^(-?\d+|AT_FDCWD)(?:<(.*)>)?/s.exec(text);
  if (match === null) return undefined;
  const fd = match[1] === 'AT_FDCWD' ? -100 : Number(match[1]);
  const path = match[2]?.replace(/ \(deleted\)$/, '');
  return { fd, path: path === undefined ? undefined : unescape(path) };
}

/** The text of a quoted string; undefined when it is not one, or was cut short by -s. */
export function parseString(text: string): string | undefined {
  const match = /^"(.*)"$/s.exec(text);
  return match === null ? undefined : unescape(match[1]);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' };

/** Undoes strace's C escapes. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/g, (_, escape: string) => {
    if (escape[0] === 'x') return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(parseInt(escape, 8));
    return ESCAPES[escape] ?? escape;
  });
}
