import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../../src/measure/run-result.ts';
import { counterOf, direction, publishedRows } from '../../src/report/published.ts';
import { loadTable, publishedTables } from '../../src/workload/published/table.ts';

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
