/** Why a bfq queue's turn is over (enum bfqq_expiration). */

export const Why = { tooIdle: 0, timeout: 1, budgetUsed: 2, noMore: 3, preempted: 4 } as const;
export type WhyExpired = (typeof Why)[keyof typeof Why];
