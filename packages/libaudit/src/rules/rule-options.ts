// The options of a command line as GNU getopt_long takes them apart.

/** Option letters of auditctl 3.0.9; a colon follows those with a value. */
const LETTERS = "hicslDvtC:e:f:r:b:a:A:d:S:F:m:R:w:W:k:p:q:";

/** Long options: name and whether a value follows. */
const LONG_OPTIONS: ReadonlyMap<string, boolean> = new Map([
  ["loginuid-immutable", false],
  ["backlog_wait_time", true],
  ["reset-lost", false],
  ["reset_backlog_wait_time_actual", false],
  ["signal", true],
]);

/** One option: its letter, or its long name in full; `?` for one that is refused. */
export interface Option {
  readonly name: string;
  readonly value: string;
}

/**
 * Reads options one by one. Words that are no options are moved behind those that are; `--` ends
 * the options; a long option may be shortened as far as it stays unique. Source: getopt_long(3).
 */
export class OptionReader {
  /** The words, the name of the program first; reordered while reading. */
  readonly words: string[];
  /** Index of the next word. */
  index = 1;
  #rest = "";
  #firstOther = 1;
  #lastOther = 1;

  constructor(args: readonly string[]) {
    this.words = ["auditctl", ...args];
  }

  /** The next option, undefined after the last. */
  next(): Option | undefined {
    if (this.#rest === "") {
      if (!this.#toOption()) return undefined;
      const word = this.words[this.index] ?? "";
      if (word.startsWith("--")) {
        this.index += 1;
        return this.#longOption(word.slice(2));
      }
      this.#rest = word.slice(1);
    }
    return this.#letter();
  }

  /** Moves to the next word that is an option; false if there is none. */
  #toOption(): boolean {
    if (this.#firstOther !== this.#lastOther && this.#lastOther !== this.index) {
      this.#exchange();
    } else if (this.#lastOther !== this.index) {
      this.#firstOther = this.index;
    }
    while (this.index < this.words.length && !this.#isOption(this.index)) this.index += 1;
    this.#lastOther = this.index;
    if (this.words[this.index] === "--") {
      this.index += 1;
      if (this.#firstOther !== this.#lastOther && this.#lastOther !== this.index) {
        this.#exchange();
      } else if (this.#firstOther === this.#lastOther) {
        this.#firstOther = this.index;
      }
      this.#lastOther = this.words.length;
      this.index = this.words.length;
    }
    if (this.index < this.words.length) return true;
    if (this.#firstOther !== this.#lastOther) this.index = this.#firstOther;
    return false;
  }

  #isOption(index: number): boolean {
    const word = this.words[index] ?? "";
    return word.length > 1 && word.startsWith("-");
  }

  /** Moves the options read since the last other word before the other words. */
  #exchange(): void {
    const others = this.words.slice(this.#firstOther, this.#lastOther);
    const options = this.words.slice(this.#lastOther, this.index);
    this.words.splice(this.#firstOther, others.length + options.length, ...options, ...others);
    this.#firstOther += options.length;
    this.#lastOther = this.index;
  }

  #letter(): Option {
    const letter = this.#rest.charAt(0);
    this.#rest = this.#rest.slice(1);
    if (this.#rest === "") this.index += 1;
    const at = letter === ":" ? -1 : LETTERS.indexOf(letter);
    if (at < 0) return { name: "?", value: "" };
    if (LETTERS.charAt(at + 1) !== ":") return { name: letter, value: "" };
    if (this.#rest !== "") {
      const value = this.#rest;
      this.#rest = "";
      this.index += 1;
      return { name: letter, value };
    }
    return this.#valueOf(letter);
  }

  /** The next word as the value of option `name`. */
  #valueOf(name: string): Option {
    const value = this.words[this.index];
    if (value === undefined) return { name: "?", value: "" };
    this.index += 1;
    return { name, value };
  }

  #longOption(text: string): Option {
    const equals = text.indexOf("=");
    const wanted = equals < 0 ? text : text.slice(0, equals);
    const found = LONG_OPTIONS.has(wanted)
      ? [wanted]
      : [...LONG_OPTIONS.keys()].filter((name) => name.startsWith(wanted));
    const name = found[0];
    if (name === undefined || found.length > 1) return { name: "?", value: "" };
    if (LONG_OPTIONS.get(name) === false) {
      return equals < 0 ? { name, value: "" } : { name: "?", value: "" };
    }
    return equals < 0 ? this.#valueOf(name) : { name, value: text.slice(equals + 1) };
  }
}
