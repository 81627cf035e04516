import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { InputError } from "../terminal/input-error.ts";

/** The largest text file that is read, in bytes. */
export const MAX_TEXT_BYTES: number = 16 * 1024 * 1024;
/** The last byte of a file to be read, counted from 0: one more than there may be. */
const LAST = MAX_TEXT_BYTES;

/**
 * Reads a text file, as UTF-8 with or without a byte order mark.
 * @throws {InputError} naming the file, when it cannot be read or is larger than MAX_TEXT_BYTES
 */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readUpTo(path, createReadStream(path, { end: LAST })));
}

/**
 * The bytes of a text file; `-` is standard input, of which no more is read than fits.
 * @throws {InputError} as `readText` does
 */
export async function readBytes(path: string, stdin: Readable = process.stdin): Promise<Buffer> {
  return await readUpTo(path, path === "-" ? stdin : createReadStream(path, { end: LAST }));
}

async function readUpTo(path: string, source: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of source) {
      parts.push(part as Buffer);
      size += (part as Buffer).length;
      // To leave the loop closes the source: whoever writes into it is told.
      if (size > MAX_TEXT_BYTES) break;
    }
  } catch (cause) {
    throw InputError.fromSystem(path, cause);
  }
  if (size > MAX_TEXT_BYTES) throw new InputError([`${path}: larger than ${MAX_TEXT_BYTES} bytes`]);
  return Buffer.concat(parts, size);
}
