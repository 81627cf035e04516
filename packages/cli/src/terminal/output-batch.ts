/** Bytes that are collected before they are written. */
const BATCH = 128 * 1024;

/** Collects output in one buffer, so that it is written in large pieces. */
export class OutputBatch {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #batch: Buffer = Buffer.allocUnsafeSlow(BATCH);
  #size = 0;
  /** Bytes to which those may be added that stand behind them. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;

  /** @param write takes the bytes before it returns: they change then */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Adds bytes. */
  add(bytes: Uint8Array): void {
    this.#endRun();
    this.#copy(bytes);
  }

  /** Adds the bytes `[start, end)` of a buffer, which do not change before the next flush. */
  range(buf: Buffer, start: number, end: number): void {
    if (buf !== this.#run || start !== this.#runEnd) {
      this.#endRun();
      this.#run = buf;
      this.#runStart = start;
    }
    this.#runEnd = end;
  }

  /** Adds latin1 text. */
  text(text: string): void {
    this.#endRun();
    if (text.length > BATCH) {
      this.#copy(Buffer.from(text, "latin1"));
      return;
    }
    if (this.#size + text.length > BATCH) this.#flushBatch();
    this.#size += this.#batch.write(text, this.#size, "latin1");
  }

  /** Writes what is there. */
  flush(): void {
    this.#endRun();
    this.#flushBatch();
  }

  #copy(bytes: Uint8Array): void {
    if (this.#size + bytes.length > BATCH) this.#flushBatch();
    if (bytes.length > BATCH) {
      this.#write(bytes);
      return;
    }
    this.#batch.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #flushBatch(): void {
    if (this.#size > 0) this.#write(this.#batch.subarray(0, this.#size));
    this.#size = 0;
  }

  #endRun(): void {
    if (this.#run === undefined) return;
    this.#copy(this.#run.subarray(this.#runStart, this.#runEnd));
    this.#run = undefined;
  }
}
