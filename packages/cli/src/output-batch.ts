/** Bytes that are collected before they are written. */
const BATCH = 64 * 1024;

/** Collects output, so that it is written in large pieces. */
export class OutputBatch {
  readonly #write: (bytes: Uint8Array) => void;
  #parts: Uint8Array[] = [];
  #text = "";
  #bytes = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Adds bytes; those that can change are copied by the caller. */
  add(parts: readonly Uint8Array[]): void {
    this.#endText();
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
    if (this.#bytes >= BATCH) this.flush();
  }

  /** Adds latin1 text. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length >= BATCH) this.flush();
  }

  /** Writes what is there. */
  flush(): void {
    this.#endText();
    if (this.#bytes > 0) this.#write(Buffer.concat(this.#parts, this.#bytes));
    this.#parts = [];
    this.#bytes = 0;
  }

  #endText(): void {
    if (this.#text === "") return;
    const bytes = Buffer.from(this.#text, "latin1");
    this.#text = "";
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }
}
