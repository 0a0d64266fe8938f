/**
 * The descriptors of the recorded processes: which open file each number stands for, and where in
 * it that file's position is. Duplicated and inherited descriptors share one position, as
 * dup(2) and fork(2) say.
 */

/** What open(2) makes: a file and a position, shared by every descriptor that came from it. */
export interface Description {
  path: number;
  offset: number;
  appends: boolean;
  /** A directory, pipe, socket or device: no file whose pages could be written. */
  isIgnored: boolean;
}

/** One process's use of a description: it has a handle of its own in the replay. */
export interface Binding {
  description: Description;
  handle: number;
  /** Descriptors of the process that stand for it. */
  descriptors: number;
}

export class Descriptors {
  readonly #processes = new Map<string, Map<number, Binding>>();

  get(pid: string, fd: number): Binding | undefined {
    return this.#processes.get(pid)?.get(fd);
  }

  /** Makes `fd` stand for `binding`; what it stood for must have been removed. */
  set(pid: string, fd: number, binding: Binding): void {
    let table = this.#processes.get(pid);
    if (table === undefined) {
      table = new Map();
      this.#processes.set(pid, table);
    }
    binding.descriptors++;
    table.set(fd, binding);
  }

  /** Removes `fd`; returns its binding when that was the process's last descriptor for it. */
  remove(pid: string, fd: number): Binding | undefined {
    const table = this.#processes.get(pid);
    const binding = table?.get(fd);
    if (table === undefined || binding === undefined) return undefined;
    table.delete(fd);
    return --binding.descriptors === 0 ? binding : undefined;
  }

  /** The numbers a process has open. */
  of(pid: string): number[] {
    return [...(this.#processes.get(pid)?.keys() ?? [])];
  }

  /**
   * What a process may have inherited as `fd` from another, or shares with a fellow thread.
   * @param path as -y shows it; without it only one process with that descriptor will do
   */
  inherited(fd: number, path: number | undefined): Description | undefined {
    const found: Description[] = [];
    for (const table of this.#processes.values()) {
      const description = table.get(fd)?.description;
      if (description === undefined || found.includes(description)) continue;
      if (path === undefined || description.path === path) found.push(description);
    }
    return path === undefined && found.length > 1 ? undefined : found.at(-1);
  }

  /** Follows a rename. */
  renamed(from: number, to: number): void {
    for (const table of this.#processes.values()) {
      for (const { description } of table.values()) {
        if (description.path === from) description.path = to;
      }
    }
  }
}
