// What stands on a cauditctl command line beside auditctl's own options.

/** Options of cauditctl itself; each may stand anywhere. */
export interface OwnOptions {
  /** -c: `host`, a contid or a container's name. */
  readonly instance?: string;
  readonly url?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly host?: string;
  readonly principal?: string;
  readonly socket?: string;
  readonly config?: string;
  readonly json?: boolean;
  /** Rules are the host's on that instance. */
  readonly floor?: boolean;
  /** Words of a command that auditctl does not have, such as `register`, by option name. */
  readonly command?: Readonly<Partial<Record<CommandWord, string>>>;
}

/** Options that make or complete a command of cauditctl's own. */
export type CommandWord =
  | "register"
  | "contid"
  | "name"
  | "parent"
  | "end"
  | "capcontid"
  | "value"
  | "instances";

/** A command line, taken apart. */
export interface CommandLine {
  readonly own: OwnOptions;
  /** What is left: auditctl's arguments. */
  readonly rest: readonly string[];
  /** Why it cannot be used. */
  readonly problem?: string;
}

const TEXTS = ["url", "creds", "ca", "host", "principal", "socket", "config"] as const;
const WORDS = ["register", "contid", "name", "parent", "end"] as const;
/** auditctl's options whose value is the next word. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  [..."CefrbaAdSFmRwWkpq"].map((letter) => `-${letter}`).concat("--signal", "--backlog_wait_time"),
);

/**
 * Takes cauditctl's options out of a command line. `-c` is auditctl's `continue` where no word
 * follows that could name an instance.
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const own: Record<string, string | boolean> = {};
  const command: Partial<Record<CommandWord, string>> = {};
  const rest: string[] = [];
  let problem: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    const value = args[at + 1];
    const [name = "", inline] = split(word);
    const wants = (take: (text: string) => void): void => {
      const text = inline ?? value;
      if (text === undefined) problem ??= `--${name}: expected a value`;
      else take(text);
      if (inline === undefined) at++;
    };
    if (WITH_VALUE.has(word)) {
      rest.push(...args.slice(at, at + 2));
      at++;
    } else if (word === "-c" && value !== undefined && !value.startsWith("-")) {
      own["instance"] = value;
      at++;
    } else if (word === "--json" || word === "--floor") own[name] = true;
    else if (word === "--instances") command.instances = "";
    else if (has(TEXTS, name)) wants((text) => (own[name] = text));
    else if (has(WORDS, name)) wants((text) => (command[name] = text));
    else if (name === "capcontid") {
      wants((text) => (command.capcontid = text));
      command.value = args[++at] ?? "";
    } else rest.push(word);
  }
  const some = Object.keys(command).length > 0;
  return {
    own: { ...own, ...(some ? { command } : {}) },
    rest,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The name of a long option, and its value if it stands behind `=`. */
function split(word: string): [name?: string, inline?: string] {
  if (!word.startsWith("--")) return [];
  const equals = word.indexOf("=");
  return equals < 0 ? [word.slice(2)] : [word.slice(2, equals), word.slice(equals + 1)];
}

function has<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
