/*
 * Byte scanning: every index below is bounded by its loop, so `as number` only removes the
 * `undefined` that noUncheckedIndexedAccess adds.
 */
const SPACE = 0x20;
const ZERO = 0x30;
/** The largest number of a system call. */
const INT_MAX = 0x7fffffff;
/** From the body's start to the values of `arch=` and `syscall=` when the first has 8 digits. */
const ARCH = "arch=".length;
const SYSCALL = "arch=c000003e syscall=".length;
/** Numbers of calls that are kept with how they are written, and how many bits their slot has. */
const BITS = 10;
const NUMBERS = 1 << BITS;

/**
 * The first two fields of a SYSCALL record. The few architectures and numbers that a host uses are
 * known by how they are written, four bytes at once; others are read digit by digit.
 */
export class SyscallHead {
  /** AUDIT_ARCH value as 32 bits with a sign: a small integer to the engine, never boxed. */
  archBits = 0;
  /** Number of the call, 0 to 2147483647; -1 when there is none. */
  syscall = -1;
  /** Where the number ends. */
  end = 0;
  /** Where its digits begin. */
  #first = 0;
  /** The last architecture that had eight digits, and their first and last four. */
  #arch = 0;
  #archFirst = 0;
  #archLast = 0;
  /** How numbers are written: up to three digits and what is behind, four bytes. */
  readonly #writings = new Int32Array(NUMBERS);
  /** These numbers times four, and how many digits they have; 0 = none. */
  readonly #numbers = new Int32Array(NUMBERS);

  /** Reads the body of a record; `view` is of the same bytes as `buf`. */
  read(buf: Buffer, view: DataView, start: number, end: number): void {
    const at = start + SYSCALL;
    if (at + 4 <= end && buf[start + ARCH + 8] === SPACE && this.#isKnown(view, start)) return;
    this.#readDigits(buf, start, end);
    const digits = this.end - at;
    if (digits < 1 || digits > 3 || at + 4 > end || this.#first !== at) return;
    if (buf[this.end] === SPACE) this.#keep(view, start, digits);
  }

  #isKnown(view: DataView, start: number): boolean {
    const writing = view.getInt32(start + SYSCALL, true);
    const known = this.#numbers[slotOf(writing)] as number;
    if (known === 0 || this.#writings[slotOf(writing)] !== writing) return false;
    if (view.getInt32(start + ARCH, true) !== this.#archFirst) return false;
    if (view.getInt32(start + ARCH + 4, true) !== this.#archLast) return false;
    this.archBits = this.#arch;
    this.syscall = known >> 2;
    this.end = start + SYSCALL + (known & 3);
    return true;
  }

  #keep(view: DataView, start: number, digits: number): void {
    this.#arch = this.archBits;
    this.#archFirst = view.getInt32(start + ARCH, true);
    this.#archLast = view.getInt32(start + ARCH + 4, true);
    const writing = view.getInt32(start + SYSCALL, true);
    this.#writings[slotOf(writing)] = writing;
    this.#numbers[slotOf(writing)] = this.syscall * 4 + digits;
  }

  #readDigits(buf: Buffer, start: number, end: number): void {
    let at = start + ARCH;
    let arch = 0;
    for (; at < end && buf[at] !== SPACE; at++) {
      const byte = buf[at] as number;
      arch = (arch << 4) | (byte < 0x3a ? byte - ZERO : (byte | 0x20) - 0x57);
    }
    at += " syscall=".length;
    let number = 0;
    const first = at;
    for (; at < end && buf[at] !== SPACE; at++) {
      const digit = (buf[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    this.archBits = arch;
    this.syscall = at > first && number <= INT_MAX ? number : -1;
    this.end = at;
    this.#first = first;
  }
}

/** Where a number is kept that is written like this. */
function slotOf(writing: number): number {
  return Math.imul(writing, 0x9e3779b1 | 0) >>> (32 - BITS);
}
