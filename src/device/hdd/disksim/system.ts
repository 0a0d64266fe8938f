/**
 * DiskSim's system file (`.parv`): the buses, and which of them a disk hangs on.
 *
 * Beside definitions it holds `source FILE`, `instantiate [ a, b .. d ] as NAME` and one `topology`,
 * the tree of instances from the driver down (DiskSim 4.0 Reference Manual, CMU-PDL-08-101).
 */

import { InputError } from '../../../sim/input-error.ts';
import { Block, readDefinitions, readText } from './parameters.ts';

export class System {
  readonly file: string;
  readonly #definitions: Block[];
  /** The definition's name by the instance's. */
  readonly #kindOf = new Map<string, string>();
  /** The words of the topology, brackets among them; none when the file has none. */
  readonly #topology: string[] = [];

  /** @throws InputError naming file and line */
  constructor(file: string) {
    this.file = file;
    let text = readText(file).replace(/#.*/g, '');
    const take = (pattern: RegExp, use: (match: string[]) => void): void => {
      text = text.replace(pattern, (...match: string[]) => {
        use(match);
        return match[0].replace(/[^\n]/g, ' ');
      });
    };
    take(/^[ \t]*source\s+\S+/gm, () => {});
    take(/^[ \t]*instantiate\s*\[([^\]]*)\]\s*as\s+(\S+)/gm, ([, names, kind]) => {
      for (const name of instancesOf(names)) this.#kindOf.set(name, kind);
    });
    take(/^[ \t]*topology\s[\w\s[\],.-]*\]/gm, ([words]) => {
      this.#topology.push(...(words.match(/[[\]]|[^\s,[\]]+/g) ?? []).slice(1));
    });
    this.#definitions = readDefinitions(file, text);
  }

  /** The bus nearest above a disk of this definition; undefined when the system has no such disk. */
  busOf(disk: string): Block | undefined {
    const above: string[] = [];
    for (const [at, word] of this.#topology.entries()) {
      if (word === ']') above.pop();
      if (word !== '[') continue;
      const [type, instance] = this.#topology.slice(at - 2, at);
      if (type === 'disksim_disk' && this.#kindOf.get(instance) === disk) return this.#bus(above);
      above.push(type === 'disksim_bus' ? instance : '');
    }
    return undefined;
  }

  #bus(above: readonly string[]): Block {
    const instance = above.findLast((name) => name !== '') ?? '';
    const kind = this.#kindOf.get(instance);
    const bus = this.#definitions.find(({ type, name }) => type === 'disksim_bus' && name === kind);
    if (bus !== undefined) return bus;
    throw new InputError(`topology: expected the disk under a disksim_bus that the file defines`, {
      file: this.file,
    });
  }
}

/** `a, b` and `a0 .. a3`, as names one by one. */
function instancesOf(text: string): string[] {
  const range = /^\s*(\D*)(\d+)\s*\.\.\s*\D*(\d+)\s*$/;
  return text.split(',').flatMap((part) => {
    const [, stem, from, to] = range.exec(part) ?? [];
    if (stem === undefined) return [part.trim()];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => stem + (+from + i));
  });
}
