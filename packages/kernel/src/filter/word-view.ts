const EMPTY: Buffer = Buffer.alloc(0);

/** Four characters as the number that `DataView.getInt32(at, true)` reads where they stand. */
export function wordOf(text: string): number {
  return Buffer.from(text, "latin1").readInt32LE(0);
}

/**
 * Reads records four bytes at a time. Events that follow each other mostly lie in one buffer, so
 * the view of the last one is kept. Out of bounds a view throws: check the record's end first.
 */
export class WordView {
  #buf: Buffer = EMPTY;
  #view: DataView = viewOf(EMPTY);

  /** A view of the whole buffer, valid for as long as the buffer is. */
  of(buf: Buffer): DataView {
    if (buf !== this.#buf) {
      this.#buf = buf;
      this.#view = viewOf(buf);
    }
    return this.#view;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
