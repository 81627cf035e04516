/*
 * `npm run bench:rules`: decisions per second of the rule matcher over the oracle's events, with
 * more and more rules. One thread. The events are shown to the matcher as an instance shows them:
 * records side by side in one buffer, offsets in columns, one event object that is used again. All
 * sets of rules take turns in one run, time is the process's own user time, and each matcher goes
 * over the log several times, so that it has learned the names of the log as a daemon would have.
 */
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { AuditEvent, AuditParser } from "@cauditd/auparse";
import { RuleMatcher } from "@cauditd/kernel";
import { Arch, parseRulesFile, type Rule } from "@cauditd/libaudit";
import { machine, median, writeSection } from "./report.ts";

const ROUNDS = 9;
const PASSES = 20;
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

/** Shows all events one after the other; nanoseconds of user time for one, `passes` times over. */
function timeEvents(
  { blob, words, count }: Events,
  passes: number,
  use: (event: AuditEvent) => void,
): number {
  const event = new AuditEvent();
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) {
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
      use(event);
    }
  }
  return (process.cpuUsage(before).user * 1000) / (passes * count);
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

/** Nanoseconds for one event: shown, and decided on by these rules. */
function decide(events: Events, rules: readonly Rule[]): number {
  const matcher = new RuleMatcher(rules);
  return timeEvents(events, PASSES, (event) => {
    matcher.decide(event, NO_CHAIN);
  });
}

/** Nanoseconds for one event to be made of its lines: the measure to hold the others against. */
function parse(count: number): number {
  const before = process.cpuUsage();
  let seen = 0;
  const parser = new AuditParser(() => seen++);
  parser.push(log);
  parser.end();
  if (seen !== count) throw new Error(`${seen} events instead of ${count}`);
  return (process.cpuUsage(before).user * 1000) / count;
}

const events = readEvents();
const sets = COUNTS.map((count) => ({ count, rules: rulesOf(count), times: [] as number[] }));
const parsing: number[] = [];
// The first round is the compiler's.
for (let round = 0; round <= ROUNDS; round++) {
  for (const set of sets) {
    const time = decide(events, set.rules);
    if (round > 0) set.times.push(time);
  }
  const time = parse(events.count);
  if (round > 0) parsing.push(time);
}
const parsed = median(parsing);
const ten = median(sets.find(({ count }) => count === 10)?.times ?? []);
const rows = sets.map(({ count, times }) => {
  const time = median(times);
  const thousands = (ns: number): string => Math.round(1e6 / ns).toLocaleString("en");
  const fastest = thousands(Math.min(...times));
  const cells = [count, thousands(time), fastest, Math.round(time)];
  return `| ${[...cells, (time / ten).toFixed(2), (time / parsed).toFixed(2)].join(" | ")} |`;
});
writeSection(
  "Decisions of the rule matcher",
  `\`npm run bench:rules\`, ${ROUNDS} rounds, ${machine()}, load average ` +
    `${loadavg()[0]?.toFixed(1)}: what else runs takes caches and clock, so the fastest round is ` +
    "nearest to a core of its own.\n\n" +
    `The ${events.count.toLocaleString("en")} events of the oracle in \`test/corpus/oracle\` ` +
    `(${(events.blob.length / 2 ** 20).toFixed(1)} MiB of records: more than a level-2 cache ` +
    "holds), shown to the matcher as an instance shows the events of a frame; to show them is " +
    "part of the time. Mixed rules: watches, trees, calls with ids, arguments, programs. One " +
    "thread, user time, all rows in turn in one run. To parse an event of the same log takes " +
    `${Math.round(parsed)} ns.\n\n` +
    "| rules | thousand decisions per second | fastest round | ns | against 10 rules " +
    "| against parsing |\n" +
    `|---|---|---|---|---|---|\n${rows.join("\n")}\n`,
);
console.log(rows.join("\n"));
