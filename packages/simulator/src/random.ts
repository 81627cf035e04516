/**
 * The simulator's only source of chance: xoshiro128** 1.1 (Blackman and Vigna), its state filled
 * from the seed by splitmix32. Same seed, same sequence, on every machine.
 */

const TWO_32 = 2 ** 32;

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Seeded pseudo-random numbers. Not for secrets. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed any integer; its low 32 bits count. */
  constructor(seed: number) {
    let mix = seed >>> 0;
    const word = (): number => {
      mix = (mix + 0x9e3779b9) >>> 0;
      let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word();
    // The all-zero state is the one from which the generator never leaves.
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 1;
  }

  /** @returns the next number, 0 to 2^32 - 1. */
  next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /**
   * @param n 1 to 2^21, so that the product stays exact in a double.
   * @returns an integer, 0 to n - 1; the bias is below n / 2^32.
   */
  below(n: number): number {
    return Math.floor((this.next() * n) / TWO_32);
  }

  /** @returns a fraction, 0 up to but not including 1. */
  fraction(): number {
    return this.next() / TWO_32;
  }

  /** @returns true with probability p (0 = never, 1 = always). Always takes one number. */
  chance(p: number): boolean {
    return this.fraction() < p;
  }

  /**
   * @returns one item of the list.
   * @throws RangeError when the list is empty.
   */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("expected a list with at least one item");
    return items[this.below(items.length)] as T;
  }
}
