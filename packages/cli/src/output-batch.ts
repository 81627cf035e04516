/** Bytes that are collected before they are written. */
const BATCH = 64 * 1024;

/** Collects output, so that it is written in large pieces. */
export class OutputBatch {
  readonly #write: (bytes: Uint8Array) => void;
  #parts: Uint8Array[] = [];
  #text = "";
  #bytes = 0;
  /** Bytes to which those may be added that stand behind them. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Adds bytes; those that can change are copied by the caller. */
  add(parts: readonly Uint8Array[]): void {
    this.#endText();
    this.#endRun();
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
    if (this.#bytes >= BATCH) this.flush();
  }

  /** Adds the bytes `[start, end)` of a buffer, which do not change any more. */
  range(buf: Buffer, start: number, end: number): void {
    if (buf !== this.#run || start !== this.#runEnd) {
      this.#endText();
      this.#endRun();
      this.#run = buf;
      this.#runStart = start;
    }
    this.#runEnd = end;
    this.#bytes += end - start;
    if (this.#bytes >= BATCH) this.flush();
  }

  /** Adds latin1 text. */
  text(text: string): void {
    this.#endRun();
    this.#text += text;
    if (this.#text.length >= BATCH) this.flush();
  }

  /** Writes what is there. */
  flush(): void {
    this.#endText();
    this.#endRun();
    const [first] = this.#parts;
    if (this.#parts.length === 1 && first !== undefined) this.#write(first);
    else if (this.#bytes > 0) this.#write(Buffer.concat(this.#parts, this.#bytes));
    this.#parts = [];
    this.#bytes = 0;
  }

  #endRun(): void {
    if (this.#run === undefined) return;
    this.#parts.push(this.#run.subarray(this.#runStart, this.#runEnd));
    this.#run = undefined;
  }

  #endText(): void {
    if (this.#text === "") return;
    const bytes = Buffer.from(this.#text, "latin1");
    this.#text = "";
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }
}
