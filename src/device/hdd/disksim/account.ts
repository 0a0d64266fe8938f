/**
 * What became of each key of a DiskSim file: carried into the profile, of no effect in this one,
 * approximated, or without a counterpart. A key that nobody accounted for is reported as unknown.
 */

import type { Block } from './parameters.ts';

export const FATES = ['carried', 'no effect', 'approximated', 'no counterpart', 'unknown'] as const;
export type Fate = (typeof FATES)[number];

export interface ReportLine {
  readonly file: string;
  readonly line: number;
  readonly key: string;
  readonly value: string;
  readonly fate: Fate;
  /** Where it went, or why it did not. */
  readonly note: string;
}

export class Account {
  readonly #fates = new Map<Block, Map<string, { fate: Fate; note: string }>>();

  /** @param note where in the profile the key went to, or what the difference is */
  note(block: Block, key: string, fate: Fate, note: string): void {
    let fates = this.#fates.get(block);
    if (fates === undefined) this.#fates.set(block, (fates = new Map()));
    fates.set(key, { fate, note });
  }

  /** All keys of the blocks, in the order of the files. */
  lines(blocks: readonly Block[]): ReportLine[] {
    return blocks.flatMap((block) =>
      [...block.entries].map(([key, { value, line }]) => {
        const { fate, note } = this.#fates.get(block)?.get(key) ?? { fate: 'unknown', note: '' };
        const text =
          typeof value === 'string' ? value : Array.isArray(value) ? `[${value.length}]` : '{ }';
        return { file: block.file, line, key, value: text, fate, note };
      }),
    );
  }
}
