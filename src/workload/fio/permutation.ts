/**
 * A random order of 0..n-1 that is computed, not stored: fio's random map without the map.
 *
 * A Feistel network over the smallest power of two that holds n is a bijection whatever its round
 * function; values beyond n are walked on until they fall inside (Black & Rogaway, "Ciphers with
 * Arbitrary Finite Domains", 2002: cycle walking), less than twice on average.
 */

import type { RandomStream } from '../../sim/random.ts';

const ROUNDS = 6;

export class Permutation {
  readonly size: number;
  readonly #highMask: number;
  readonly #lowMask: number;
  readonly #lowBits: number;
  readonly #keys = new Int32Array(ROUNDS);

  /** @param size n, 1..2^32 */
  constructor(size: number) {
    if (!(size >= 1 && size <= 2 ** 32)) throw new RangeError(`cannot permute ${size} blocks`);
    this.size = size;
    const bits = Math.max(2, Math.ceil(Math.log2(size)));
    this.#lowBits = bits >> 1;
    this.#lowMask = (1 << this.#lowBits) - 1;
    this.#highMask = (1 << (bits - this.#lowBits)) - 1;
  }

  /** Chooses another order. */
  rekey(random: RandomStream): void {
    for (let i = 0; i < ROUNDS; i++) this.#keys[i] = random.nextU32();
  }

  /** The entry at `index`, 0..n-1, in this order. */
  at(index: number): number {
    let value = index;
    do value = this.#encrypt(value);
    while (value >= this.size);
    return value;
  }

  #encrypt(value: number): number {
    const keys = this.#keys;
    let low = value & this.#lowMask;
    let high = (value >>> this.#lowBits) & this.#highMask;
    for (let round = 0; round < ROUNDS; round += 2) {
      high ^= mix(low ^ keys[round]) & this.#highMask;
      low ^= mix(high ^ keys[round + 1]) & this.#lowMask;
    }
    return ((high << this.#lowBits) | low) >>> 0;
  }
}

/** A 32-bit finalizer: every input bit reaches every output bit (the constants of splitmix32). */
function mix(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}
