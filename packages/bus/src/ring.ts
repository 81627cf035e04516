// A double-ended queue in a ring of slots: constant time at both ends, no shifting.

const SLOTS_MIN = 16;

/**
 * First-in first-out queue whose head also takes items back. The ring doubles when it is full and
 * never shrinks; the caller bounds its length.
 */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array(SLOTS_MIN).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds at the tail. */
  push(item: T): void {
    this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item;
    this.#length++;
  }

  /** Puts back at the head: the next `shift()` returns it. */
  unshift(item: T): void {
    this.#grow();
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = item;
    this.#length++;
  }

  /** Takes the head; undefined when empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    return item;
  }

  #grow(): void {
    const old = this.#slots;
    if (this.#length < old.length) return;
    const slots: (T | undefined)[] = new Array(old.length * 2).fill(undefined);
    for (let i = 0; i < old.length; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
