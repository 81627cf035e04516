import {
  archName,
  archNumber,
  recordTypeNumber,
  syscallNumber,
} from "@cauditd/libaudit/vocabulary";
import { escapeMode } from "../interpret/escape.ts";
import {
  ArgumentError,
  contidOf,
  exitOf,
  isFormat,
  latin1,
  machineNamed,
  signedId,
  validTypes,
} from "./argument-values.ts";
import { type SearchOption, searchOption } from "./options.ts";
import { newQuery, type Query, type SearchRequest } from "./query.ts";
import { unsigned32 } from "./text.ts";
import { isTimeWord, type LocalClock, readBound } from "./time.ts";

/** What the machine knows, for the names in arguments. */
export interface SearchMachine {
  readonly clock: LocalClock;
  /** `AUDIT_ARCH_*` of this machine. */
  readonly arch: number;
  uid(name: string): number | undefined;
  gid(name: string): number | undefined;
}

/** The arguments of a search, or what ausearch would say is wrong with them. */
export type SearchArguments = { readonly request: SearchRequest } | { readonly error: string };

const MAX_PATH = 4096;
const WITHOUT_ARGUMENT: ReadonlySet<SearchOption> = new Set([
  "extraKeys",
  "extraLabels",
  "extraObject",
  "extraTime",
  "interpret",
  "raw",
]);
const FLAGS: ReadonlySet<SearchOption> = new Set([
  "debug",
  "help",
  "inputLogs",
  "justOne",
  "lineBuffered",
  "version",
  "word",
]);
/** Their value may begin with `-`. */
const SIGNED: ReadonlySet<SearchOption> = new Set(["auid", "contid", "exit", "session"]);

/** Reads the arguments of a search exactly as ausearch 3.0.9 reads its own. */
export function readSearchArguments(
  argv: readonly string[],
  machine: SearchMachine,
): SearchArguments {
  const reader = new ArgumentReader(argv, machine);
  try {
    return { request: reader.read() };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const { extraComplaint: more } = reader;
    return {
      error: more === "" || more === error.message ? error.message : `${error.message}\n${more}`,
    };
  }
}

class ArgumentReader {
  readonly #argv: readonly string[];
  readonly #machine: SearchMachine;
  readonly #query: Query = newQuery();
  readonly #request: SearchRequest = {
    query: this.#query,
    format: "default",
    escape: "tty",
    justOne: false,
    input: undefined,
    inputLogs: false,
    checkpoint: undefined,
    checkpointTime: false,
    extra: { keys: false, labels: false, object: false, time: false },
    debug: false,
    lineBuffered: false,
    help: false,
    version: false,
  };
  #at = 0;
  /** The option being read, as it was written. */
  #name = "";

  constructor(argv: readonly string[], machine: SearchMachine) {
    this.#argv = argv;
    this.#machine = machine;
  }

  /** What is wrong with columns that were asked for; it is told even behind another complaint. */
  get extraComplaint(): string {
    const { extra, format } = this.#request;
    const isWrong = (extra.time || extra.labels || extra.keys) && format !== "csv";
    return isWrong ? "--extra options requires format to be csv" : "";
  }

  read(): SearchRequest {
    while (this.#at < this.#argv.length) {
      this.#name = this.#argv[this.#at++] as string;
      const option = searchOption(this.#name);
      if (option === undefined) throw new ArgumentError(`${this.#name} is an unsupported option`);
      this.#option(option);
      if (this.#request.help || this.#request.version) return this.#request;
    }
    const { format } = this.#request;
    if (this.extraComplaint !== "") throw new ArgumentError(this.extraComplaint);
    this.#query.interpreted = format !== "default" && format !== "raw";
    return this.#request;
  }

  #option(option: SearchOption): void {
    if (FLAGS.has(option)) this.#flag(option);
    else if (WITHOUT_ARGUMENT.has(option)) this.#bare(option);
    else if (option === "start" || option === "end") this.#bound(option);
    else this.#valued(option, this.#value(SIGNED.has(option)));
  }

  #flag(option: SearchOption): void {
    const request = this.#request;
    if (option === "word") this.#query.word = true;
    else if (option in request) Object.assign(request, { [option]: true });
  }

  #bare(option: SearchOption): void {
    const { extra } = this.#request;
    const shown = option === "raw" ? "--raw" : this.#name;
    if (option === "raw" || option === "interpret") {
      if (this.#request.format !== "default") {
        throw new ArgumentError(`Conflicting output format ${shown}`);
      }
      this.#request.format = option;
    } else if (option === "extraKeys") extra.keys = true;
    else if (option === "extraLabels") extra.labels = true;
    else if (option === "extraObject") extra.object = true;
    else extra.time = true;
    if (this.#peek() !== undefined) {
      throw new ArgumentError(`Argument is NOT required for ${shown}`);
    }
  }

  /** The next argument, if it does not begin with `-`. */
  #peek(): string | undefined {
    const next = this.#argv[this.#at];
    return next === undefined || next.startsWith("-") ? undefined : next;
  }

  #value(signed: boolean): string {
    const value = signed ? this.#argv[this.#at] : this.#peek();
    if (value === undefined) throw new ArgumentError(`Argument is required for ${this.#name}`);
    this.#at++;
    return value;
  }

  #bound(bound: "end" | "start"): void {
    const first = this.#peek();
    if (first === undefined) {
      throw new ArgumentError(`${this.#name} requires either date and/or time`);
    }
    this.#at++;
    const second = this.#peek();
    let date: string | undefined = first;
    let time: string | undefined = "00:00:00";
    if (second !== undefined) {
      this.#at++;
      [date, time] = first.includes(":") ? [second, first] : [first, second];
    } else if (bound === "start" && first === "checkpoint") {
      this.#request.checkpointTime = true;
      return;
    } else if (first.includes(":")) {
      [date, time] = [undefined, first];
    } else if (bound === "end" && !isTimeWord(first)) {
      time = undefined;
    }
    const found = readBound(bound, date, time, this.#machine.clock);
    if ("error" in found) throw new ArgumentError(found.error);
    this.#query[bound] = found.seconds;
  }

  #valued(option: SearchOption, value: string): void {
    const query = this.#query;
    switch (option) {
      case "comm":
      case "exe":
      case "host":
      case "key":
      case "object":
      case "subject":
      case "terminal":
      case "uuid":
      case "vm":
        query[option] = latin1(value);
        return;
      case "file":
        if (Buffer.byteLength(value) >= MAX_PATH) {
          throw new ArgumentError(`File name is too long ${value}`);
        }
        query.file = latin1(value);
        return;
      case "context":
        query.subject = latin1(value);
        query.object = latin1(value);
        query.eitherContext = true;
        return;
      case "node":
        query.nodes.push(latin1(value));
        return;
      case "type":
        this.#types(value);
        return;
      case "syscall":
        query.syscall = this.#syscall(value);
        return;
      case "arch":
        this.#arch(value);
        return;
      case "success":
        if (!/yes|no/.test(value)) throw new ArgumentError("Success must be 'yes' or 'no'.");
        query.success = value === "yes" ? 1 : 0;
        return;
      case "exit":
        query.exit = exitOf(value);
        return;
      case "checkpoint":
        this.#request.checkpoint = value;
        return;
      case "escape":
      case "format":
      case "input":
        this.#output(option, value);
        return;
      default:
        this.#number(option, value);
    }
  }

  #number(option: SearchOption, value: string): void {
    const query = this.#query;
    switch (option) {
      case "event":
        query.serial = this.#digits(value, "Audit event id must be a numeric value");
        return;
      case "timeout":
        query.timeout = this.#digits(value, "End of Event Timeout must be a numeric value");
        if (query.timeout === 0) {
          throw new ArgumentError(`Illegal value for End of Event Timeout, was ${value}`);
        }
        return;
      case "pid":
        query.pid = this.#digits(value, "Process id must be a numeric value") | 0;
        return;
      case "ppid":
        query.ppid = this.#digits(value, "Parent process id must be a numeric value") | 0;
        return;
      case "session":
        if (!/^-?\d/.test(value)) {
          throw new ArgumentError(`Session id must be a numeric value, was ${value}`);
        }
        query.session = signedId(value);
        return;
      case "contid":
        query.contid = contidOf(value);
        return;
      case "gid":
      case "egid":
      case "gidAll":
        this.#group(option, value);
        return;
      case "uid":
      case "euid":
      case "uidAll":
      case "auid":
        this.#user(option, value);
        return;
      default:
        throw new ArgumentError(`${this.#name} is an unsupported option`);
    }
  }

  #digits(value: string, complaint: string): number {
    if (!/^\d/.test(value)) throw new ArgumentError(`${complaint}, was ${value}`);
    const number = unsigned32(value, 0, value.length);
    if (Number.isNaN(number)) throw new ArgumentError(`${this.#name}: ${value} is too large`);
    return number;
  }

  #group(option: "egid" | "gid" | "gidAll", value: string): void {
    const query = this.#query;
    const who = option === "egid" ? "Effective group ID" : "Group ID";
    const id = /^\d/.test(value) ? unsigned32(value, 0, value.length) : this.#machine.gid(value);
    if (id === undefined) throw new ArgumentError(`${who} is non-numeric and unknown (${value})`);
    if (option !== "egid") query.gid = id;
    if (option !== "gid") query.egid = id;
    if (option === "gidAll") query.anyGid = true;
  }

  #user(option: "auid" | "euid" | "uid" | "uidAll", value: string): void {
    const query = this.#query;
    const named = !(option === "auid" ? /^-?\d/ : /^\d/).test(value);
    const id = named ? this.#machine.uid(value) : signedId(value);
    if (id === undefined) {
      const who = option === "auid" ? "Login user ID" : "User ID";
      const shown = option === "uid" ? "Effective user ID" : who;
      throw new ArgumentError(`${shown} is non-numeric and unknown (${value})`);
    }
    const name = named ? latin1(value) : undefined;
    const all = option === "uidAll";
    if (all) query.anyUid = true;
    for (const field of ["uid", "euid", "auid"] as const) {
      if (!all && field !== option) continue;
      query[field] = id;
      if (name !== undefined) query[`${field}Name`] = name;
    }
  }

  #types(value: string): void {
    if (value.toUpperCase() === "ALL") return;
    for (const text of value.split(",")) {
      if (text === "" && value.includes(",")) continue;
      const type = /^\d/.test(text)
        ? unsigned32(text, 0, text.length)
        : recordTypeNumber(text.toUpperCase());
      if (type === undefined) throw new ArgumentError(validTypes());
      this.#query.types.push(type);
    }
  }

  #syscall(value: string): number {
    if (/^\d/.test(value)) return unsigned32(value, 0, value.length) | 0;
    const query = this.#query;
    query.machine ??= archName(this.#machine.arch);
    const arch = archNumber(query.machine ?? "");
    const number = arch === undefined ? undefined : syscallNumber(arch, value);
    if (number === undefined) throw new ArgumentError(`Syscall ${value} not found`);
    return number;
  }

  #arch(value: string): void {
    const query = this.#query;
    if (query.machine !== undefined) {
      const late = query.syscall !== -1;
      throw new ArgumentError(
        late ? "Arch needs to be defined before the syscall" : "Arch is already defined",
      );
    }
    query.machine = machineNamed(value, this.#machine.arch);
    if (query.machine === undefined) throw new ArgumentError(`Unknown arch ${value}`);
  }

  #output(option: "escape" | "format" | "input", value: string): void {
    const request = this.#request;
    if (option === "input") {
      if (Buffer.byteLength(value) >= MAX_PATH - 32) {
        throw new ArgumentError(`File name is too longs ${value}`);
      }
      request.input = value;
    } else if (option === "escape") {
      const mode = escapeMode(value);
      if (mode === undefined) throw new ArgumentError(`Unknown option (${value})`);
      request.escape = mode;
    } else {
      if (request.format !== "default") {
        throw new ArgumentError("Multiple output formats, use only 1");
      }
      const format = value.startsWith("interp") ? "interpret" : value;
      if (!isFormat(format)) throw new ArgumentError(`Unknown option (${value})`);
      request.format = format;
    }
  }
}
