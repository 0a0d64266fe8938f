/** The order of dirtying against a plain array. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DirtyOrder } from '../../src/mm/dirty-order.ts';

test('pages stand in the order in which they became dirty', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (toggled) => {
      const order = new DirtyOrder();
      const model: number[] = [];
      for (const index of toggled) {
        const at = model.indexOf(index);
        if (at >= 0) {
          model.splice(at, 1);
          order.remove(index);
        } else {
          model.push(index);
          order.add(index);
        }
      }
      const seen: number[] = [];
      for (let index = order.oldest; index >= 0; index = order.after(index)) seen.push(index);
      assert.deepEqual(seen, model);
    }),
  );
});
