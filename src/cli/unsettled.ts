/** What is said of a drive that has not settled: by how much, and what it would take. */

import type { Settled } from '../device/ssd/settle.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const many = (n: number): string => Math.round(n).toLocaleString('en-US');

/** @param physicalUnits of the flash: once they have been programmed, each block has been emptied about once */
export function unsettledNote(settled: Settled, physicalUnits: number): string {
  const { writeAmplification, writes, isDoubling, drift, driftMax, error, errorMax } = settled;
  const reasons: string[] = [];
  let takes = writes;
  if (!(drift < driftMax)) {
    reasons.push(
      `its write amplification still moves: ${percent(drift)} since the window before, below ` +
        `${percent(driftMax)} is wanted`,
    );
    takes = Math.max(takes, physicalUnits / writeAmplification);
  }
  if (error >= errorMax) {
    reasons.push(
      `it is known to ${percent(error)} only (standard error), below ${percent(errorMax)} is wanted`,
    );
    takes = Math.max(takes, writes * (error / errorMax) ** 2);
  }
  const times = 1 + takes / writes;
  const windows = isDoubling ? settled.windows + Math.log2(times) : settled.windows * times;
  return (
    `${reasons.join('; ')}. It would take about ${many(takes)} random writes more ` +
    `(${many(writes)} were done): precondition it with --windows ${Math.ceil(windows)}`
  );
}
