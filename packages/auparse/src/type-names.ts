import { recordTypeEntries } from "@cauditd/libaudit/vocabulary";

/*
 * A byte-keyed table of record type names, so that no string is made per record: the header
 * scan hashes the name while it looks for its end, and one comparison confirms the entry.
 */
const SIZE = 1024;
const MASK = SIZE - 1;
const names: (Buffer | undefined)[] = new Array(SIZE).fill(undefined);
const numbers = new Int32Array(SIZE);
/** The longest name that is taken for a record type, in bytes. */
const MAX_NAME = 64;

function hashOf(name: Buffer): number {
  let hash = 0;
  for (const byte of name) hash = (Math.imul(hash, 31) + byte) | 0;
  return hash;
}

for (const [text, number] of recordTypeEntries()) {
  const name = Buffer.from(text, "latin1");
  let slot = hashOf(name) & MASK;
  while (names[slot] !== undefined) slot = (slot + 1) & MASK;
  names[slot] = name;
  numbers[slot] = number;
}

function same(name: Buffer, buf: Buffer, start: number, end: number): boolean {
  const size = end - start;
  if (name.length !== size) return false;
  for (let i = 0; i < size; i++) if (name[i] !== buf[start + i]) return false;
  return true;
}

/**
 * The number of the record type whose name stands at `[start, end)`. `UNKNOWN[n]` gives n; a
 * name that is formed like a type but is not in the table gives 0; anything else gives -1.
 * @param hash 31-polynomial hash of the name's bytes, 32 bits
 */
export function lookupType(buf: Buffer, start: number, end: number, hash: number): number {
  let slot = hash & MASK;
  for (;;) {
    const name = names[slot];
    if (name === undefined) break;
    if (same(name, buf, start, end)) return numbers[slot] as number;
    slot = (slot + 1) & MASK;
  }
  if (end - start > MAX_NAME) return -1;
  const text = buf.toString("latin1", start, end);
  const unknown = /^UNKNOWN\[(\d{1,10})\]$/.exec(text);
  if (unknown !== null) {
    const number = Number(unknown[1]);
    return number <= 0xffffffff ? number : -1;
  }
  return /^[A-Z][A-Z0-9_]*$/.test(text) ? 0 : -1;
}
