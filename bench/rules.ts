/*
 * `npm run bench:rules`: decisions per second of the rule matcher over the oracle's events, with
 * more and more rules. One thread. The events are shown to the matcher as an instance shows them:
 * records side by side in one buffer, offsets in columns, one event object that is used again; what
 * showing them alone costs is a row of its own. All sets of rules take turns, pass by pass, so that
 * what else the machine does meets all alike; time is the process's own user time. A matcher keeps
 * what it has learned of the names of the log, as a daemon would.
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { AuditEvent, AuditParser } from "@cauditd/auparse";
import { RuleMatcher } from "@cauditd/kernel";
import { Arch, parseRulesFile, type Rule } from "@cauditd/libaudit";
import { machine, median, writeSection } from "./report.ts";

/** Passes over all events for each row, and those in front of them, which are the compiler's. */
const ROUNDS = 240;
const WARM = 60;
const COUNTS = [0, 10, 50, 100, 1000];
const NO_CHAIN: readonly bigint[] = [];

const corpus = fileURLToPath(new URL("../../test/corpus/oracle", import.meta.url));
const log = gunzipSync(readFileSync(join(corpus, "audit.log.gz")));

/** Numbers of a record in the columns: type, and five offsets into the blob. */
const RECORD_WORDS = 6;

/** The log's events: all records' lines, and numbers about them. */
interface Events {
  readonly blob: Buffer;
  /** For each event the number of its records, then the words of each. */
  readonly words: Int32Array;
  readonly count: number;
}

function readEvents(): Events {
  const words: number[] = [];
  const lines: Buffer[] = [];
  let size = 0;
  let count = 0;
  const parser = new AuditParser((event) => {
    count++;
    words.push(event.count);
    for (let i = 0; i < event.count; i++) {
      const start = event.starts[i] as number;
      const { types, ends, bodies, serialStarts, serialEnds } = event;
      words.push(types[i] as number, size);
      for (const column of [ends, bodies, serialStarts, serialEnds]) {
        words.push((column[i] as number) - start + size);
      }
      lines.push(event.line(i), Buffer.from("\n"));
      size += (ends[i] as number) - start + 1;
    }
  });
  parser.push(log);
  parser.end();
  return { blob: Buffer.concat(lines), words: Int32Array.from(words), count };
}

/** Nanoseconds of user time for one event when `work` goes through `count` of them. */
function timeOf(count: number, work: () => void): number {
  const before = process.cpuUsage();
  work();
  return (process.cpuUsage(before).user * 1000) / count;
}

/** Shows all events one after the other; answers how many rules decided. */
function show({ blob, words }: Events, event: AuditEvent, matcher?: RuleMatcher): number {
  let decided = 0;
  for (let at = 0; at < words.length; ) {
    event.count = words[at++] as number;
    for (let i = 0; i < event.count; i++, at += RECORD_WORDS) {
      event.types[i] = words[at] as number;
      event.buffers[i] = blob;
      event.starts[i] = words[at + 1] as number;
      event.ends[i] = words[at + 2] as number;
      event.bodies[i] = words[at + 3] as number;
      event.serialStarts[i] = words[at + 4] as number;
      event.serialEnds[i] = words[at + 5] as number;
    }
    if (matcher !== undefined && matcher.decide(event, NO_CHAIN).rule > 0) decided++;
  }
  return decided;
}

/** Rules as admins write them, in turn: watches, trees, calls with ids, arguments, programs. */
function ruleLine(i: number): string {
  const calls = ["unlink", "chmod", "chown", "mount", "ptrace", "setuid", "connect", "kill"];
  const call = calls[i % calls.length];
  const kinds = [
    `-w /etc/app${i}.conf -p wa -k watch${i}`,
    `-a always,exit -F dir=/opt/app${i} -F perm=wa -k tree${i}`,
    `-a always,exit -F arch=b64 -S ${call} -F auid=${2000 + i} -k call${i}`,
    `-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F uid=${3000 + i} -k open${i}`,
    `-a always,exit -F arch=b64 -S execve -F exe=/usr/bin/app${i} -k exe${i}`,
    `-a always,exit -F arch=b32 -S ${call} -F euid=${4000 + i} -k b32-${i}`,
    `-a never,exit -F arch=b64 -S all -F uid=${5000 + i}`,
    `-a always,exit -F arch=b64 -S socket -F a0=${i + 50} -k sock${i}`,
  ];
  return kinds[i % kinds.length] as string;
}

function rulesOf(count: number): Rule[] {
  const lines = Array.from({ length: count }, (_, i) => ruleLine(i));
  const { commands, errors } = parseRulesFile(Buffer.from(`${lines.join("\n")}\n`), {
    arch: Arch.X86_64,
    resolver: { uid: () => undefined, gid: () => undefined },
    stat: () => "other",
  });
  if (errors.length > 0) throw new Error(errors[0]?.text);
  return commands.flatMap(({ command }) => (command.kind === "add" ? [command.rule] : []));
}

/** Makes events of the log's lines: the measure to hold the others against. */
function parse(): void {
  const parser = new AuditParser(() => undefined);
  parser.push(log);
  parser.end();
}

/** What is timed, and its nanoseconds for one event in each round. */
interface Row {
  readonly title: string;
  readonly work: () => void;
  readonly times: number[];
}

const events = readEvents();
const event = new AuditEvent();
const rows: Row[] = COUNTS.map((count) => {
  const matcher = new RuleMatcher(rulesOf(count));
  return { title: `${count}`, work: () => show(events, event, matcher), times: [] };
});
const shown: Row = { title: "shown only", work: () => show(events, event), times: [] };
const parsed: Row = { title: "parsed", work: parse, times: [] };
const all = [parsed, shown, ...rows];
for (let round = 0; round < WARM + ROUNDS; round++) {
  // Each row has another one in front of it in every second round.
  for (const { work, times } of round % 2 === 0 ? all : [...all].reverse()) {
    const time = timeOf(events.count, work);
    if (round >= WARM) times.push(time);
  }
}

/** Thousand events per second. */
const rate = (ns: number): string => Math.round(1e6 / ns).toLocaleString("en");
const base = median(shown.times);
const ten = median(rows.find(({ title }) => title === "10")?.times ?? []);
const lines = [shown, ...rows].map(({ title, times }) => {
  const ns = median(times);
  const quiet = [...times].sort((a, b) => a - b)[times.length / 10] as number;
  const alone = title === shown.title ? "" : Math.round(ns - base);
  const cells = [title, rate(ns), rate(quiet), Math.round(ns), alone, (ns / ten).toFixed(2)];
  return `| ${[...cells, (ns / median(parsed.times)).toFixed(2)].join(" | ")} |`;
});
writeSection(
  "Decisions of the rule matcher",
  `\`npm run bench:rules\`, ${ROUNDS} rounds, ${machine()}, load average ` +
    `${loadavg()[0]?.toFixed(1)} on ${cpus().length} processors: what else runs takes caches and ` +
    "clock, so the rate that the fastest tenth of the rounds reached is nearer to a core of its " +
    "own.\n\n" +
    `The ${events.count.toLocaleString("en")} events of the oracle in \`test/corpus/oracle\` ` +
    `(${(events.blob.length / 2 ** 20).toFixed(1)} MiB of records: more than a level-2 cache ` +
    "holds), shown to the matcher as an instance shows the events of a frame. To show them is " +
    "part of the time; the column `deciding` is without it. Mixed rules: watches, trees, calls " +
    "with ids, arguments, programs. One thread, user time, all rows in turn in one run. To parse " +
    `an event of the same log takes ${Math.round(median(parsed.times))} ns.\n\n` +
    "| rules | thousand events per second | fastest tenth | ns | deciding, ns | against 10 rules " +
    "| against parsing |\n" +
    `|---|---|---|---|---|---|---|\n${lines.join("\n")}\n`,
);
console.log(lines.join("\n"));
