/*
 * `npm run bench:search [-- CAP]`: whole processes beside each other, searching the same logs:
 * `cauditd search` and ausearch (Debian package `auditd`, which has to be installed).
 *
 * The first log is the corpus of containers eight times, each pass later, as a host would have gone
 * on: its bursts, up to 30,000 events in a second, are as they were recorded. ausearch keeps the
 * events of the last two seconds in a list that it walks for every record, so it is run once, and
 * ended after CAP seconds (default 600) of processor time.
 *
 * The second log is the corpus again, with that of the oracle once in its middle, but every event
 * has a time of its own, 100 of them in a second: there ausearch is at its best.
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
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { machine, median, writeSection } from "./report.ts";

/** Seconds of processor time. */
const CAP = Number(process.argv[2] ?? 600);
const RECORDS = 1_000_000;
/** How often the corpus is in the log as recorded. */
const PASSES = 8;
/** Seconds from the end of one pass to the next. */
const PAUSE = 60;
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

/** The corpus so many times, times and serials going on from pass to pass; returns its records. */
function writeRecorded(path: string): number {
  const corpus = corpusOf("containers");
  const stamps = [...corpus.matchAll(/audit\((\d+)\.\d+:(\d+)\)/g)];
  const range = (group: number): number => {
    const numbers = stamps.map((stamp) => Number(stamp[group]));
    const lowest = numbers.reduce((low, number) => Math.min(low, number));
    return numbers.reduce((high, number) => Math.max(high, number)) - lowest;
  };
  const [seconds, serials] = [range(1) + PAUSE, range(2) + 1];
  writeFileSync(path, "");
  for (let pass = 0; pass < PASSES; pass++) {
    const text = corpus.replace(
      /(audit\()(\d+)(\.\d+:)(\d+)/g,
      (_, open: string, sec: string, milli: string, serial: string) =>
        open + (Number(sec) + pass * seconds) + milli + (Number(serial) + pass * serials),
    );
    appendFileSync(path, text, "latin1");
  }
  return PASSES * (corpus.split("\n").length - 1);
}

/** User and wall seconds, and lines of output, which goes through `wc -l`. */
interface Run {
  readonly user: number;
  readonly wall: number;
  readonly lines: number;
  /** It was not done within its processor time. */
  readonly ended: boolean;
}

/** @param cap seconds of processor time after which the command is ended; 0 = none */
function run(command: readonly string[], cap = 0): Run {
  const limit = cap === 0 ? "" : `ulimit -t ${cap}; `;
  const script = `${limit}TIMEFORMAT="%U %R"; { time "$@" 2>/dev/null; } 2>&3 3>&- | wc -l`;
  const { output, error } = spawnSync("bash", ["-c", script, "bash", ...command], {
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    encoding: "utf8",
  });
  // bash tells of a command that was killed, on a line before its times.
  const told = (output?.[3] ?? "").trim().split("\n");
  const [user = Number.NaN, wall = Number.NaN] = (told.at(-1) ?? "").split(" ").map(Number);
  if (Number.isNaN(user + wall) || error !== undefined) {
    throw new Error(`${command.join(" ")}: ${error?.message ?? "no times"}`);
  }
  return { user, wall, lines: Number(output?.[1]), ended: told.length > 1 };
}

function ausearch(log: string, query: readonly string[], cap = 0): Run {
  return run(["ausearch", "-if", log, ...query], cap);
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

/** A row of the log as recorded: each once, ausearch not longer than the cap. */
function capped(folder: string, query: readonly string[]): string {
  const their = ausearch(join(folder, "host/audit.log"), query, CAP);
  const our = cauditd(folder, query);
  const { ended } = their;
  if (!ended && their.lines !== our.lines) {
    throw new Error(`ausearch prints ${their.lines} lines, cauditd ${our.lines}`);
  }
  const more = ended ? "more than " : "";
  const ratio = (their.user / our.user).toFixed(0);
  const lines = our.lines.toLocaleString("en");
  const theirs = `${more}${their.user.toFixed(0)}`;
  const cells = [theirs, our.user.toFixed(2), `${more}${ratio}`, their.wall.toFixed(0)];
  const text = `| ${query.join(" ")} | ${lines} | ${cells.join(" | ")} | ${our.wall.toFixed(2)} |`;
  console.log(text);
  return text;
}

const HEADS =
  "| query | lines | ausearch, user | cauditd, user | ratio | ausearch, wall | cauditd, wall |\n" +
  "|---|---|---|---|---|---|---|\n";

function load(): string {
  return (loadavg()[0] as number).toFixed(1);
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  if (spawnSync("ausearch", ["--version"]).error !== undefined) {
    throw new Error("ausearch is not installed: apt-get install auditd");
  }
  const loads = [load()];
  const spread = join(folder, "spread");
  const recorded = join(folder, "recorded");
  for (const logs of [spread, recorded]) mkdirSync(join(logs, "host"), { recursive: true });
  const log = writeLog(join(spread, "host/audit.log"));
  const indexing = cauditd(spread, ["-k", "nowhere"]);
  const rows = queries(log).map((query) => compare(query.join(" "), spread, query, ROUNDS));
  loads.push(load());
  const records = writeRecorded(join(recorded, "host/audit.log"));
  cauditd(recorded, ["-k", "nowhere"]);
  const bursts = [["--raw"], ["-p", "10878", "--raw"], ["-k", "nowhere"]].map((query) =>
    capped(recorded, query),
  );
  const start = median(Array.from({ length: 5 }, () => run([process.execPath, "-e", "0"]).user));
  loads.push(load());
  writeSection(
    "Search beside ausearch",
    `\`npm run bench:search -- ${CAP}\`, ${machine()}, load average ${loads.join(", ")} ` +
      "on its way: what else runs shares the processors. Whole processes that print the same " +
      "number of lines; seconds. Node alone, doing nothing, takes " +
      `${start.toFixed(2)} s of user time.\n\n` +
      `**As recorded**: ${records.toLocaleString("en")} records, the corpus ${PASSES} times, ` +
      "each pass later; up to 74,169 of its records are of one second. Each search once; " +
      `ausearch was ended after ${CAP} s of processor time; what is marked "more than" was not ` +
      "done then." +
      `\n\n${HEADS}${bursts.join("\n")}\n\n` +
      `**At an even rate**: ${log.records.toLocaleString("en")} records in ` +
      `${log.events.toLocaleString("en")} events, ${EVENTS_PER_SECOND} events in a second, ` +
      `where ausearch is at its best. ${ROUNDS} rounds. A ratio below 1 means that ausearch is ` +
      "quicker. " +
      `The first search, which writes the index, took ${indexing.user.toFixed(1)} s of user time.` +
      `\n\n${HEADS}${rows.join("\n")}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
