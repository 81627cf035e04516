const BITS = 32;

/**
 * Numbers from 0 on that are taken and given back; the lowest that is free is taken next. One bit a
 * number, and one for each 32 of them, so that neither step looks at more than a few words.
 */
export class LowestFree {
  /** Set bits are free numbers. */
  #free: Uint32Array = new Uint32Array(BITS);
  /** Set bits are words of `#free` that are not 0. */
  #words: Uint32Array = new Uint32Array(1);
  /** Words of `#words` below this one are 0. */
  #from = 0;
  /** Numbers from this one on were never taken. */
  #next = 0;

  /** The lowest free number, which is free no more. */
  take(): number {
    const words = this.#words;
    while (this.#from < words.length && words[this.#from] === 0) this.#from++;
    if (this.#from === words.length) return this.#never();
    const word = this.#from * BITS + lowestBit(words[this.#from] as number);
    const bits = this.#free[word] as number;
    const rest = bits & (bits - 1);
    this.#free[word] = rest;
    if (rest === 0) words[this.#from] = (words[this.#from] as number) & ~(1 << (word % BITS));
    return word * BITS + lowestBit(bits);
  }

  /** Gives back a number that was taken. */
  give(number: number): void {
    const word = Math.floor(number / BITS);
    const group = Math.floor(word / BITS);
    this.#free[word] = (this.#free[word] as number) | (1 << (number % BITS));
    this.#words[group] = (this.#words[group] as number) | (1 << (word % BITS));
    if (group < this.#from) this.#from = group;
  }

  #never(): number {
    const number = this.#next++;
    if (this.#next > this.#free.length * BITS) {
      const free = new Uint32Array(2 * this.#free.length);
      free.set(this.#free);
      this.#free = free;
      const words = new Uint32Array(2 * this.#words.length);
      words.set(this.#words);
      this.#words = words;
    }
    return number;
  }
}

/** Number of the lowest bit that is set in a word that is not 0. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
