/** Every victim policy there is. A new one is a file and one line here. */

import { costBenefit } from './cost-benefit.ts';
import { fifo } from './fifo.ts';
import { greedy } from './greedy.ts';
import type { VictimPolicyFactory } from './policy.ts';
import { randomGreedy } from './random-greedy.ts';
import { windowed } from './windowed.ts';

export const victimPolicies = {
  greedy,
  fifo,
  'random-greedy': randomGreedy,
  'cost-benefit': costBenefit,
  windowed,
} satisfies Record<string, VictimPolicyFactory>;

export type VictimPolicyName = keyof typeof victimPolicies;

export const victimPolicyNames = Object.keys(victimPolicies) as [
  VictimPolicyName,
  ...VictimPolicyName[],
];
