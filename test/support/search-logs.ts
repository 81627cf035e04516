// The logs that searches are compared on: parts of the corpora, RAW and ENRICHED, a log with a
// record of nearly every type that is searched, and one of events with fields of all kinds.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { archName, syscallName } from "@cauditd/libaudit";

/** So many lines, for the real ausearch takes time that grows with their square. */
const CONTAINERS_LINES = 6000;
const ORACLE_LINES = 8000;

/** A file below test/. */
export function testFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function linesOf(corpus: string, count: number): string {
  const text = gunzipSync(readFileSync(testFile(corpus))).toString("latin1");
  return text.trimEnd().split("\n", count).concat("").join("\n");
}

/** Every log by its name, latin1. */
export function searchLogs(): ReadonlyMap<string, string> {
  const containers = linesOf("corpus/containers/audit.log.gz", CONTAINERS_LINES);
  const oracle = linesOf("corpus/oracle/audit.log.gz", ORACLE_LINES);
  return new Map([
    ["zoo", readFileSync(testFile("golden/ausearch/zoo.log"), "latin1")],
    ["event-assembly", readFileSync(testFile("golden/event-assembly/il.log"), "latin1")],
    ["mixed", linesOf("golden/ausearch/mixed.log.gz", Number.MAX_SAFE_INTEGER)],
    ["containers", containers],
    ["oracle", oracle],
    ["containers-enriched", enriched(containers)],
    ["oracle-enriched", enriched(oracle)],
  ]);
}

const ID = /(?<![\w-])(auid|[a-z]*uid|[a-z]*gid)=(\d+)/g;

/** A log as `log_format = ENRICHED` would have it, on a machine that knows three users. */
export function enriched(log: string): string {
  return log.replace(/^type=\S+ .*$/gm, (line) => {
    const names = [...line.matchAll(ID)].map(
      ([, name = "", id = ""]) => `${name.toUpperCase()}="${nameOf(Number(id))}"`,
    );
    const [, arch = "", call = ""] = /arch=([0-9a-f]+) syscall=(\d+)/.exec(line) ?? [];
    const number = Number.parseInt(arch, 16);
    const calls =
      arch === ""
        ? []
        : [`ARCH=${archName(number)}`, `SYSCALL=${syscallName(number, Number(call)) ?? call}`];
    const interpreted = [...calls, ...names].join(" ");
    return interpreted === "" ? line : `${line}\x1d${interpreted}`;
  });
}

function nameOf(id: number): string {
  if (id === 0) return "root";
  if (id === 0xffff_ffff) return "unset";
  return id === 1000 ? "alice" : `unknown(${id})`;
}

/** One search of a log. */
export interface GoldenQuery {
  readonly log: string;
  readonly args: readonly string[];
}

/** The searches of golden/ausearch/queries.txt. */
export function goldenQueries(): GoldenQuery[] {
  const queries: GoldenQuery[] = [];
  let log = "";
  for (const line of readFileSync(testFile("golden/ausearch/queries.txt"), "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section === undefined) {
      queries.push({ log, args: line.split(" ").map((word) => word.replaceAll("%20", " ")) });
    } else log = section;
  }
  return queries;
}

/** What ausearch answered. */
export interface GoldenAnswer {
  readonly exit: number;
  /** Lines of standard output, and its SHA-256. */
  readonly lines: number;
  readonly sha256: string;
  /** Standard error. */
  readonly complaint: string;
}

/** The recorded answers, in the order of the searches. */
export function goldenAnswers(): GoldenAnswer[] {
  const bytes = readFileSync(testFile("golden/ausearch/answers.jsonl.gz"));
  const lines = gunzipSync(bytes).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as GoldenAnswer);
}
