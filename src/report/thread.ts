/**
 * The thread of June 2010, claim by claim: what was said, and what the runs say. Figures only come
 * from the runs handed in; where a claim holds on one drive and not on the other, both are said.
 */

import type { RunResult } from '../measure/run-result.ts';
import { figure } from './table.ts';

/** What a claim is judged by: runs by scenario, drive and way. */
export type FindRun = (scenario: string, device: string, way: string) => RunResult;

export interface DeadlockCount {
  readonly race: string;
  readonly way: string;
  readonly deadlocks: number;
  readonly schedules: number;
}

/** S14 under other circumstances: how the ways compare there. */
export interface Circumstance {
  readonly device: string;
  /** What differs: `elevator noop`, `memory 128m`, `dirty limits 20/10 %`. */
  readonly label: string;
  readonly find: (way: string) => RunResult;
}

export interface ThreadEvidence {
  readonly devices: readonly string[];
  readonly find: FindRun;
  readonly races: readonly DeadlockCount[];
  /** The recorded trace under the kernel's default dirty limits, by drive and way. */
  readonly defaults: FindRun;
  readonly ways: readonly string[];
  readonly circumstances: readonly Circumstance[];
}

export interface ClaimReport {
  readonly claim: string;
  readonly who: string;
  readonly findings: readonly string[];
}

const ms = (value: number) => `${figure(value)} ms`;
const times = (a: number, b: number) => `${figure(a / b)}x`;

/** Longest over shortest of the ways' times. */
function spread(runs: readonly RunResult[]): number {
  const all = runs.map((run) => run.simulated_ms);
  return Math.max(...all) / Math.min(...all);
}

/** One report a claim, each with a finding a drive. */
export function judgeThread(evidence: ThreadEvidence): ClaimReport[] {
  const { devices, find, races, defaults, ways, circumstances } = evidence;
  const perDrive = (finding: (device: string) => string) =>
    devices.map((device) => `${device}: ${finding(device)}`);
  /** How many times as fast as single pages a way is on S14, circumstance by circumstance. */
  const elsewhere = (way: string) =>
    devices.flatMap((device) => {
      const here = circumstances.filter((each) => each.device === device);
      if (here.length === 0) return [];
      const shown = here.map(({ label, find: found }) => {
        const ratio = times(found('writepage').simulated_ms, found(way).simulated_ms);
        return `${label} ${ratio} (${figure(found('writepage').cleaned_by.reclaim)} pages by reclaim)`;
      });
      return `${device}, S14 elsewhere, ${way} over single pages: ${shown.join('; ')}`;
    });
  const raceLine = (race: string, way: string) => {
    const found = races.find((r) => r.race === race && r.way === way);
    return found === undefined
      ? `${race} under ${way}: not run`
      : `${race} under ${way}: ${found.deadlocks} of ${found.schedules} schedules end in a circle of waits`;
  };
  return [
    {
      claim: 'Single-page write-out in LRU order is seeky.',
      who: 'Mason, Chinner, Hellwig',
      findings: perDrive((device) => {
        const [random, ordered] = ['S14', 'S15'].map((s) => find(s, device, 'writepage'));
        return (
          `${ms(random.simulated_ms)} when the tail is in random order (S14, ${figure(random.seeks)} seeks, ` +
          `${figure(random.mean_request_kib)} KiB a request), ${ms(ordered.simulated_ms)} when it is in ` +
          `order (S15, ${figure(ordered.seeks)} seeks, ${figure(ordered.mean_request_kib)} KiB)`
        );
      }),
    },
    {
      claim: 'Where pages are contiguous, the block layer merges them anyway.',
      who: 'Morton',
      findings: perDrive((device) => {
        const [single, range] = ['writepage', 'range'].map((w) => find('S15', device, w));
        const isSame = Math.abs(single.requests / range.requests - 1) <= 0.05;
        return (
          `${isSame ? 'so it is' : 'not here'}: ${figure(single.requests)} requests from ` +
          `${figure(single.bios)} bios against ${figure(range.requests)} from ${figure(range.bios)} (S15)`
        );
      }),
    },
    {
      claim: 'Writing ranges helps.',
      who: 'Gorman, patch 5/6',
      findings: [
        ...perDrive((device) => {
          const at = (scenario: string, way: string) => find(scenario, device, way);
          const [span, single] = [at('S17', 'range'), at('S17', 'writepage')];
          return (
            `${times(at('S14', 'writepage').simulated_ms, at('S14', 'range').simulated_ms)} as fast on S14, ` +
            `${times(at('S16', 'writepage').simulated_ms, at('S16', 'range').simulated_ms)} on many small files (S16); ` +
            `the span has no limit: ${figure(span.pages_extra)} pages no one asked for on S17, where programs ` +
            `stall for ${ms(span.stalled_ms)} (single pages: ${ms(single.stalled_ms)})`
          );
        }),
        ...elsewhere('range'),
      ],
    },
    {
      claim: 'The inode pinned by igrab/iput can deadlock reclaim.',
      who: 'Morton',
      findings: [
        ...['range', 'around', 'flusher', 'none'].map((way) => raceLine('S19', way)),
        `${raceLine('S19-linked', 'range')} (the file stays linked)`,
        `${raceLine('S20', 'range')} (page locks of two files)`,
      ],
    },
    {
      claim: 'Write-around bought nothing.',
      who: 'Morton, of his own of 2002',
      findings: [
        ...perDrive((device) => {
          const at = (scenario: string, way: string) => find(scenario, device, way).simulated_ms;
          return (
            `on an ordered tail ${times(at('S15', 'writepage'), at('S15', 'around'))} as fast as single pages (S15), ` +
            `on a random one ${times(at('S14', 'writepage'), at('S14', 'around'))} (S14), ` +
            `on small files ${times(at('S16', 'writepage'), at('S16', 'around'))} (S16)`
          );
        }),
        ...elsewhere('around'),
      ],
    },
    {
      claim: 'Reclaim should not need to write at all.',
      who: 'Morton; Linux since 6.16',
      findings: [
        ...perDrive((device) => {
          const runs = ways.map((way) => defaults('sqlite-tar', device, way));
          const most = Math.max(...runs.map((run) => run.cleaned_by.reclaim));
          return (
            `with the default dirty limits (20/10 %) reclaim writes ${figure(most)} pages of the recorded trace, ` +
            `and the ways differ by ${figure((spread(runs) - 1) * 100)} %`
          );
        }),
        ...perDrive((device) => {
          const [kernel, modern] = ['linux-2.6.34', 'linux-6.16'].map((way) =>
            find('sqlite-tar', device, way),
          );
          return (
            `with the limits lifted, linux-6.16, which writes nothing, takes ${ms(modern.simulated_ms)}, ` +
            `linux-2.6.34 ${ms(kernel.simulated_ms)} (${figure(kernel.cleaned_by.reclaim)} pages by reclaim)`
          );
        }),
      ],
    },
  ];
}

/** The reports as text. */
export function renderThread(reports: readonly ClaimReport[]): string {
  return reports
    .map(
      ({ claim, who, findings }) =>
        `"${claim}" (${who})\n${findings.map((finding) => `  - ${finding}`).join('\n')}\n`,
    )
    .join('\n');
}
