/*
 * Open addressing: every index below is masked or bounded by its loop, so `as number` only removes
 * the `undefined` that noUncheckedIndexedAccess adds.
 */

/** Slots at the start; a power of two. */
const SLOTS = 256;
/** What a path's hash starts from; also the hash of the root. */
export const HASH_SEED: number = 0x811c9dc5 | 0;

/** The hash of a path and one more byte: a step that takes a processor two cycles. */
export function hashByte(hash: number, byte: number): number {
  return ((hash << 5) | (hash >>> 27)) ^ byte;
}

/** The hash of an absolute path without a slash at its end, of which each letter is a byte. */
export function hashPath(path: string): number {
  let hash = HASH_SEED;
  if (path === "/") return hash;
  for (let i = 0; i < path.length; i++) hash = hashByte(hash, path.charCodeAt(i));
  return hash;
}

/**
 * A set of numbers of 32 bits that answers "certainly not" without an allocation. Numbers are never
 * taken out, so who removes what they stand for builds the set anew once it has grown.
 */
export class HashSet {
  #slots: Int32Array = new Int32Array(SLOTS);
  /** How many different numbers were added. */
  size = 0;

  /** Adds the low 32 bits of a whole number. */
  add(number: number): void {
    // 0 marks an empty slot.
    const wanted = number | 0 || 1;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = spread(wanted) & mask;
    for (; slots[at] !== 0; at = (at + 1) & mask) if (slots[at] === wanted) return;
    slots[at] = wanted;
    this.size++;
    // A quarter full at most: nearly every answer is the first slot's.
    if (this.size * 4 > slots.length) this.#grow();
  }

  /** True when the low 32 bits of the number were added. */
  has(number: number): boolean {
    const wanted = number | 0 || 1;
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = spread(wanted) & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] as number;
      if (slot === 0) return false;
      if (slot === wanted) return true;
    }
  }

  clear(): void {
    this.#slots = new Int32Array(SLOTS);
    this.size = 0;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.size = 0;
    for (const slot of old) if (slot !== 0) this.add(slot);
  }
}

/** Numbers that follow each other, such as inodes, are not to stand side by side. */
function spread(number: number): number {
  const mixed = Math.imul(number, 0x9e3779b1 | 0);
  return mixed ^ (mixed >>> 15);
}
