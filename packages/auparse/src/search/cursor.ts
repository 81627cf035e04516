import { hex32, unescapeAt, unsigned32 } from "./text.ts";

/** How a field has to stand in its record. */
export const Need = {
  /** It may be missing; it ends at a blank. */
  optional: 0,
  /** Without it the record is not accepted. */
  required: 1,
  /** It may be missing, and may end with the record. */
  last: 2,
  /** Without it the record is not accepted; it may end with the record. */
  requiredLast: 3,
} as const;
export type Need = (typeof Need)[keyof typeof Need];

/**
 * Reads fields from one record's text, each from where the one before it ended, as ausearch does:
 * so the order in which fields are asked for decides which of two equal names is found. A record
 * that lacks what it must have is `bad`, and so is its whole event.
 */
export class Cursor {
  text = "";
  /** Where the next field is looked for. */
  at = 0;
  /** The record is not accepted. */
  bad = false;

  /** Starts over on a record. */
  reset(text: string): void {
    this.text = text;
    this.at = 0;
    this.bad = false;
  }

  /** Where the value behind `name` begins, or -1. */
  find(name: string, from: number = this.at): number {
    const found = this.text.indexOf(name, from);
    return found < 0 ? -1 : found + name.length;
  }

  /** The same; the record is bad when it is required and missing. */
  value(name: string, need: Need): number {
    const start = this.find(name);
    if (start < 0 && (need & 1) !== 0) this.bad = true;
    return start;
  }

  /** The unsigned 32-bit number behind `name`. */
  number(name: string, need: Need = Need.optional): number | undefined {
    const start = this.value(name, need);
    return start < 0 ? undefined : this.numberAt(start, need);
  }

  /** The number that begins at `start`. */
  numberAt(start: number, need: Need = Need.optional): number | undefined {
    const end = this.#end(start, need);
    return end < 0 ? undefined : this.#checked(unsigned32(this.text, start, end));
  }

  /** The hex number behind `name`, 32 bits of it. */
  hex(name: string, need: Need = Need.optional): number | undefined {
    const start = this.value(name, need);
    if (start < 0) return undefined;
    const end = this.#end(start, need);
    return end < 0 ? undefined : this.#checked(hex32(this.text, start, end));
  }

  /** The text behind `name` up to a blank. */
  word(name: string, need: Need = Need.optional): string | undefined {
    const start = this.value(name, need);
    if (start < 0) return undefined;
    const end = this.#end(start, need);
    return end < 0 ? undefined : this.text.slice(start, end);
  }

  /** The string behind `name`, in quotes or encoded; an encoded one does not move the cursor. */
  untrusted(name: string, need: Need = Need.optional): string | undefined {
    const start = this.value(name, need);
    return start < 0 ? undefined : this.untrustedAt(start);
  }

  /** The string that begins at `start`. */
  untrustedAt(start: number): string | undefined {
    if (this.text.charCodeAt(start) !== 0x22) return unescapeAt(this.text, start);
    const close = this.text.indexOf('"', start + 1);
    if (close < 0) {
      this.bad = true;
      return undefined;
    }
    this.at = close;
    return this.text.slice(start + 1, close);
  }

  /**
   * One past a value that ends at a blank, where the cursor then stands. A last value ends with
   * the record, and the cursor stays in front of it.
   */
  #end(start: number, need: Need): number {
    const blank = this.text.indexOf(" ", start);
    if (blank >= 0) {
      this.at = blank;
      return blank;
    }
    if ((need & 2) === 0) {
      this.bad = true;
      return -1;
    }
    this.at = start;
    return this.text.length;
  }

  #checked(number: number): number | undefined {
    if (!Number.isNaN(number)) return number;
    this.bad = true;
    return undefined;
  }
}
