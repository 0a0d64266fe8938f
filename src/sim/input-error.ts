/**
 * What is wrong with something a person gave us: which file, which line, which field, what was
 * expected, what to do. The command line prints it as one line and exits with code 2; nothing else
 * is ever shown to a user as an error of theirs.
 */

export interface InputErrorPlace {
  /** The file's path as the user gave it. */
  file?: string | undefined;
  /** 1-based. */
  line?: number | undefined;
}

export class InputError extends Error {
  override readonly name = 'InputError';
  readonly place: InputErrorPlace;

  /** @param message what is wrong, what was expected and, where known, the nearest valid name */
  constructor(message: string, place: InputErrorPlace = {}) {
    const where = place.file === undefined ? '' : place.file + (place.line ? `:${place.line}` : '');
    super(where === '' ? message : `${where}: ${message}`);
    this.place = place;
  }
}

/** Levenshtein distance, letters compared without regard to case. */
function distance(a: string, b: string): number {
  const from = a.toLowerCase();
  const to = b.toLowerCase();
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + cost));
    }
    row = next;
  }
  return row[to.length];
}

/** The candidate most like `name`, or undefined when there is none. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const d = distance(name, candidate);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** `; nearest: "x"`, or nothing when there is no candidate: to end an error message with. */
export function nearestHint(name: string, candidates: Iterable<string>): string {
  const match = nearest(name, candidates);
  return match === undefined ? '' : `; nearest: "${match}"`;
}
