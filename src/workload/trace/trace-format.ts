/** What a format of file-call traces offers to the registry. */

import type { CallTrace } from './call-trace.ts';

export interface TraceFormat {
  readonly name: string;
  /** One line for help. */
  readonly doc: string;
  /** Whether a file that begins like this is of this format. */
  detect(head: string): boolean;
  /**
   * @param file for messages
   * @throws InputError naming file and line
   */
  read(text: string, file: string): CallTrace;
}
