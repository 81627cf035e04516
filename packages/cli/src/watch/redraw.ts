// A text that stands on the terminal and is drawn again in its place.
import type { Io } from "../terminal/io.ts";

const CLEAR_BELOW = "\u001b[0J";

/** Draws over what it has drawn before. */
export class Redraw {
  readonly #io: Pick<Io, "out">;
  /** Lines of the text that stands on the terminal. */
  #drawn = 0;

  constructor(io: Pick<Io, "out">) {
    this.#io = io;
  }

  /** Puts a text, whose last line has its newline, in place of the one before. */
  draw(text: string): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}F` : "";
    this.#io.out(`${up}${CLEAR_BELOW}${text}`);
    this.#drawn = text.split("\n").length - 1;
  }

  /** Leaves what is on the terminal as it is. */
  end(): void {
    if (this.#drawn > 0) this.#io.out("\n");
    this.#drawn = 0;
  }
}
