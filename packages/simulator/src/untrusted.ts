/**
 * Strings that a task chooses, as the kernel prints them. Here such a string is byte text: one
 * character per byte, U+0000 to U+00FF, so that a cut falls on a byte as it does in the kernel.
 */

const encoder = new TextEncoder();

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, "0"),
);

/** TASK_COMM_LEN without its NUL: bytes of a comm. */
const COMM_BYTES = 15;

/** MAX_PROCTITLE_AUDIT_LEN: bytes of a command line that PROCTITLE shows. */
const PROCTITLE_BYTES = 128;

/** @returns the UTF-8 bytes of the text as byte text. */
export function byteText(text: string): string {
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** @returns two upper-case hex digits per byte. */
export function hexText(bytes: string): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes.charCodeAt(i) & 0xff];
  return text;
}

/** @returns true when a byte is outside 0x21-0x7E or is a double quote (AUD 4.2). */
export function needsHex(bytes: string): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    if (byte < 0x21 || byte > 0x7e || byte === 0x22) return true;
  }
  return false;
}

/**
 * @returns the byte text as audit_log_untrustedstring prints it: in double quotes, or as hex
 * without quotes when needsHex says so. An empty string is "" in quotes.
 */
export function untrusted(bytes: string): string {
  return needsHex(bytes) ? hexText(bytes) : `"${bytes}"`;
}

/** @returns the name that execve or PR_SET_NAME leaves in comm: at most 15 bytes. */
export function commText(name: string): string {
  return name.slice(0, COMM_BYTES);
}

/**
 * @returns the PROCTITLE value of a command line: arguments end in NUL, at most 128 bytes, bytes
 * that do not print are cut from the end.
 */
export function proctitleText(argv: readonly string[]): string {
  const line = argv.map((argument) => `${argument}\0`).join("");
  let end = Math.min(line.length, PROCTITLE_BYTES);
  while (end > 0) {
    const byte = line.charCodeAt(end - 1);
    if (byte >= 0x20 && byte < 0x7f) break;
    end -= 1;
  }
  return end === 0 ? '"(null)"' : untrusted(line.slice(0, end));
}
