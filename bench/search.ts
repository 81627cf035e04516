/*
 * `npm run bench:search [-- RECORDS]`: whole processes beside each other, searching the same log:
 * `cauditd search` and ausearch (Debian package `auditd`, which has to be installed).
 *
 * The log is the corpus of containers, repeated, with that of the oracle once in its middle. Every
 * event has a time of its own, 100 of them in a second: ausearch keeps the events of the last two
 * seconds in a list that it walks for every record, so the corpora's bursts would slow it down.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
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

interface Run {
  readonly wall: number;
  readonly user: number;
  readonly found: number;
}

/** Seconds that a search takes; its output goes through `wc -l`, which costs both the same. */
function run(command: readonly string[]): Run {
  const script = 'TIMEFORMAT="%R %U"; time "$@" 2>/dev/null | wc -l';
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", ...command], {
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    encoding: "utf8",
  });
  const [wall, user] = stderr.trim().split(" ").map(Number);
  if (status !== 0 || wall === undefined || user === undefined) {
    throw new Error(`${command.join(" ")}: ${stderr}`);
  }
  return { wall, user, found: Number(stdout) };
}

const number = (value: number): string => value.toLocaleString("en");

function clock(sec: number): string[] {
  const date = new Date(sec * 1000);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${date.getUTCFullYear()}`;
  return [day, date.toISOString().slice(11, 19)];
}

/** Queries of which the index knows, and two of which the whole log has to be read. */
function queries(log: LogWriter): { scans: string[][]; selective: string[][] } {
  const middle = BEGIN + Math.floor(log.events / EVENTS_PER_SECOND / 2);
  return {
    scans: [["--raw"], ["-sv", "yes", "-m", "SYSCALL", "--no-such"]],
    selective: [
      ["-a", String(log.events >> 1)],
      ["-a", String(log.events + 1)],
      ["-p", "10878"],
      ["-k", "nowhere"],
      ["-x", "/usr/sbin/dockerd"],
      ["-ts", ...clock(middle), "-te", ...clock(middle + 1)],
    ],
  };
}

console.log(RECORDS, ROUNDS, machine, median, writeSection, run, number, queries, writeLog, statSync, mkdirSync, mkdtempSync, rmSync, tmpdir);
