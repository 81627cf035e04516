/*
 * `npm run bench:replay`: whole processes beside each other, reading the same file and writing
 * their logs: `cauditd replay` and laurel (Debian package `laurel`, which has to be installed).
 *
 * Two inputs: the corpus repeated eight times as it is, and the same with every repetition at a
 * later time and with end-of-event records, as plugins get them. Without the latter laurel holds
 * every event until the end of its input.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { machine, median, writeSection } from "./report.ts";

const ROUNDS = 5;
const REPEAT = 8;
/** Seconds by which one repetition comes after the one before it. */
const SHIFT = 60;

const root = fileURLToPath(new URL("../../", import.meta.url));
const corpus = join(root, "test/corpus/containers");

interface Input {
  readonly name: string;
  readonly path: string;
  readonly lines: number;
}

function asItIs(log: string, folder: string): Input {
  const path = join(folder, "plain.log");
  writeFileSync(path, log.repeat(REPEAT), "latin1");
  return { name: "as it is", path, lines: count(log) * REPEAT };
}

/** Each repetition a minute later, each event ended by EOE. */
function asPlugins(log: string, folder: string): Input {
  const path = join(folder, "eoe.log");
  const parts: string[] = [];
  for (let i = 0; i < REPEAT; i++) {
    parts.push(
      log.replace(/^(type=(\S+) msg=audit\()(\d+)(\.\d+:\d+\): ).*$/gm, (line, ...found) => {
        const [head, type, sec, tail] = found as string[];
        const time = Number(sec) + i * SHIFT;
        const moved = line.replace(`${head}${sec}`, `${head}${time}`);
        if (type !== "PROCTITLE") return moved;
        return `${moved}\ntype=EOE msg=audit(${time}${tail}`;
      }),
    );
  }
  const text = parts.join("");
  writeFileSync(path, text, "latin1");
  return { name: "with EOE", path, lines: count(text) };
}

function count(text: string): number {
  return text.split("\n").length - 1;
}

/** Seconds that a command takes with the input on its stdin. */
function time(command: string, args: readonly string[], input: string): number {
  const stdin = openSync(input, "r");
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { stdio: [stdin, "ignore", "pipe"] });
  const seconds = (performance.now() - started) / 1000;
  closeSync(stdin);
  if (status !== 0) throw new Error(`${command} failed (${status}): ${String(stderr)}`);
  return seconds;
}

function cauditd(input: Input, folder: string): number {
  const out = join(folder, "out");
  rmSync(out, { recursive: true, force: true });
  const bin = join(root, "packages/cli/bin/cauditd.mjs");
  const containers = join(corpus, "containers.json");
  const args = [bin, "replay", "-", "--containers", containers, "--out", out];
  return time(process.execPath, args, input.path);
}

function laurel(input: Input, folder: string): number {
  const out = join(folder, "laurel");
  rmSync(out, { recursive: true, force: true });
  const config = join(folder, "laurel.toml");
  const size = 1e12;
  writeFileSync(
    config,
    `directory = "${out}"\ninput = "stdin"\n` +
      `[auditlog]\nfile = "audit.log"\nsize = ${size}\ngenerations = 1\n`,
  );
  return time("laurel", ["-c", config], input.path);
}

function rate(input: Input, seconds: readonly number[]): string {
  return Math.round(input.lines / median(seconds) / 1000).toLocaleString("en");
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  if (spawnSync("laurel", ["--version"]).error !== undefined) {
    throw new Error("laurel is not installed: apt-get install laurel");
  }
  const log = gunzipSync(readFileSync(join(corpus, "audit.log.gz"))).toString("latin1");
  const rows: string[] = [];
  for (const input of [asItIs(log, folder), asPlugins(log, folder)]) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(cauditd(input, folder));
      theirs.push(laurel(input, folder));
      console.log(`${input.name}: cauditd ${ours.at(-1)} s, laurel ${theirs.at(-1)} s`);
    }
    const ratio = (median(theirs) / median(ours)).toFixed(1);
    rows.push(
      `| ${input.name} | ${input.lines.toLocaleString("en")} | ${rate(input, ours)} | ` +
        `${rate(input, theirs)} | ${ratio} |`,
    );
  }
  writeSection(
    "Replay beside laurel",
    `\`npm run bench:replay\`, ${ROUNDS} rounds, ${machine()}.\n\n` +
      "Whole processes, from start to exit, the same file on stdin. cauditd writes the host's " +
      "log and three containers' logs, laurel its one JSON log. Thousands of records per second." +
      "\n\n" +
      "| corpus x 8 | records | cauditd | laurel | ratio |\n|---|---|---|---|---|\n" +
      `${rows.join("\n")}\n`,
  );
  console.log(rows.join("\n"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
