/*
 * Open addressing: every index below is masked, so `as number` only removes the `undefined` that
 * noUncheckedIndexedAccess adds.
 */

/** What rules and links have to do with a path, as bits. */
export const Mark = {
  /** Something of what follows is below it. */
  above: 1,
  /** A rule is about this path. */
  place: 2,
  /** What is below it may be anywhere, or is in a rule's tree. */
  root: 4,
} as const;
const ALL = 7;

/** Slots at the start; a power of two. */
const SLOTS = 256;

/**
 * Marks of paths, by their hashes: answers "certainly none" without an allocation. A slot holds 29
 * bits of a mixed hash, and the marks. Marks are never taken away: see PlaceFilter.
 */
export class PathMarks {
  #slots: Int32Array = new Int32Array(SLOTS);
  /** How many different hashes have marks. */
  size = 0;

  /** Adds marks, of which there is at least one, to those of a hash. */
  add(hash: number, marks: number): void {
    this.#put(mix(hash), marks);
    // A quarter full at most: nearly every answer is the first slot's.
    if (this.size * 4 > this.#slots.length) this.#grow();
  }

  /** The marks of a hash; 0 = none. */
  of(hash: number): number {
    const wanted = mix(hash);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (wanted >>> SPREAD) & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot === 0) return 0;
      if ((slot & ~ALL) === wanted) return slot & ALL;
    }
  }

  clear(): void {
    this.#slots = new Int32Array(SLOTS);
    this.size = 0;
  }

  #put(wanted: number, marks: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (wanted >>> SPREAD) & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot !== 0 && (slot & ~ALL) !== wanted) continue;
      if (slot === 0) this.size++;
      slots[at] = slot | wanted | marks;
      return;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.size = 0;
    for (const slot of old) if (slot !== 0) this.#put(slot & ~ALL, slot & ALL);
  }
}

/** The upper bits of a product depend on all bits of the hash: these are looked up by. */
const SPREAD = 9;

/** Paths that differ in their last letter only must differ in more than the bits of the marks. */
function mix(hash: number): number {
  return Math.imul(hash, 0x9e3779b1 | 0) & ~ALL;
}
