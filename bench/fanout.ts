/*
 * `npm run bench:fanout`: the same events spread over 1, 10 and 50 containers through `cauditd
 * dispatcher`, a NATS server with JetStream on files and two `cauditd auditd`; and one tenant's
 * stream read by 1 and by 4 `cauditd tail` that share a consumer. Needs nats-server (NATS_SERVER,
 * or on the PATH).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchContainer, bin, Deployment, HOST, sizeOf } from "./deployment.ts";
import { machine, writeSection } from "./report.ts";
import { childSeconds, time } from "./whole.ts";

const EVENTS = 150_000;
const RECORDS = 4;
const CONTAINERS = [1, 10, 50];
const READERS = [1, 4];
const FIRST_PID = 5000;

function containersOf(count: number): BenchContainer[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `c${i + 1}`,
    contid: String(1001 + i),
    pid: FIRST_PID + i,
  }));
}

/** Events of the containers in turn, four records each. */
function logOf(count: number): string {
  const lines: string[] = [];
  for (let serial = 1; serial <= EVENTS; serial++) {
    const pid = FIRST_PID + (serial % count);
    const stamp = `msg=audit(${1_700_000_000 + Math.floor(serial / 1000)}.123:${serial}):`;
    const file = `/srv/app/data/${(serial * 7919) % 9973}`;
    lines.push(
      `type=SYSCALL ${stamp} arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c ` +
        `a1=7ffd${((serial * 2654435761) % 2 ** 32).toString(16)} a2=0 a3=0 items=1 ppid=1 ` +
        `pid=${pid} auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 ` +
        `sgid=1000 fsgid=1000 tty=(none) ses=3 comm="node" exe="/usr/bin/node" key="open"`,
      `type=CWD ${stamp} cwd="/srv/app"`,
      `type=PATH ${stamp} item=0 name="${file}" inode=${serial} dev=fd:00 mode=0100644 ` +
        "ouid=1000 ogid=1000 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
      `type=PROCTITLE ${stamp} proctitle=6E6F6465007365727665722E6A73`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Lengths of the logs, by a replay in one process. */
function lengths(input: string, all: readonly BenchContainer[], folder: string) {
  const out = join(folder, "reference");
  const file = join(folder, "containers.json");
  rmSync(out, { recursive: true, force: true });
  writeFileSync(file, JSON.stringify(all));
  time(process.execPath, [bin, "replay", "-", "--containers", file, "--out", out], input);
  const names = ["host", ...all.map(({ name }) => name)];
  const found = new Map(names.map((name) => [name, sizeOf(out, name)]));
  rmSync(out, { recursive: true, force: true });
  return found;
}

/** Starts a reader; its lines as they come. */
function reader(url: string, scope: string, consumer: string): ChildProcess {
  const at = [scope, "--nats", url, "--host", HOST, "--consumer", consumer];
  return spawn(process.execPath, [bin, "tail", ...at], { stdio: ["ignore", "pipe", "ignore"] });
}

/** Seconds from the start of so many readers until they have printed all lines between them. */
async function read(url: string, consumer: string, count: number, lines: number): Promise<number> {
  const started = performance.now();
  const readers = Array.from({ length: count }, () => reader(url, "host", consumer));
  let left = lines;
  await new Promise<void>((resolve) => {
    for (const { stdout } of readers) {
      stdout?.on("data", (bytes: Buffer) => {
        for (const byte of bytes) if (byte === 0x0a) left--;
        if (left <= 0) resolve();
      });
    }
  });
  const seconds = (performance.now() - started) / 1000;
  const ends = readers.map((one) => once(one, "close"));
  for (const one of readers) one.kill("SIGTERM");
  await Promise.all(ends);
  if (left < 0) throw new Error(`${-left} lines more than there are`);
  return seconds;
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  const rows: string[] = [];
  const reads: string[] = [];
  for (const count of CONTAINERS) {
    const all = containersOf(count);
    const input = join(folder, "input.log");
    writeFileSync(input, logOf(count), "latin1");
    const wanted = lengths(input, all, folder);
    const consumers = READERS.map((readers) => `readers${readers}`);
    const load = (loadavg()[0] ?? 0).toFixed(0);
    const before = childSeconds();
    const deployment = await Deployment.start(join(folder, "run"), input, all, consumers);
    try {
      const seconds = await deployment.dispatch(wanted);
      await deployment.stop(false);
      if (count === 1) {
        for (const [i, readers] of READERS.entries()) {
          const lines = EVENTS * (RECORDS + 1);
          const seconds = await read(deployment.url, consumers[i] ?? "", readers, lines);
          const rate = Math.round(lines / seconds / 1000);
          reads.push(`| ${readers} | ${lines.toLocaleString("en")} | ${rate} | ${load} |`);
          console.log(reads.at(-1));
        }
      }
      await deployment.stop();
      const rate = Math.round((EVENTS * RECORDS) / seconds / 1000);
      const cpu = (childSeconds() - before).toFixed(1);
      rows.push(`| ${count} | ${rate} | ${cpu} | ${load} |`);
      console.log(rows.at(-1));
    } finally {
      await deployment.stop();
    }
  }
  writeSection(
    "Fan-out",
    `\`npm run bench:fanout\`, 1 round, ${machine()}.\n\n` +
      `${EVENTS.toLocaleString("en")} events of ${RECORDS} records each, through dispatcher, ` +
      "NATS server and two workers with tenants' streams, from the start of the dispatcher to " +
      "the last byte in the last log. Each event goes to the host and to its container. " +
      "Thousands of records of the source per second; CPU seconds of all processes; load of the " +
      "machine.\n\n" +
      "| containers | records | CPU | load |\n|---|---|---|---|\n" +
      `${rows.join("\n")}\n\n` +
      "One stream with all these events, read by processes that share a consumer, from their " +
      "start to the last line; thousands of lines per second, all readers together.\n\n" +
      "| readers | lines | lines per second | load |\n|---|---|---|---|\n" +
      `${reads.join("\n")}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
