/**
 * Named random streams: each source of randomness has its own, so adding one disturbs no other.
 *
 * xoshiro128** (Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), its
 * state filled by splitmix32 from a seed and a name. 32-bit integer arithmetic only, so the same
 * numbers come out on every machine.
 */

function hashName(seed: number, name: string): number {
  // FNV-1a over the seed's four bytes, then the name's UTF-16 units.
  let hash = 0x811c9dc5;
  for (let shift = 0; shift < 32; shift += 8) {
    hash = Math.imul(hash ^ ((seed >>> shift) & 0xff), 0x01000193);
  }
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash | 0;
}

export class RandomStream {
  readonly #state = new Uint32Array(4);

  /**
   * @param seed the run's seed, 0..2^32-1
   * @param name what the numbers are for, e.g. `fio:job1:offset`
   */
  constructor(seed: number, name: string) {
    let x = hashName(seed, name);
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) | 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** 32 random bits, 0..2^32-1. */
  nextU32(): number {
    const s = this.#state;
    const s1 = s[1];
    const x = Math.imul(s1, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] ^= s[0];
    s[3] ^= s1;
    s[1] = s1 ^ s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    const s3 = s[3];
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.nextU32() >>> 5;
    const low = this.nextU32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform integer in 0..n-1, for 1 <= n <= 2^53. */
  below(n: number): number {
    if (n > 4294967296) return Math.floor(this.uniform() * n);
    // Rejection keeps every value equally likely.
    const limit = 4294967296 - (4294967296 % n);
    let draw = this.nextU32();
    while (draw >= limit) draw = this.nextU32();
    return draw % n;
  }

  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Normally distributed (Box-Muller, one of the pair). */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Puts the first `count` entries of `items` in random order (Fisher-Yates). */
  shuffle(items: Int32Array | Float64Array | Uint32Array, count: number = items.length): void {
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
  }

  /** The generator's state, to be kept in a snapshot. */
  save(): number[] {
    return [...this.#state];
  }

  /** Goes on from a saved state. */
  load(state: readonly number[]): void {
    this.#state.set(state);
  }
}
