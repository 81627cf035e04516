import { type CapabilitySet, parseCapabilitySet } from "@cauditd/libaudit";
import type { Word } from "./words.ts";

/** What is wrong with a line: `field` is not as `expected`. */
export interface ScenarioProblem {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly field: string;
  readonly expected: string;
  /** What was there; undefined = nothing. */
  readonly found: string | undefined;
}

/** Thrown inside a step's reading; never leaves parseScenario. */
export class StepError extends Error {
  readonly problem: Omit<ScenarioProblem, "line">;

  constructor(field: string, expected: string, found: string | undefined) {
    super(`${field}: expected ${expected}`);
    this.problem = { field, expected, found };
  }
}

const KEY = /^([a-z_0-9]+)=(.*)$/s;
const TASK_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Reads the words of one step: those in order, and those with keys in any order. */
export class StepReader {
  readonly #words: Word[];
  readonly #keys: Map<string, string> = new Map();
  readonly #line: string;
  readonly #tasks: Set<string>;

  /**
   * @param words those behind the step's verb
   * @param keys the keys that the step knows; other words with a `=` are words in order
   * @param tasks names of tasks made so far
   */
  constructor(line: string, words: readonly Word[], keys: readonly string[], tasks: Set<string>) {
    this.#line = line;
    this.#tasks = tasks;
    this.#words = words.filter(({ text }) => {
      const [, key = "", value = ""] = KEY.exec(text) ?? [];
      if (!keys.includes(key)) return true;
      if (this.#keys.has(key)) throw new StepError(key, "one value", text);
      this.#keys.set(key, value);
      return false;
    });
  }

  /** The next word in order. */
  word(field: string, expected: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new StepError(field, expected, undefined);
    return word.text;
  }

  /** The next word, if there is one. */
  optional(): string | undefined {
    return this.#words.shift()?.text;
  }

  /** One of some words. */
  choice<T extends string>(field: string, choices: readonly T[]): T {
    const expected = choices.join(", ").replace(/, ([^,]*)$/, " or $1");
    const text = this.word(field, expected);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new StepError(field, expected, text);
    return found;
  }

  /** All words that are left. */
  rest(): string[] {
    return this.#words.splice(0).map(({ text }) => text);
  }

  /** The line from the next word to its end, as it stands there; a quoted text without quotes. */
  restOfLine(field: string, expected: string): string {
    const first = this.#words[0];
    if (first === undefined) throw new StepError(field, expected, undefined);
    const alone = this.#words.length === 1 && this.#line[first.start] === '"';
    this.#words.length = 0;
    return alone ? first.text : this.#line.slice(first.start).trimEnd();
  }

  /** Value of a key; undefined when it was not given. */
  key(name: string): string | undefined {
    return this.#keys.get(name);
  }

  /** The name of a task that was made before. */
  task(field = "TASK"): string {
    return this.#known(field, this.word(field, "the name of a task"));
  }

  /** Names of tasks with commas between them. */
  taskList(): string[] {
    const text = this.word("TASK", "the name of a task");
    return text.split(",").map((name) => this.#known("TASK", name));
  }

  /** A key whose value is the name of a task. */
  taskKey(name: string, otherwise: string): string {
    const text = this.#keys.get(name);
    return text === undefined ? otherwise : this.#known(name, text);
  }

  #known(field: string, text: string): string {
    if (this.#tasks.has(text)) return text;
    throw new StepError(field, "the name of a task of an earlier step", text);
  }

  /** The name of a task that is made now. */
  newTask(): string {
    const text = this.word("NAME", "a name for the task");
    if (!TASK_NAME.test(text)) {
      throw new StepError("NAME", "letters, digits, _, . and -, a letter or _ first", text);
    }
    this.#tasks.add(text);
    return text;
  }

  /** `host` or a contid; undefined = the host. */
  scope(): bigint | undefined {
    return scopeOf("SCOPE", this.word("SCOPE", "host or a contid"));
  }

  /** A key whose value is a scope; undefined also when it was not given. */
  scopeKey(name: string): bigint | undefined {
    const text = this.#keys.get(name);
    return text === undefined ? undefined : scopeOf(name, text);
  }

  /** A key whose value is a number from `low` to `high`; decimal, or hexadecimal with 0x. */
  numberKey(name: string, low: number, high: number): number | undefined {
    const text = this.#keys.get(name);
    if (text === undefined) return undefined;
    const number = /^(-?[0-9]+|0x[0-9a-fA-F]+)$/.test(text) ? Number(text) : Number.NaN;
    if (number >= low && number <= high) return number;
    throw new StepError(name, `a number from ${low} to ${high}`, text);
  }

  /** Capabilities, from a word or a key. */
  capabilities(field: string, text: string): CapabilitySet {
    const set = parseCapabilitySet(text);
    if (set !== undefined) return set;
    throw new StepError(field, "all, none or names such as CAP_AUDIT_CONTROL,CAP_KILL", text);
  }

  /** Nothing may be left. */
  end(): void {
    const word = this.#words[0];
    if (word !== undefined) throw new StepError("end of line", "nothing more", word.text);
  }
}

function scopeOf(field: string, text: string): bigint | undefined {
  if (text === "host") return undefined;
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) < U64_MAX) return BigInt(text);
  throw new StepError(field, "host or a contid", text);
}
