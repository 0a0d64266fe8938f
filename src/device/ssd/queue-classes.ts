/** Priority classes of NVMe submission queues, the one that is always served first in front. */
export const queueClasses = ['urgent', 'high', 'medium', 'low'] as const;
