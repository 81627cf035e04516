import { constants, fstatSync, openSync, read } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, type Gunzip } from "node:zlib";
import { InputError, systemReason } from "../terminal/input-error.ts";

/** Bytes read at once: what was read is still in the cache of the processor when it is copied. */
export const CHUNK_BYTES: number = 128 * 1024;

/** A file that is read in large chunks. */
interface PlainFile {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ readonly bytesRead: number; readonly buffer: Buffer }>;
  close(): Promise<void>;
}

/** One log to be read: a file, compressed or plain, a FIFO, or stdin. */
export class LogSource {
  /** As the user named it. */
  readonly path: string;
  /** Size of the file in bytes; 0 when it is not known. */
  readonly size: number;
  readonly #input: PlainFile | Readable;
  #read = 0;
  #stopped = false;

  private constructor(path: string, size: number, input: PlainFile | Readable) {
    this.path = path;
    this.size = size;
    this.#input = input;
  }

  /**
   * Opens a log; `-` is stdin.
   * @throws {InputError} naming the file
   */
  static async open(path: string): Promise<LogSource> {
    if (path === "-") return new LogSource("-", 0, redirectedFile() ?? process.stdin);
    try {
      const found = await stat(path);
      if (found.isFIFO()) return new LogSource(path, 0, openFifo(path));
      if (!found.isDirectory()) {
        return new LogSource(path, found.isFile() ? found.size : 0, await open(path, "r"));
      }
    } catch (cause) {
      throw InputError.fromSystem(path, cause);
    }
    throw new InputError([`${path}: is a folder, a log was expected`]);
  }

  /** Bytes of the file read so far, before decompression. */
  get read(): number {
    return this.#read;
  }

  /** For messages: the file's name, or `stdin`. */
  get label(): string {
    return this.path === "-" ? "stdin" : this.path;
  }

  /**
   * The log's bytes, decompressed when it begins as gzip does.
   * @param take gives the buffers that a file is read into, of `CHUNK_BYTES`. Without it a chunk
   * is valid until the next one is asked for.
   * @throws {InputError} naming the file and the position, when reading or decompression fails
   */
  async *chunks(take: () => Buffer = inTurn()): AsyncGenerator<Buffer> {
    const raw = isStream(this.#input) ? this.#stream(this.#input) : this.#plain(this.#input, take);
    try {
      const first = await raw.next();
      if (first.done === true) return;
      if (first.value.length >= 2 && first.value.readUInt16BE(0) === 0x1f8b) {
        yield* gunzip(first.value, raw, () => this.#giveUp());
        return;
      }
      yield first.value;
      yield* raw;
    } catch (cause) {
      if (this.#stopped) return;
      const reason = systemReason(cause);
      throw new InputError([`${this.label}: at byte ${this.#read}: ${reason}`], { cause });
    }
  }

  /** No more chunks: a read from stdin or a FIFO that waits is ended. */
  stop(): void {
    this.#stopped = true;
    this.#giveUp();
  }

  async close(): Promise<void> {
    if (isStream(this.#input)) this.#input.destroy();
    else await this.#input.close();
  }

  #giveUp(): void {
    if (isStream(this.#input)) this.#input.destroy();
  }

  /** The next read goes on while the caller works on the last one. */
  async *#plain(file: PlainFile, take: () => Buffer): AsyncGenerator<Buffer> {
    let next = file.read(take(), 0, CHUNK_BYTES, null);
    try {
      for (;;) {
        const { bytesRead, buffer } = await next;
        if (bytesRead === 0) return;
        this.#read += bytesRead;
        next = file.read(take(), 0, CHUNK_BYTES, null);
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      // The file must not be closed under a read that goes on.
      await next.catch(() => undefined);
    }
  }

  async *#stream(input: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of input) {
      const bytes = chunk as Buffer;
      this.#read += bytes.length;
      yield bytes;
    }
  }
}

/** Two buffers in turn. */
function inTurn(): () => Buffer {
  let [next, other] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  return () => {
    [next, other] = [other, next];
    return next;
  };
}

const STDIN = 0;
const readFrom = promisify(read);

/** The file that stdin is redirected from, at the place where it is: a stream reads it in bits. */
function redirectedFile(): PlainFile | undefined {
  const { fd } = process.stdin as Readable & { readonly fd?: number };
  try {
    if (fd !== STDIN || !fstatSync(STDIN).isFile()) return undefined;
  } catch {
    // It is closed, which its stream can tell.
    return undefined;
  }
  return {
    read: (buffer, offset, length, position) => readFrom(STDIN, buffer, offset, length, position),
    close: async () => undefined,
  };
}

/** Opens a FIFO so that no thread waits in it: it could not be stopped. */
function openFifo(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

function isStream(input: PlainFile | Readable): input is Readable {
  return "destroy" in input;
}

async function* gunzip(
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
  giveUp: () => void,
): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES });
  const feeding = feed(stream, first, rest);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
    await feeding;
  } finally {
    stream.destroy();
    // More input may never come.
    giveUp();
    await feeding.catch(() => undefined);
  }
}

async function feed(stream: Gunzip, first: Buffer, rest: AsyncGenerator<Buffer>): Promise<void> {
  try {
    let chunk: Buffer | undefined = first;
    while (chunk !== undefined && !stream.destroyed) {
      // The reader uses its buffers again, and the stream may hold on to what it was given.
      if (!stream.write(Buffer.from(chunk))) await drained(stream);
      const next = await rest.next();
      chunk = next.done === true ? undefined : next.value;
    }
    stream.end();
  } catch (error) {
    stream.destroy(error as Error);
  }
}

function drained(stream: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
