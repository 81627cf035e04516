import type { AuditEvent } from "@cauditd/auparse";
import {
  EventScan,
  Matcher,
  type PasswordLookup,
  readSearchArguments,
  SearchPlan,
  type SearchRequest,
} from "@cauditd/auparse/search";
import type { DirectIo } from "../terminal/direct-output.ts";
import { OutputBatch } from "../terminal/output-batch.ts";
import { type ScopeArguments, splitScopeArguments } from "../terminal/scope-arguments.ts";
import { searchIndexed } from "./indexed-search.ts";
import { scanLog } from "./scan-log.ts";
import { SearchCheckpoint } from "./search-checkpoint.ts";
import { searchMachine, userNames } from "./search-machine.ts";
import { type EventPrinter, printerOf } from "./search-printer.ts";
import { searchedLogs } from "./searched-logs.ts";

/**
 * Searches the logs of an instance as ausearch does: `cauditd search C [ausearch options]`.
 * @returns ausearch's exit code
 */
export async function search(argv: readonly string[], io: DirectIo): Promise<number> {
  const scope = splitScopeArguments(argv);
  const read = readSearchArguments(scope.rest, searchMachine());
  if ("error" in read) {
    io.err(`${read.error}\n`);
    return 1;
  }
  const { request } = read;
  if (request.help || argv.length === 0) {
    io.out(USAGE);
    return request.help ? 0 : 1;
  }
  if (request.version) {
    io.out("cauditd search, with the options of ausearch 3.0.9\n");
    return 0;
  }
  return await new Search(scope, request, io).run();
}

/** ausearch's exit code when it was given records of another log than the checkpoint's on stdin. */
const CORRUPT_STDIN = 10;

const USAGE = `usage: cauditd search NAME [--logs DIR | --config FILE] [options of ausearch]
       cauditd search -if FILE|DIR [options of ausearch]
\t--contid <ID>\t\t\tsearch based on a contid of the chain
\t--no-index\t\t\tread the logs themselves
\tThe other options are those of ausearch(8): see docs/reference/cauditd-search.md
`;

class Search {
  readonly #scope: ScopeArguments;
  readonly #request: SearchRequest;
  readonly #io: DirectIo;
  readonly #output: OutputBatch;
  readonly #matcher: Matcher;
  #print: EventPrinter = () => undefined;
  readonly #users: PasswordLookup;
  #checkpoint: SearchCheckpoint | undefined;
  #found = false;

  constructor(scope: ScopeArguments, request: SearchRequest, io: DirectIo) {
    this.#scope = scope;
    this.#request = request;
    this.#io = io;
    this.#output = new OutputBatch(io.out);
    this.#users = userNames();
    this.#matcher = new Matcher(request.query, this.#users, (record) => {
      if (request.debug) io.err(`Malformed event skipped. ${record}\n`);
    });
  }

  async run(): Promise<number> {
    this.#print = await printerOf({
      request: this.#request,
      output: this.#output,
      err: this.#io.err,
      users: this.#users,
    });
    const { input, inputLogs, checkpoint: path, checkpointTime: timeOnly } = this.#request;
    if (path !== undefined) {
      const opened = SearchCheckpoint.open({ path, timeOnly, err: this.#io.err });
      if (typeof opened === "number") return opened;
      this.#checkpoint = opened;
    }
    const found = await searchedLogs(this.#scope, { input, inputLogs }, this.#io.err);
    if (found === undefined) return 1;
    // A file that is named is searched whatever its inode.
    const logs = found.set ? (this.#checkpoint?.logs(found.logs) ?? found.logs) : found.logs;
    if (typeof logs === "number") return logs;
    let last: string;
    try {
      last = await this.#scan(logs);
    } finally {
      this.#output.flush();
    }
    const failed = this.#endCheckpoint(last);
    if (failed !== 0) return failed;
    if (this.#io.stop.exitCode !== 0) return this.#io.stop.exitCode;
    if (this.#found) return 0;
    if (this.#request.format !== "raw") this.#io.err("<no matches>\n");
    return 1;
  }

  #endCheckpoint(log: string): number {
    const checkpoint = this.#checkpoint;
    if (checkpoint === undefined) return 0;
    if (log === "-") {
      this.#io.err("Warning - checkpointing stdin is not supported");
      return checkpoint.failed === 0 ? 0 : CORRUPT_STDIN;
    }
    return checkpoint.failed === 0 ? checkpoint.write(log) : checkpoint.failed;
  }

  /** Searches the logs; returns the one that was read last. */
  async #scan(logs: readonly string[]): Promise<string> {
    const { query, debug } = this.#request;
    // A checkpoint looks at every event; a file that is named has no place for an index.
    const own = this.#scope.instance !== undefined && this.#request.input === undefined;
    if (this.#scope.index && own && this.#checkpoint === undefined && !debug) {
      const plan = new SearchPlan(query, this.#users);
      if (plan.selective) {
        searchIndexed(logs, query, plan, (event) => this.#event(event));
        return logs.at(-1) ?? "";
      }
    }
    const scan = new EventScan(query, (event) => this.#event(event));
    for (const log of logs) {
      // As in ausearch, `--just-one` leaves the rest of a log for an event before the checkpoint.
      if (scan.done) scan.resume();
      await scanLog(log, scan, () => {
        this.#output.flush();
        return this.#io.stop.signal === undefined;
      });
      if (this.#io.stop.signal !== undefined || (this.#checkpoint?.failed ?? 0) !== 0) return log;
      if (scan.done && this.#found) return log;
    }
    // What is incomplete waits for the search that goes on from the checkpoint.
    if (this.#checkpoint === undefined) scan.end();
    return logs.at(-1) ?? "";
  }

  /** Takes one event; false = no more are wanted. */
  #event(event: AuditEvent): boolean {
    if (this.#matcher.matches(event)) {
      const isNew = this.#checkpoint === undefined || this.#checkpoint.isNew(event);
      if (isNew === undefined) return false;
      if (isNew) {
        this.#found = true;
        this.#print(event);
      }
      if (this.#request.justOne || this.#io.stop.signal !== undefined) return false;
    }
    this.#checkpoint?.note(event);
    return true;
  }
}
