const TWO_32 = 0x1_0000_0000;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** The value of a digit in any base up to 16, or 16. */
function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16;
}

/**
 * A number in text as C's strtoul reads it into 64 bits: leading blanks and a sign are taken, and
 * so is `0x` in base 16; it ends at the first byte that is no digit, and is 0 without any.
 */
export class CNumber {
  /** The upper 32 bits. */
  high = 0;
  /** The lower 32 bits: what is left when C assigns it to an unsigned int. */
  low = 0;
  /** There is a minus sign; `high` and `low` are those of the negated number. */
  negative = false;
  /** More than 64 bits: C sets ERANGE. */
  overflow = false;

  /** The lower 32 bits as an int. */
  get int(): number {
    return this.low | 0;
  }

  /** Out of the range of a signed 64-bit number: strtol sets ERANGE. */
  get signedOverflow(): boolean {
    if (this.overflow) return true;
    const sign = this.high >= 0x8000_0000;
    if (!this.negative) return sign;
    return !sign && (this.high !== 0 || this.low !== 0);
  }

  /** True when the value is `number`, 0 to 4294967295. */
  is(number: number): boolean {
    return this.high === 0 && this.low === number;
  }

  /** Makes it 0. */
  clear(): void {
    this.high = 0;
    this.low = 0;
    this.negative = false;
    this.overflow = false;
  }

  /** Reads the number at `[start, end)`. */
  read(buf: Buffer, start: number, end: number, base: 8 | 10 | 16): this {
    let at = start;
    while (
      at < end &&
      (buf[at] === 0x20 || ((buf[at] as number) >= 9 && (buf[at] as number) <= 13))
    )
      at++;
    const sign = at < end ? buf[at] : 0;
    this.negative = sign === MINUS;
    if (sign === MINUS || sign === PLUS) at++;
    if (
      base === 16 &&
      at + 2 < end &&
      buf[at] === 0x30 &&
      ((buf[at + 1] as number) | 0x20) === 0x78
    ) {
      if (digit(buf[at + 2] as number) < 16) at += 2;
    }
    let high = 0;
    let low = 0;
    let overflow = false;
    for (; at < end; at++) {
      const value = digit(buf[at] as number);
      if (value >= base) break;
      low = low * base + value;
      if (low >= TWO_32) {
        const carry = Math.floor(low / TWO_32);
        low -= carry * TWO_32;
        high = high * base + carry;
      } else high *= base;
      if (high >= TWO_32) overflow = true;
      if (overflow) high = low = 0;
    }
    this.overflow = overflow;
    if (this.negative && (high !== 0 || low !== 0)) {
      high = (low === 0 ? TWO_32 - high : TWO_32 - 1 - high) % TWO_32;
      low = (TWO_32 - low) % TWO_32;
    }
    this.high = high;
    this.low = low;
    return this;
  }
}
