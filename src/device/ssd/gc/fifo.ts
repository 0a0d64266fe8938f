/**
 * First in, first out: empties the block that got full longest ago, whatever it still holds.
 *
 * The simplest there is (a circular log), and the one whose write amplification has a closed form
 * (Desnoyers, "Analytic Modeling of SSD Write Performance", SYSTOR 2012, there called LRU).
 */

import type { Geometry } from '../geometry.ts';
import { AgeList } from './age-list.ts';
import { ByAge } from './windowed.ts';
import type { VictimPolicy } from './policy.ts';

export const fifo = (geometry: Geometry): VictimPolicy => new ByAge(new AgeList(geometry), 1);
