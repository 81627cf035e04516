// One auditctl command line, as auditctl 3.0.9 reads it.
import { asciiLowerCase } from "../letter-case.ts";
import { MAX_KEY_LENGTH } from "./rule.ts";
import type {
  AuditdSignal,
  RuleArguments,
  RuleCommand,
  RuleContext,
  StatusField,
} from "./rule-command.ts";
import { RuleDraft } from "./rule-draft.ts";
import { addComparison, addFieldTest } from "./rule-field.ts";
import { startsWithDigit, unsignedNumber } from "./rule-number.ts";
import { type Option, OptionReader } from "./rule-options.ts";
import { setPlace } from "./rule-place.ts";
import { addSyscalls } from "./rule-syscalls.ts";
import { setPerm, setWatch } from "./rule-watch.ts";

/** Exit code of auditctl for a command line that it refuses. */
const REFUSED = 255;

/**
 * What an option leaves behind. `go`: more options follow; `rule`: likewise, a rule is wanted;
 * `done`: no more options are read; `failed`: likewise, after a complaint; `left`: the checks after
 * the last option are skipped as well.
 */
type Step = "go" | "rule" | "done" | "failed" | "left";

const SIGNALS: ReadonlyMap<string, AuditdSignal> = new Map([
  ["term", "TERM"],
  ["hup", "HUP"],
  ["usr1", "USR1"],
  ["usr2", "USR2"],
  ["cont", "CONT"],
]);

/** An option that sets a number of the status. */
interface NumberOption {
  readonly field: StatusField;
  /** Word at the start of the complaint about other text. */
  readonly title: string;
  /** Word of the complaint about a number that 64 bits do not hold. */
  readonly name: string;
}

const RATE: NumberOption = { field: "rate_limit", title: "Rate", name: "rate" };
const BACKLOG: NumberOption = { field: "backlog_limit", title: "Backlog", name: "backlog" };
const WAIT_TIME: NumberOption = {
  field: "backlog_wait_time",
  title: "Backlog_wait_time",
  name: "backlog_wait_time",
};

/**
 * Reads one auditctl command line, without the name of the program; characters are bytes (latin1).
 * Never throws. Errors have auditctl 3.0.9's wording; what differs is in
 * docs/reference/rules-deviations.md. Source: auditctl(8) and AUD-1.1.
 */
export function parseRuleArguments(args: readonly string[], context: RuleContext): RuleArguments {
  if (args.length === 0) {
    const error = { text: "", exitCode: 1 };
    return { commands: [{ kind: "usage" }], warnings: [], error };
  }
  const [first, file] = args;
  if (args.length === 2 && first === "-R" && file !== undefined) {
    return { commands: [{ kind: "read-file", file }], warnings: [] };
  }
  return new ArgumentParser(args, context).parse();
}

/**
 * Reads the words of line `line` of a rules file, from 1, as parseRuleArguments reads a command
 * line. A line cannot read another file (AUD-8).
 */
export function parseRuleLine(
  words: readonly string[],
  context: RuleContext,
  line: number,
): RuleArguments {
  return new ArgumentParser(words, context, line).parse();
}

class ArgumentParser {
  readonly #context: RuleContext;
  readonly #line: number | undefined;
  readonly #options: OptionReader;
  /** Number of words, the name of the program included, that are accounted for. */
  #count: number;
  readonly #draft = new RuleDraft();
  readonly #commands: RuleCommand[] = [];
  readonly #warnings: string[] = [];
  readonly #complaints: string[] = [];
  /** True once a list of rules was asked for: -k is then no key of a rule. */
  #listed = false;

  constructor(args: readonly string[], context: RuleContext, line?: number) {
    this.#context = context;
    this.#line = line;
    this.#options = new OptionReader(args);
    this.#count = args.length + 1;
  }

  parse(): RuleArguments {
    let step: Step = "go";
    let wantsRule = false;
    while (step === "go" || step === "rule") {
      const option = this.#options.next();
      if (option === undefined) break;
      step = this.#take(option);
      if (step === "rule") wantsRule = true;
    }
    if (step !== "left") step = this.#afterOptions(step);
    if (step === "go" || step === "rule") step = this.#request(wantsRule);
    return this.#answer(step === "failed" || this.#complaints.length > 0);
  }

  #answer(failed: boolean): RuleArguments {
    const read = { commands: this.#commands, warnings: this.#warnings };
    if (!failed) return read;
    return { ...read, error: { text: this.#complaints.join("\n"), exitCode: REFUSED } };
  }

  #fail(text: string): "failed" {
    this.#complaints.push(text);
    return "failed";
  }

  /** Left-over words, then the keys, which go last into the rule. */
  #afterOptions(step: Step): Step {
    let after = step;
    if (this.#options.index === 1) {
      after = "failed";
    } else if (this.#options.index < this.#count && after !== "failed") {
      after = this.#fail("parameter passed without an option given");
    }
    const { key } = this.#draft;
    if (key !== "" && !this.#listed) {
      const refused = addFieldTest(this.#draft, `key=${key}`, this.#context);
      if (refused !== undefined) after = this.#fail(refused);
    }
    return after;
  }

  #request(wantsRule: boolean): Step {
    const draft = this.#draft;
    if (!wantsRule) {
      return draft.hasSyscalls ? this.#fail("Error - no list specified") : "done";
    }
    if (draft.add !== undefined) {
      this.#commands.push({ kind: "add", rule: draft.finish(draft.add) });
    } else if (draft.remove !== undefined) {
      this.#commands.push({ kind: "delete", rule: draft.finish(draft.remove) });
    }
    return "done";
  }

  #take({ name, value }: Option): Step {
    switch (name) {
      case "a":
      case "A":
      case "d":
        return this.#place(name, value);
      case "S":
        return this.#syscalls(value);
      case "F":
        return this.#field(value);
      case "C":
        return this.#checked(addComparison(this.#draft, value));
      case "k":
        return this.#key(value);
      case "w":
      case "W":
        return this.#watch(name, value);
      case "p":
        return this.#perm(value);
      case "D":
        return this.#deleteAll();
      case "l":
        return this.#list();
      case "s":
        return this.#status();
      default:
        return this.#takeOther(name, value);
    }
  }

  #takeOther(name: string, value: string): Step {
    switch (name) {
      case "e":
        return this.#level("enabled", "Enable", value);
      case "f":
        return this.#level("failure", "Failure", value);
      case "r":
        return this.#number(RATE, value);
      case "b":
        return this.#number(BACKLOG, value);
      case "backlog_wait_time":
        return this.#number(WAIT_TIME, value);
      case "i":
        return this.#end({ kind: "ignore" });
      case "c":
        return this.#end({ kind: "continue" });
      case "v":
        return this.#end({ kind: "version" });
      case "h":
        this.#commands.push({ kind: "usage" });
        return "failed";
      case "m":
        return this.#userRecord(value);
      case "q":
        return this.#makeEquivalent(value);
      case "t":
        return this.#leave({ kind: "trim" });
      case "loginuid-immutable":
        return this.#leave({ kind: "loginuid-immutable" });
      case "reset-lost":
        return this.#leave({ kind: "reset", counter: "lost" });
      case "reset_backlog_wait_time_actual":
        return this.#leave({ kind: "reset", counter: "backlog_wait_time_actual" });
      case "signal":
        return this.#signal(value);
      case "R":
        return this.#fail("Error - nested rule files not supported");
      default:
        return this.#invalid();
    }
  }

  #end(command: RuleCommand): Step {
    this.#commands.push(command);
    return "done";
  }

  #leave(command: RuleCommand): Step {
    this.#commands.push(command);
    return "left";
  }

  #checked(refused: string | undefined): Step {
    return refused === undefined ? "go" : this.#fail(refused);
  }

  /** The option that could not be read is named by the word before the next one. */
  #invalid(): Step {
    const { index, words } = this.#options;
    const word = index >= 2 ? (words[index - 1] ?? " ") : " ";
    const place = this.#line === undefined ? "" : ` on line ${this.#line}`;
    return this.#fail(`Option ${word}${place} is invalid`);
  }

  #place(option: "a" | "A" | "d", value: string): Step {
    const result = setPlace(this.#draft, option, value);
    if (result.kind === "ok") return "rule";
    if (result.kind === "refused") return this.#fail(result.text);
    this.#warnings.push(result.text);
    return "left";
  }

  #syscalls(value: string): Step {
    const result = addSyscalls(this.#draft, value, this.#context.arch, this.#line);
    if (result.warning !== undefined) this.#warnings.push(result.warning);
    if (result.error === undefined) return "go";
    this.#complaints.push(result.error);
    return result.wrongList ? "left" : "failed";
  }

  /** A field needs a list before it; only `arch=` may stand before -t. */
  #field(value: string): Step {
    const { index, words } = this.#options;
    const beforeTrim = value.includes("arch=") && index < this.#count && words[index] === "-t";
    if (this.#draft.list === undefined && !beforeTrim) {
      return this.#fail("List must be given before field");
    }
    if (value.startsWith("key=")) return this.#addKey(value.slice("key=".length));
    return this.#checked(addFieldTest(this.#draft, value, this.#context));
  }

  #key(value: string): Step {
    if (!this.#draft.takesKey || this.#draft.list === undefined) {
      return this.#fail("key option needs a watch or syscall given prior to it");
    }
    return this.#addKey(value);
  }

  #addKey(key: string): Step {
    if (!this.#draft.addKey(key)) return this.#fail("key option exceeds size limit");
    if (key.includes("\x01")) this.#warnings.push(`key ${key} has illegal character`);
    return "go";
  }

  #watch(option: "w" | "W", path: string): Step {
    const result = setWatch(this.#draft, option, path, this.#context);
    this.#warnings.push(...result.warnings);
    return result.error === undefined ? "rule" : this.#fail(result.error);
  }

  #perm(value: string): Step {
    const refused = setPerm(this.#draft, value);
    return refused === undefined ? "rule" : this.#fail(refused);
  }

  /** The key after -D -k or -l -k; undefined if other words stand there. */
  #keyOfAll(): string | undefined {
    const { index, words } = this.#options;
    if (words[index] !== "-k") return undefined;
    this.#count -= 2;
    return (words[3] ?? "").slice(0, MAX_KEY_LENGTH);
  }

  #deleteAll(): Step {
    if (this.#count > 4 || this.#count === 3) {
      return this.#fail("Wrong number of options for Delete all request");
    }
    this.#listed = true;
    if (this.#count !== 4) return this.#end({ kind: "delete-all" });
    const key = this.#keyOfAll();
    if (key === undefined) return this.#fail("Only the -k option is allowed");
    return this.#end(key === "" ? { kind: "delete-all" } : { kind: "delete-all", key });
  }

  /** True if the only other word is -i, which then counts as read. */
  #interpret(): boolean {
    const { index, words } = this.#options;
    if (words[index] !== "-i") return false;
    this.#count -= 1;
    return true;
  }

  #list(): Step {
    if (this.#count > 4) return this.#fail("Wrong number of options for list request");
    const count = this.#count;
    const interpret = count === 3 && this.#interpret();
    const key = count === 4 ? this.#keyOfAll() : undefined;
    if ((count === 3 && !interpret) || (count === 4 && key === undefined)) {
      return this.#fail("Only -k or -i options are allowed");
    }
    this.#listed = true;
    if (key === undefined || key === "") return this.#end({ kind: "list", interpret });
    return this.#end({ kind: "list", interpret, key });
  }

  #status(): Step {
    if (this.#count > 3) return this.#fail("Too many options for status command");
    const asks = this.#options.index === 2 && this.#count === 3;
    const interpret = asks && this.#interpret();
    if (asks && !interpret) return this.#fail("Only -i option is allowed");
    return this.#end({ kind: "status", interpret });
  }

  #level(field: StatusField, title: string, value: string): Step {
    if (!/^[012]$/.test(value)) {
      return this.#fail(`${title} must be 0, 1, or 2 was ${value}`);
    }
    this.#commands.push({ kind: "set", field, value: Number(value) });
    return "go";
  }

  #number({ field, title, name }: NumberOption, text: string): Step {
    if (!startsWithDigit(text)) {
      return this.#fail(`${title} must be a numeric value was ${text}`);
    }
    const { value, overflow } = unsignedNumber(text);
    if (overflow) {
      this.#complaints.push(`Error converting ${name}`);
      return "left";
    }
    this.#commands.push({ kind: "set", field, value });
    return "go";
  }

  /** Control characters and bytes above 0x7f are refused, as C's signed char has it. */
  #userRecord(text: string): Step {
    if (this.#count > 3) {
      return this.#fail("The -m option must be only the only option and takes 1 parameter");
    }
    if (!/^[\x20-\x7f]*$/.test(text)) {
      this.#complaints.push("Illegal character in audit event");
      return "left";
    }
    return this.#leave({ kind: "user-record", text });
  }

  #makeEquivalent(value: string): Step {
    if (this.#draft.hasSyscalls) {
      return this.#fail("Syscall auditing requested for make equivalent");
    }
    const parts = value.split(",");
    const [mount = "", subtree = ""] = parts;
    if (parts.length !== 2 || subtree === "") {
      return this.#fail("Error parsing equivalent parts");
    }
    return this.#leave({ kind: "make-equivalent", mount, subtree });
  }

  #signal(value: string): Step {
    const signal = SIGNALS.get(asciiLowerCase(value));
    if (signal === undefined) return this.#fail(`${value} is an unsupported signal`);
    return this.#end({ kind: "signal", signal });
  }
}
