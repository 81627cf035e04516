import { type EscapeMode, escapeMode } from "../interpret/escape.ts";
import type { ReportKind } from "./report-kinds.ts";
import { isTimeWord, type LocalClock, readBound } from "./time.ts";

/** A report as it was asked for. */
export interface ReportRequest {
  kind: ReportKind;
  /** Counts by what the report is about, instead of its events. */
  summary: boolean;
  interpret: boolean;
  /** Only events that failed, or that succeeded. */
  outcome: "failed" | "success" | undefined;
  /** Only additions, or only deletions, of the configuration. */
  change: "add" | "delete" | undefined;
  /** CONFIG_CHANGE events are left out. */
  noConfig: boolean;
  readonly nodes: string[];
  start: number;
  end: number;
  timeout: number;
  escape: EscapeMode;
  input: string | undefined;
  /** The logs are read even when stdin has records (`--input-logs`). */
  inputLogs: boolean;
  /** Records that are not accepted are told. */
  debug: boolean;
  help: boolean;
  version: boolean;
}

/** The arguments of a report, or what aureport would say is wrong with them. */
export type ReportArguments =
  | { readonly request: ReportRequest }
  /** `usage`: it says then how it is used. */
  | { readonly error: string; readonly usage: boolean };

const KINDS: Readonly<Record<string, ReportKind>> = {
  "-a": "avc",
  "--avc": "avc",
  "-au": "auth",
  "--auth": "auth",
  "-c": "config",
  "--config": "config",
  "--comm": "comm",
  "-cr": "crypto",
  "--crypto": "crypto",
  "-e": "event",
  "--event": "event",
  "-f": "file",
  "--file": "file",
  "-h": "host",
  "--host": "host",
  "--integrity": "integrity",
  "-k": "key",
  "--key": "key",
  "-l": "login",
  "--login": "login",
  "-m": "account",
  "--mods": "account",
  "-ma": "mac",
  "--mac": "mac",
  "-n": "anomaly",
  "--anomaly": "anomaly",
  "-p": "pid",
  "--pid": "pid",
  "-r": "response",
  "--response": "response",
  "-s": "syscall",
  "--syscall": "syscall",
  "-t": "log",
  "--log": "log",
  "-tm": "terminal",
  "--terminal": "terminal",
  "--tty": "tty",
  "-u": "user",
  "--user": "user",
  "--virt": "virt",
  "-x": "exe",
  "--executable": "exe",
};

type Setting = (request: ReportRequest) => void;

const FLAGS: Readonly<Record<string, Setting>> = {
  "--add": (request) => Object.assign(request, { change: "add" }),
  "--debug": (request) => Object.assign(request, { debug: true }),
  "--delete": (request) => Object.assign(request, { change: "delete" }),
  "--failed": (request) => Object.assign(request, { outcome: "failed" }),
  "--help": (request) => Object.assign(request, { help: true }),
  "--input-logs": (request) => Object.assign(request, { inputLogs: true }),
  "--no-config": (request) => Object.assign(request, { noConfig: true }),
  "--success": (request) => Object.assign(request, { outcome: "success" }),
  "--summary": (request) => Object.assign(request, { summary: true }),
  "--version": (request) => Object.assign(request, { version: true }),
  "-nc": (request) => Object.assign(request, { noConfig: true }),
  "-v": (request) => Object.assign(request, { version: true }),
};

const VALUED: Readonly<Record<string, (request: ReportRequest, value: string) => string>> = {
  "--eoe-timeout": setTimeoutSeconds,
  "--escape": setEscape,
  "--input": setInput,
  "--node": setNode,
  "-if": setInput,
};

function setInput(request: ReportRequest, value: string): string {
  request.input = value;
  return "";
}

function setNode(request: ReportRequest, value: string): string {
  request.nodes.push(Buffer.from(value).toString("latin1"));
  return "";
}

function setEscape(request: ReportRequest, value: string): string {
  const mode = escapeMode(value);
  if (mode === undefined) return `Unknown option (${value})`;
  request.escape = mode;
  return "";
}

function setTimeoutSeconds(request: ReportRequest, value: string): string {
  if (!/^\d/.test(value)) return `End of Event Timeout must be a numeric value, was ${value}`;
  request.timeout = Number.parseInt(value, 10);
  return request.timeout > 0 ? "" : `Illegal value for End of Event Timeout, was ${value}`;
}

const BOUNDS: Readonly<Record<string, "end" | "start">> = {
  "--end": "end",
  "--start": "start",
  "-te": "end",
  "-ts": "start",
};

/** Reads the arguments of a report as aureport 3.0.9 reads its own. */
export function readReportArguments(argv: readonly string[], clock: LocalClock): ReportArguments {
  const read = readRequest(argv, clock);
  if ("error" in read) return { ...read, usage: true };
  const { kind, summary, help, version } = read.request;
  if (summary && (kind === "log" || kind === "tty") && !help && !version) {
    return { error: "Unimplemented option", usage: false };
  }
  return read;
}

function readRequest(
  argv: readonly string[],
  clock: LocalClock,
): { readonly request: ReportRequest } | { readonly error: string } {
  const request: ReportRequest = {
    kind: "summary",
    summary: false,
    interpret: false,
    outcome: undefined,
    change: undefined,
    noConfig: false,
    nodes: [],
    start: 0,
    end: 0,
    timeout: 2,
    escape: "tty",
    input: undefined,
    inputLogs: false,
    debug: false,
    help: false,
    version: false,
  };
  for (let at = 0; at < argv.length; ) {
    const name = argv[at++] as string;
    const next = argv[at]?.startsWith("-") === true ? undefined : argv[at];
    const bound = own(BOUNDS, name);
    const valued = own(VALUED, name);
    const kind = own(KINDS, name);
    let problem = "";
    if (bound !== undefined) {
      const second = argv[at + 1]?.startsWith("-") === true ? undefined : argv[at + 1];
      if (next === undefined) return { error: `${name} requires either date and/or time` };
      problem = setBound(request, bound, next, second, clock);
      at += second === undefined ? 1 : 2;
    } else if (valued !== undefined) {
      if (next === undefined) return { error: `Argument is required for ${name}` };
      problem = valued(request, next);
      at++;
    } else if (kind !== undefined) {
      if (request.kind !== "summary") return { error: "Error - only one report can be specified" };
      request.kind = kind;
    } else if (name === "-i" || name === "--interpret") {
      if (next !== undefined) return { error: `Argument is NOT required for ${name}` };
      request.interpret = true;
    } else {
      const flag = own(FLAGS, name);
      if (flag === undefined) return { error: `${name} is an unsupported option` };
      flag(request);
      if (request.help || request.version) return { request };
    }
    if (problem !== "") return { error: problem };
  }
  return { request };
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function setBound(
  request: ReportRequest,
  bound: "end" | "start",
  first: string,
  second: string | undefined,
  clock: LocalClock,
): string {
  let date: string | undefined = first;
  let time: string | undefined = "00:00:00";
  if (second !== undefined) [date, time] = first.includes(":") ? [second, first] : [first, second];
  else if (first.includes(":")) [date, time] = [undefined, first];
  else if (bound === "end" && !isTimeWord(first)) time = undefined;
  const found = readBound(bound, date, time, clock);
  if ("error" in found) return found.error;
  request[bound] = found.seconds;
  return "";
}
