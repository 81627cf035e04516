import type { EscapeMode } from "../interpret/escape.ts";
import { NO_ID, NO_LOGIN, type Wanted } from "./facts.ts";

/** How events are printed. */
export type OutputFormat = "csv" | "default" | "interpret" | "raw" | "text";

/**
 * What is searched for: an event has to fulfil everything that is set. Numbers have ausearch's
 * types and its values for "not set", so that asking for such a value asks for nothing.
 */
export interface Query {
  /** First and last second; 0 = no bound. */
  start: number;
  end: number;
  /** Serial; NO_ID = any. */
  serial: number;
  /** Any of these nodes; empty = any node or none. */
  nodes: string[];
  /** Any of these record types; empty = all. */
  types: number[];
  /** Signed 32 bits; -1 = any. */
  pid: number;
  ppid: number;
  /** User and group IDs; NO_ID = any. */
  uid: number;
  euid: number;
  gid: number;
  egid: number;
  /** NO_LOGIN = any. */
  auid: number;
  session: number;
  /** The names that the users were given by. */
  uidName: string | undefined;
  euidName: string | undefined;
  auidName: string | undefined;
  /** One of uid, euid and auid is enough. */
  anyUid: boolean;
  /** One of gid and egid is enough. */
  anyGid: boolean;
  /** Machine of libaudit (`archName` of it); undefined = any. */
  machine: string | undefined;
  /** -1 = any. */
  syscall: number;
  exit: bigint | undefined;
  /** An `Outcome`. */
  success: number;
  key: string | undefined;
  file: string | undefined;
  exe: string | undefined;
  comm: string | undefined;
  host: string | undefined;
  terminal: string | undefined;
  subject: string | undefined;
  object: string | undefined;
  /** The subject or the object is enough. */
  eitherContext: boolean;
  vm: string | undefined;
  uuid: string | undefined;
  /** A string has to be the whole value, not a part of it. */
  word: boolean;
  /** A contid of the event's chain. */
  contid: bigint | undefined;
  /** Seconds after which an event is complete. */
  timeout: number;
  /** Arguments are told apart by their machine when printed. */
  interpreted: boolean;
}

/** A search as it was asked for. */
export interface SearchRequest {
  readonly query: Query;
  format: OutputFormat;
  escape: EscapeMode;
  justOne: boolean;
  /** File or folder to search instead. */
  input: string | undefined;
  /** The logs are read even when stdin has records (`--input-logs`). */
  inputLogs: boolean;
  checkpoint: string | undefined;
  /** Only the time in the checkpoint counts. */
  checkpointTime: boolean;
  /** Columns that csv output has in addition. */
  readonly extra: { keys: boolean; labels: boolean; object: boolean; time: boolean };
  /** Records that are not accepted are told. */
  debug: boolean;
  /** What is found is written at once. */
  lineBuffered: boolean;
  help: boolean;
  version: boolean;
}

/** A query that every event fulfils. */
export function newQuery(): Query {
  return {
    start: 0,
    end: 0,
    serial: NO_ID,
    nodes: [],
    types: [],
    pid: -1,
    ppid: -1,
    uid: NO_ID,
    euid: NO_ID,
    gid: NO_ID,
    egid: NO_ID,
    auid: NO_LOGIN,
    session: NO_LOGIN,
    uidName: undefined,
    euidName: undefined,
    auidName: undefined,
    anyUid: false,
    anyGid: false,
    machine: undefined,
    syscall: -1,
    exit: undefined,
    success: -1,
    key: undefined,
    file: undefined,
    exe: undefined,
    comm: undefined,
    host: undefined,
    terminal: undefined,
    subject: undefined,
    object: undefined,
    eitherContext: false,
    vm: undefined,
    uuid: undefined,
    word: false,
    contid: undefined,
    timeout: 2,
    interpreted: false,
  };
}

/** The facts that a query needs. */
export function wantedBy(query: Query): Wanted {
  return {
    arch: query.interpreted || query.machine !== undefined,
    auid: query.auid !== NO_LOGIN || query.auidName !== undefined,
    comm: query.comm !== undefined,
    egid: query.egid !== NO_ID,
    euid: query.euid !== NO_ID || query.euidName !== undefined,
    exe: query.exe !== undefined,
    exit: query.exit !== undefined,
    file: query.file !== undefined,
    gid: query.gid !== NO_ID,
    host: query.host !== undefined,
    key: query.key !== undefined,
    object: query.object !== undefined,
    pid: query.pid !== -1,
    ppid: query.ppid !== -1,
    session: query.session !== NO_LOGIN,
    subject: query.subject !== undefined,
    success: query.success !== -1,
    terminal: query.terminal !== undefined,
    uid: query.uid !== NO_ID || query.uidName !== undefined,
    uuid: query.uuid !== undefined,
    vm: query.vm !== undefined,
  };
}
