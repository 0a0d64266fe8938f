/** The sorted view against a plain array that is sorted anew each time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RequestTable } from '../../src/block/request.ts';
import { SortedRequests } from '../../src/block/sorted-requests.ts';

test('finds, orders and removes as a sorted array does', () => {
  const step = fc.record({ insert: fc.boolean(), sector: fc.nat(40), pick: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const requests = new RequestTable(4);
      const sorted = new SortedRequests(requests);
      const model: number[] = [];
      for (const { insert, sector, pick } of steps) {
        if (insert || model.length === 0) {
          const request = requests.take();
          requests.sector[request] = sector;
          sorted.insert(request);
          const at = model.findIndex((other) => requests.sector[other] > sector);
          model.splice(at < 0 ? model.length : at, 0, request);
        } else {
          const [request] = model.splice(pick % model.length, 1);
          requests.sector[request] = 99; // A merge may have moved it: it is found all the same.
          sorted.remove(request);
          requests.give(request);
        }
        assert.equal(sorted.length, model.length);
        sorted.sector = sector;
        assert.equal(sorted.first, model[0] ?? -1);
        const from = (test: (s: number) => boolean) =>
          model.find((request) => test(requests.sector[request])) ?? -1;
        assert.equal(
          sorted.at(),
          from((s) => s === sector),
        );
        assert.equal(
          sorted.atOrAfter(),
          from((s) => s >= sector),
        );
        assert.equal(
          sorted.before(),
          model.findLast((request) => requests.sector[request] < sector) ?? -1,
        );
        model.forEach((request, i) => {
          assert.equal(sorted.after(request), model[i + 1] ?? -1);
          assert.equal(sorted.previous(request), model[i - 1] ?? -1);
        });
      }
    }),
  );
});
