import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RunResult } from '../../src/measure/run-result.ts';
import { counterOf, direction, publishedRows } from '../../src/report/published.ts';
import { publishedSection } from '../../src/report/published-document.ts';
import { COUNTERS, countersTable } from '../../src/report/counters.ts';
import { runColumn } from '../../src/workload/published/job.ts';
import { scenarioSchema } from '../../src/workload/scenario.ts';
import { loadTable, publishedTables } from '../../src/workload/published/table.ts';

/** A run of some milliseconds. */
const SMALL = {
  scenario: {
    ...scenarioSchema.parse({
      name: 'small',
      title: 'small',
      about: '',
      memory: '8m',
      programs: [{ kind: 'fsmark', files: 4, size: '1m' }],
    }),
    folder: '',
  },
  device: 'seagate-st32171w',
  generation: '2.6.34',
  scheduler: 'cfq',
  seed: 1,
};

/** A run with nothing but the counters named. */
function runWith(reclaim: Record<string, number>): RunResult {
  return { reclaim, vmstat: {}, scores: {} } as unknown as RunResult;
}

test('a change of less than one in twenty is none', () => {
  assert.equal(direction([100, 96]), 0);
  assert.equal(direction([100, 94]), -1);
  assert.equal(direction([100, 106]), 1);
  assert.equal(direction([0, 0]), 0);
  assert.equal(direction([0, 1]), 1);
});

test('rows go from the first column to each other one, and leave out what nobody published', () => {
  const table = {
    ...loadTable('2011-v1-fsmark'),
    columns: ['a', 'b', 'c'].map((name) => ({ name, way: 'writepage' })),
    rows: { kswapd_write_file_async: [10, 5, null], kswapd_pages_scanned: [7, 7, 9] },
  };
  const runs = [4, 8, 0].map((writes, i) =>
    runWith({ kswapd_write_file_async: writes, kswapd_pages_scanned: 100 + i }),
  );
  const rows = publishedRows(table, runs);
  assert.deepEqual(
    rows.map(({ counter, from, to, direction_agrees: agrees }) => [counter, from, to, agrees]),
    [
      ['kswapd_write_file_async', 'a', 'b', false],
      ['kswapd_pages_scanned', 'a', 'b', true],
      ['kswapd_pages_scanned', 'a', 'c', false],
    ],
  );
  assert.deepEqual(rows[0].published, [10, 5]);
  assert.deepEqual(rows[0].simulated, [4, 8]);
});

test('tables of before V4 add files and anonymous memory up', () => {
  const run = runWith({
    direct_write_file_async: 1,
    direct_write_file_sync: 2,
    direct_write_anon_async: 4,
    direct_write_anon_sync: 8,
    kswapd_write_file_async: 16,
    kswapd_write_anon_async: 32,
  });
  const sums = ['direct_write', 'direct_write_async', 'direct_write_sync', 'kswapd_write_async'];
  assert.deepEqual(
    sums.map((name) => counterOf(run, name)),
    [15, 5, 10, 48],
  );
});

test('every counter of every table, and of the list that runs print, is one that runs have', () => {
  const run = runColumn({ ...SMALL, way: 'linux-2.6.34' }, () => {});
  const names = new Set<string>(COUNTERS);
  for (const table of publishedTables().keys()) {
    for (const name of Object.keys(loadTable(table).rows)) names.add(name);
  }
  for (const name of names) {
    // Scores are those of the table's own programs.
    if (name.includes('.')) continue;
    assert.ok(Number.isFinite(counterOf(run, name)), name);
  }
  assert.match(countersTable([run]), /kswapd_pages_scanned/);
});

test('every table that is shipped can be read', () => {
  assert.ok(publishedTables().size > 0);
  for (const name of publishedTables().keys()) {
    const { columns, run } = loadTable(name);
    assert.ok(columns.length > 1);
    assert.ok(run.programs.length > 0);
  }
});

test('shares of time are of stall and elapsed together', () => {
  const run = { ...runWith({}), stalled_ms: 300, programs_ms: 100 };
  assert.equal(counterOf(run, 'direct_percent_of_time'), 75);
  assert.equal(counterOf(run, 'no_such_counter'), undefined);
});

test('docs/PUBLISHED.md has every table, and two small ones as they come out now', () => {
  const document = readFileSync(new URL('../../docs/PUBLISHED.md', import.meta.url), 'utf8');
  for (const name of publishedTables().keys()) assert.ok(document.includes(`### ${name}\n`), name);
  for (const name of ['v2-kernbench', 'v3-memory-pressure']) {
    const table = loadTable(name);
    const { run: scenario, device, block_layer: generation, scheduler } = table;
    const runs = table.columns.map(({ way }) =>
      runColumn({ scenario, device, generation, scheduler, way, seed: 1 }, () => {}),
    );
    const section = publishedSection(table, publishedRows(table, runs));
    assert.ok(document.includes(section), `regenerate docs/PUBLISHED.md:\n${section}`);
  }
});
