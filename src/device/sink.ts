/** Completions go to a sink in one way, whichever of the two it has. */

import type { EventQueue } from '../sim/events.ts';
import type { CompletionSink } from './device.ts';

/** A sink that is told without the time. */
export type TimelessSink = Required<Pick<CompletionSink, 'ended'>>;

/** The sink if it has `ended`; else one that has, and calls its `complete` with the time of `events`. */
export function timeless(sink: CompletionSink, events: EventQueue): TimelessSink {
  if (sink.ended !== undefined) return sink as TimelessSink;
  return { ended: (tag, status) => sink.complete(tag, events.nowNs, status) };
}
