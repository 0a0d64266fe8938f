/** The report on the thread: every claim is there, and its figures are those of the runs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../../src/measure/run-result.ts';
import type { ClaimReport, DeadlockCount } from '../../src/report/thread.ts';
import { disktime } from './cli.ts';

test('disktime thread: six claims, each with what the runs say', () => {
  const run = disktime(['thread', '--json', '-d', 'samsung-970pro', '-n', '100']);
  assert.equal(run.code, 0, run.stderr);
  const { claims, races, runs } = JSON.parse(run.stdout) as {
    claims: ClaimReport[];
    races: DeadlockCount[];
    runs: RunResult[];
  };
  assert.equal(claims.length, 6);
  for (const { claim, findings } of claims) assert.ok(findings.length > 0, claim);
  const found = races.find(({ race, way }) => race === 'S19' && way === 'range');
  assert.ok(found !== undefined && found.deadlocks > 0);
  const deadlocks = claims.find(({ claim }) => claim.includes('igrab'));
  assert.ok(deadlocks?.findings[0].includes(`${found.deadlocks} of 100`));
  const defaults = runs.filter(({ scenario }) => scenario === 'sqlite-tar, default limits');
  assert.ok(defaults.length > 0 && defaults.every((r) => r.cleaned_by.reclaim === 0));
});
