/** Every victim policy there is. A new one is a file and one line here. */

import { greedy } from './greedy.ts';
import type { VictimPolicyFactory } from './policy.ts';

export const victimPolicies = { greedy } satisfies Record<string, VictimPolicyFactory>;

export type VictimPolicyName = keyof typeof victimPolicies;

export const victimPolicyNames = Object.keys(victimPolicies) as [
  VictimPolicyName,
  ...VictimPolicyName[],
];
