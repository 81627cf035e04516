import { readFileSync, writeFileSync } from "node:fs";
import type { AuditEvent } from "@cauditd/auparse";
import {
  type Checkpoint,
  CheckpointFilter,
  EventScan,
  formatCheckpoint,
  Matcher,
  type PasswordLookup,
  parseCheckpoint,
  readSearchArguments,
  SearchPlan,
  type SearchRequest,
} from "@cauditd/auparse/search";
import { searchIndexed } from "./indexed-search.ts";
import { InputError, systemReason } from "./input-error.ts";
import type { Io } from "./io.ts";
import { identityOf, logsFrom } from "./log-set.ts";
import { LogSource } from "./log-source.ts";
import { OutputBatch } from "./output-batch.ts";
import { type ScopeArguments, splitScopeArguments } from "./scope-arguments.ts";
import { searchMachine, userNames } from "./search-machine.ts";
import { type EventPrinter, printerOf } from "./search-printer.ts";
import { searchedLogs } from "./searched-logs.ts";

/** What a search needs of the world. */
export type SearchIo = Pick<Io, "err" | "out" | "stop">;

/** Exit codes of ausearch beside 0 (found) and 1 (nothing found, or an error). */
const CHECKPOINT_BAD = 10;
const CHECKPOINT_NOT_WRITTEN = 11;
const CHECKPOINT_CORRUPT = 12;

/**
 * Searches the logs of an instance as ausearch does: `cauditd search C [ausearch options]`.
 * @returns ausearch's exit code
 */
export async function search(argv: readonly string[], io: SearchIo): Promise<number> {
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

const USAGE = `usage: cauditd search NAME [--logs DIR | --config FILE] [options of ausearch]
       cauditd search -if FILE|DIR [options of ausearch]
\t--contid <ID>\t\t\tsearch based on a contid of the chain
\t--no-index\t\t\tread the logs themselves
\tThe other options are those of ausearch(8): see docs/reference/cauditd-search.md
`;

class Search {
  readonly #scope: ScopeArguments;
  readonly #request: SearchRequest;
  readonly #io: SearchIo;
  readonly #output: OutputBatch;
  readonly #matcher: Matcher;
  #print: EventPrinter = () => undefined;
  readonly #users: PasswordLookup;
  #filter: CheckpointFilter | undefined;
  #last: Omit<Checkpoint, "device" | "inode"> | undefined;
  #found = false;
  #corrupt = false;

  constructor(scope: ScopeArguments, request: SearchRequest, io: SearchIo) {
    this.#scope = scope;
    this.#request = request;
    this.#io = io;
    this.#output = new OutputBatch(io.out);
    this.#users = userNames();
    this.#matcher = new Matcher(request.query, this.#users);
  }

  async run(): Promise<number> {
    this.#print = await printerOf({
      request: this.#request,
      output: this.#output,
      err: this.#io.err,
      users: this.#users,
    });
    const { checkpoint } = this.#request;
    const all = await searchedLogs(this.#scope, this.#request.input, this.#io.err);
    if (all === undefined) return 1;
    const logs = checkpoint === undefined ? all : this.#readCheckpoint(checkpoint, all);
    if (typeof logs === "number") return logs;
    try {
      await this.#scan(logs);
    } finally {
      this.#output.flush();
    }
    if (checkpoint !== undefined) {
      if (this.#corrupt) return CHECKPOINT_CORRUPT;
      const written = this.#writeCheckpoint(checkpoint, logs.at(-1) ?? "");
      if (written !== 0) return written;
    }
    if (this.#io.stop.exitCode !== 0) return this.#io.stop.exitCode;
    if (this.#found) return 0;
    if (this.#request.format !== "raw") this.#io.err("<no matches>\n");
    return 1;
  }

  async #scan(logs: readonly string[]): Promise<void> {
    const { query, checkpoint } = this.#request;
    // A checkpoint looks at every event; a file that is named has no place for an index.
    if (this.#scope.index && this.#scope.instance !== undefined && checkpoint === undefined) {
      const plan = new SearchPlan(query, this.#users);
      if (plan.selective && this.#request.input === undefined) {
        searchIndexed(logs, query, plan, (event) => this.#event(event));
        return;
      }
    }
    const scan = new EventScan(query, (event) => this.#event(event));
    for (const log of logs) {
      const source = await LogSource.open(log);
      try {
        for await (const chunk of source.chunks()) {
          // The source uses its buffers again, and events keep theirs.
          scan.push(Buffer.from(chunk));
          if (scan.done || this.#io.stop.signal !== undefined) break;
        }
      } finally {
        await source.close();
      }
      scan.endLog();
      if (scan.done || this.#io.stop.signal !== undefined) return;
    }
    // What is incomplete waits for the search that goes on from the checkpoint.
    if (checkpoint === undefined) scan.end();
  }

  /** Takes one event; false = no more are wanted. */
  #event(event: AuditEvent): boolean {
    if (this.#matcher.matches(event)) {
      const step = this.#filter?.step(event) ?? "print";
      if (step === "print") {
        this.#found = true;
        this.#print(event);
      } else if (step === "corrupt") {
        this.#corrupt = true;
        this.#io.err("Corrupted checkpoint file. Inode match, but newer complete event found\n");
        return false;
      }
      if (this.#request.justOne) return false;
    }
    if (this.#filter !== undefined) {
      const { node, sec, milli, serial } = event;
      this.#last = { node, sec, milli, serial, type: event.types[0] as number };
    }
    return true;
  }

  /** Reads the checkpoint; the logs from its file on, or an exit code. */
  #readCheckpoint(path: string, logs: readonly string[]): readonly string[] | number {
    const timeOnly = this.#request.checkpointTime;
    let text: string;
    try {
      text = readFileSync(path, "latin1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        this.#io.err(`Cannot open checkpoint file - ${path}: ${systemReason(error)}\n`);
        return CHECKPOINT_BAD;
      }
      this.#filter = new CheckpointFilter(undefined, timeOnly);
      return logs;
    }
    const point = parseCheckpoint(text);
    if ("error" in point) {
      this.#io.err(`${point.error}\n`);
      return CHECKPOINT_BAD;
    }
    this.#filter = new CheckpointFilter(point, timeOnly);
    if (timeOnly || this.#request.input !== undefined) return logs;
    return logsFrom(logs, point) ?? CHECKPOINT_BAD;
  }

  #writeCheckpoint(path: string, log: string): number {
    const identity = identityOf(log);
    if (identity === undefined) {
      throw new InputError([`${log}: no such file, so there is no checkpoint`]);
    }
    const none = { node: "", sec: 0, milli: 0, serial: 0, type: 0 };
    try {
      writeFileSync(path, formatCheckpoint({ ...identity, ...(this.#last ?? none) }), "latin1");
      return 0;
    } catch (error) {
      this.#io.err(`Cannot open checkpoint file - ${path}: ${systemReason(error)}\n`);
      return CHECKPOINT_NOT_WRITTEN;
    }
  }
}
