// Lines from chunks of any size, with a bound.

/** Takes chunks, gives whole lines without their newline. At most `max` bytes are kept. */
export class BoundedLines {
  readonly #max: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The lines that this chunk ends; undefined when one has more than `max` bytes. */
  push(chunk: Buffer): Buffer[] | undefined {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      if (this.#size + end - start > this.#max) return undefined;
      lines.push(Buffer.concat([...this.#parts, chunk.subarray(start, end)]));
      this.#parts = [];
      this.#size = 0;
      start = end + 1;
    }
    this.#size += chunk.length - start;
    if (this.#size > this.#max) return undefined;
    if (start < chunk.length) this.#parts.push(Buffer.from(chunk.subarray(start)));
    return lines;
  }
}
