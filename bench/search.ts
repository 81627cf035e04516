/*
 * `npm run bench:search [-- RECORDS]`: whole processes beside each other, searching the same log:
 * `cauditd search` and ausearch (Debian package `auditd`, which has to be installed).
 *
 * The log is the corpus of containers, repeated, with that of the oracle once in its middle. Every
 * event has a time of its own, 100 of them in a second. ausearch keeps the events of the last two
 * seconds in a list that it walks for every record, so the bursts of the corpus, 30,000 events in a
 * second, slow it down: one search of the corpus as it is, not repeated, shows that.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { machine, median, writeSection } from "./report.ts";

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 3;
const EVENTS_PER_SECOND = 100;
/** A Saturday's noon in winter: no change of the clock is near. */
const BEGIN = Date.UTC(2026, 0, 17, 12) / 1000;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Writes the records of a corpus, each event at the time and with the serial that come next. */
class LogWriter {
  readonly path: string;
  records = 0;
  events = 0;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, "");
  }

  /** Time of event `number`, as a record has it. */
  static stamp(number: number): string {
    const milli = Math.round(((number % EVENTS_PER_SECOND) * 1000) / EVENTS_PER_SECOND);
    const sec = BEGIN + Math.floor(number / EVENTS_PER_SECOND);
    return `${sec}.${String(milli).padStart(3, "0")}:${number}`;
  }

  add(corpus: string): void {
    const stamps = new Map<string, string>();
    const text = corpus.replace(/msg=audit\(([\d.:]+)\)/g, (_, old: string) => {
      let stamp = stamps.get(old);
      if (stamp === undefined) {
        this.events++;
        stamp = LogWriter.stamp(this.events);
        stamps.set(old, stamp);
      }
      this.records++;
      return `msg=audit(${stamp})`;
    });
    appendFileSync(this.path, text, "latin1");
  }
}

function corpusOf(name: string): string {
  const path = join(root, "test/corpus", name, "audit.log.gz");
  return gunzipSync(readFileSync(path)).toString("latin1");
}

function writeLog(path: string): LogWriter {
  const log = new LogWriter(path);
  const containers = corpusOf("containers");
  const oracle = corpusOf("oracle");
  while (log.records < RECORDS) {
    const before = log.records;
    log.add(containers);
    if (before < RECORDS / 2 && log.records >= RECORDS / 2) log.add(oracle);
  }
  return log;
}

/** User and wall seconds, and lines of output, which goes through `wc -l`. */
interface Run {
  readonly user: number;
  readonly wall: number;
  readonly lines: number;
}

function run(command: readonly string[]): Run {
  const script = 'TIMEFORMAT="%U %R"; { time "$@" 2>/dev/null; } 2>&3 3>&- | wc -l';
  const { output, error } = spawnSync("bash", ["-c", script, "bash", ...command], {
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    encoding: "utf8",
  });
  const [user, wall] = (output?.[3] ?? "").trim().split(" ").map(Number);
  if (user === undefined || wall === undefined || error !== undefined) {
    throw new Error(`${command.join(" ")}: ${error?.message ?? "no times"}`);
  }
  return { user, wall, lines: Number(output?.[1]) };
}

function ausearch(log: string, query: readonly string[]): Run {
  return run(["ausearch", "-if", log, ...query]);
}

function cauditd(logs: string, query: readonly string[]): Run {
  const bin = join(root, "packages/cli/bin/cauditd.mjs");
  return run([process.execPath, bin, "search", "host", "--logs", logs, ...query]);
}

/** Date and time as ausearch takes them in the C locale. */
function clock(sec: number): string[] {
  const [date = "", time = ""] = new Date(sec * 1000).toISOString().slice(0, 19).split("T");
  const [year, month, day] = date.split("-");
  return [`${month}/${day}/${year?.slice(2)}`, time];
}

/** Queries: everything, nothing, and what few events have. */
function queries(log: LogWriter): string[][] {
  const middle = BEGIN + Math.floor(log.events / EVENTS_PER_SECOND / 2);
  return [
    ["--raw"],
    ["-k", "nowhere"],
    ["-k", "open-eacces", "--raw"],
    ["-p", "10878", "--raw"],
    ["-x", "/usr/sbin/nats-server", "--raw"],
    ["-a", String(log.events >> 1), "--raw"],
    ["-ts", ...clock(middle), "-te", ...clock(middle + 1), "--raw"],
  ];
}

function row(name: string, theirs: readonly Run[], ours: readonly Run[]): string {
  const [their] = theirs;
  const [our] = ours;
  if (their?.lines !== our?.lines) {
    throw new Error(`${name}: ausearch prints ${their?.lines} lines, cauditd ${our?.lines}`);
  }
  const user = (runs: readonly Run[]): number => median(runs.map((one) => one.user));
  const wall = (runs: readonly Run[]): number => median(runs.map((one) => one.wall));
  const cells = [user(theirs), user(ours), user(theirs) / user(ours), wall(theirs), wall(ours)];
  const [a, b, ratio, c, d] = cells.map((cell) => cell.toFixed(2));
  return `| ${name} | ${our?.lines.toLocaleString("en")} | ${a} | ${b} | ${ratio} | ${c} | ${d} |`;
}

/** One row: both in turn, so many times. */
function compare(name: string, folder: string, query: readonly string[], rounds: number): string {
  const theirs: Run[] = [];
  const ours: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    theirs.push(ausearch(join(folder, "host/audit.log"), query));
    ours.push(cauditd(folder, query));
  }
  const text = row(name, theirs, ours);
  console.log(text);
  return text;
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  if (spawnSync("ausearch", ["--version"]).error !== undefined) {
    throw new Error("ausearch is not installed: apt-get install auditd");
  }
  const spread = join(folder, "spread");
  const burst = join(folder, "burst");
  for (const logs of [spread, burst]) mkdirSync(join(logs, "host"), { recursive: true });
  const log = writeLog(join(spread, "host/audit.log"));
  const indexing = cauditd(spread, ["-k", "nowhere"]);
  const rows = queries(log).map((query) => compare(query.join(" "), spread, query, ROUNDS));
  writeFileSync(join(burst, "host/audit.log"), corpusOf("containers"), "latin1");
  cauditd(burst, ["-k", "nowhere"]);
  const corpus = "the corpus as it is:";
  rows.push(compare(`${corpus} --raw`, burst, ["--raw"], 1));
  rows.push(compare(`${corpus} -p 10878 --raw`, burst, ["-p", "10878", "--raw"], 1));
  const start = median(Array.from({ length: 5 }, () => run([process.execPath, "-e", "0"]).user));
  writeSection(
    "Search beside ausearch",
    `\`npm run bench:search\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
      `${log.records.toLocaleString("en")} records in ${log.events.toLocaleString("en")} events, ` +
      `${EVENTS_PER_SECOND} events in a second. Whole processes that print the same number of ` +
      "lines; seconds. Node alone, doing nothing, takes " +
      `${start.toFixed(2)} s of user time. The first search, which writes the index, took ` +
      `${indexing.user.toFixed(1)} s of user time. The corpus as it is (135,999 records, up to ` +
      "74,169 of them in one second) is searched once by each.\n\n" +
      "| query | lines | ausearch, user | cauditd, user | ratio | " +
      "ausearch, wall | cauditd, wall |\n" +
      `|---|---|---|---|---|---|---|\n${rows.join("\n")}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
