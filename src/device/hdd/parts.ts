/** What a rotational drive is made of, wired together, and what all of it shares. */

import type { DeviceOptions } from '../device.ts';
import { Counting } from './counting.ts';
import { Destage } from './destage.ts';
import { Durability } from './durability.ts';
import { Explanation } from './explanation.ts';
import { Geometry } from './geometry.ts';
import { Link } from './link.ts';
import { Mechanism } from './mechanism.ts';
import { Medium } from './medium.ts';
import { Overhead } from './overhead.ts';
import type { HddProfile } from './profile.ts';
import { ReadCache } from './read-cache.ts';
import { Requests } from './requests.ts';
import type { EventQueue } from '../../sim/events.ts';

export interface Parts {
  readonly events: EventQueue;
  readonly requests: Requests;
  readonly mechanism: Mechanism;
  readonly readCache: ReadCache;
  readonly destage: Destage;
  readonly link: Link;
  readonly overhead: Overhead;
  readonly medium: Medium;
  readonly counting: Counting;
  readonly explanation: Explanation | undefined;
  readonly durability: Durability | undefined;
}

/** @param finish handler of `events` that ends a request, by tag */
export function makeParts(
  profile: HddProfile,
  events: EventQueue,
  options: DeviceOptions,
  finish: number,
): Parts {
  const { depth } = profile.queue;
  const requests = new Requests(depth, events, finish);
  const mechanism = new Mechanism(profile, new Geometry(profile));
  const readCache = new ReadCache(profile, mechanism);
  const destage = new Destage(profile, mechanism, events);
  const link = new Link(profile);
  const overhead = new Overhead(profile);
  const medium = new Medium(profile, requests, mechanism, readCache, link, overhead);
  return {
    events,
    requests,
    mechanism,
    readCache,
    destage,
    link,
    overhead,
    medium,
    counting: new Counting(events),
    explanation: options.explain === true ? new Explanation(depth) : undefined,
    durability: options.powerCut === true ? new Durability(destage.dirty) : undefined,
  };
}
