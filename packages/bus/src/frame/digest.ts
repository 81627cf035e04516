// A digest of what a message carries: a connection that is cut can leave a message whose end is
// that of another, and no length says so.
import { createHash } from "node:crypto";

const DIGEST = "Cauditd-Digest";
/** Hexadecimal digits of the SHA-256 that are kept. */
const DIGITS = 32;
/** How often a message that arrives damaged is asked for again before it is taken as it is. */
export const DAMAGED_MAX = 5;

/** The header line with the digest of what a message carries. */
export function digestLine(bytes: Uint8Array): [name: string, value: string] {
  return [DIGEST, digestOf(bytes)];
}

/** Whether a message says what it should carry, and carries something else. */
export function isDamaged(
  lines: { get(name: string): string } | undefined,
  bytes: Uint8Array,
): boolean {
  const expected = lines?.get(DIGEST) ?? "";
  return expected !== "" && expected !== digestOf(bytes);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, DIGITS);
}
