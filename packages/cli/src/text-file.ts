import { createReadStream } from "node:fs";
import { InputError } from "./input-error.ts";

/** The largest text file that is read, in bytes. */
export const MAX_TEXT_BYTES: number = 16 * 1024 * 1024;

/**
 * Reads a text file, as UTF-8 with or without a byte order mark.
 * @throws {InputError} naming the file, when it cannot be read or is larger than MAX_TEXT_BYTES
 */
export async function readText(path: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    // The last byte to be read, counted from 0: one more than there may be.
    for await (const part of createReadStream(path, { end: MAX_TEXT_BYTES })) {
      parts.push(part as Buffer);
      size += (part as Buffer).length;
    }
  } catch (cause) {
    throw InputError.fromSystem(path, cause);
  }
  if (size > MAX_TEXT_BYTES) throw new InputError([`${path}: larger than ${MAX_TEXT_BYTES} bytes`]);
  return new TextDecoder().decode(Buffer.concat(parts));
}
