/*
 * `npm run bench:rules`: decisions per second of the rule matcher over the oracle's events, with
 * more and more rules. One core, one thread; the events are parsed before and decided on in order.
 */
import { readFileSync } from "node:fs";
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

const corpus = fileURLToPath(new URL("../../test/corpus/oracle", import.meta.url));

/** Copies an event out of the parser's hands. */
function keep(event: AuditEvent): AuditEvent {
  const copy = new AuditEvent();
  copy.sec = event.sec;
  copy.milli = event.milli;
  copy.serial = event.serial;
  copy.count = event.count;
  copy.bytes = event.bytes;
  for (let i = 0; i < event.count; i++) {
    copy.types[i] = event.types[i] as number;
    copy.buffers[i] = event.buffers[i] as Buffer;
    copy.starts[i] = event.starts[i] as number;
    copy.ends[i] = event.ends[i] as number;
    copy.bodies[i] = event.bodies[i] as number;
    copy.serialStarts[i] = event.serialStarts[i] as number;
    copy.serialEnds[i] = event.serialEnds[i] as number;
  }
  copy.own();
  return copy;
}

function readEvents(): AuditEvent[] {
  const events: AuditEvent[] = [];
  const parser = new AuditParser((event) => events.push(keep(event)));
  parser.push(gunzipSync(readFileSync(join(corpus, "audit.log.gz"))));
  parser.end();
  return events;
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

/** Thousands of decisions per second. */
function measure(events: readonly AuditEvent[], rules: readonly Rule[]): number {
  const matcher = new RuleMatcher(rules);
  const started = performance.now();
  for (let pass = 0; pass < PASSES; pass++) {
    for (const event of events) matcher.decide(event, []);
  }
  return (events.length * PASSES) / (performance.now() - started);
}

const events = readEvents();
const sets = COUNTS.map((count) => ({ count, rules: rulesOf(count), rates: [] as number[] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const set of sets) set.rates.push(measure(events, set.rules));
}
const rows = sets.map(
  ({ count, rates }) => `| ${count} | ${Math.round(median(rates)).toLocaleString("en")} |`,
);
writeSection(
  "Decisions of the rule matcher",
  `\`npm run bench:rules\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
    `The ${events.length.toLocaleString("en")} events of the oracle in \`test/corpus/oracle\`, ` +
    "mixed rules (watches, trees, calls with ids, arguments, programs). One thread.\n\n" +
    `| rules | thousand decisions per second |\n|---|---|\n${rows.join("\n")}\n`,
);
console.log(rows.join("\n"));
