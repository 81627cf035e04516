// What whole processes are measured with: the corpus repeated, and laurel on it.
import { spawnSync } from "node:child_process";
import { appendFileSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { median } from "./report.ts";

/** How often the corpus is repeated, unless said otherwise. */
const REPEAT = 8;
/** Seconds by which one repetition comes after the one before it. */
const SHIFT = 60;

export const root: string = fileURLToPath(new URL("../../", import.meta.url));
export const corpus: string = join(root, "test/corpus/containers");

/** A log, and how many lines it has. */
export interface Input {
  readonly name: string;
  readonly path: string;
  readonly lines: number;
}

/** The corpus as it is, repeated. */
export function asItIs(log: string, folder: string, times: number = REPEAT): Input {
  return written("as it is", join(folder, "plain.log"), times, () => log);
}

/** Each repetition a minute later, each event ended by EOE. */
export function asPlugins(log: string, folder: string, times: number = REPEAT): Input {
  return written("with EOE", join(folder, "eoe.log"), times, (i) =>
    log.replace(/^(type=(\S+) msg=audit\()(\d+)(\.\d+:\d+\): ).*$/gm, (line, ...found) => {
      const [head, type, sec, tail] = found as string[];
      const time = Number(sec) + i * SHIFT;
      const moved = line.replace(`${head}${sec}`, `${head}${time}`);
      if (type !== "PROCTITLE") return moved;
      return `${moved}\ntype=EOE msg=audit(${time}${tail}`;
    }),
  );
}

/** Written part by part: the whole may be longer than a string can be. */
function written(name: string, path: string, times: number, part: (i: number) => string): Input {
  let lines = 0;
  writeFileSync(path, "");
  for (let i = 0; i < times; i++) {
    const text = part(i);
    appendFileSync(path, text, "latin1");
    lines += count(text);
  }
  return { name, path, lines };
}

function count(text: string): number {
  return text.split("\n").length - 1;
}

/** Seconds that a command takes with the input on its stdin. */
export function time(command: string, args: readonly string[], input: string): number {
  const stdin = openSync(input, "r");
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { stdio: [stdin, "ignore", "pipe"] });
  const seconds = (performance.now() - started) / 1000;
  closeSync(stdin);
  if (status !== 0) throw new Error(`${command} failed (${status}): ${String(stderr)}`);
  return seconds;
}

/** CPU seconds of all processes that this one has started and that have ended. */
export function childSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  // Behind the name, which may have blanks: cutime and cstime, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Seconds that laurel takes for an input. */
export function laurel(input: Input, folder: string): number {
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

/** Thousands of records a second. */
export function rate(input: Input, seconds: readonly number[]): string {
  return Math.round(input.lines / median(seconds) / 1000).toLocaleString("en");
}

/** The corpus' log. @throws when laurel is not installed */
export function corpusLog(): string {
  if (spawnSync("laurel", ["--version"]).error !== undefined) {
    throw new Error("laurel is not installed: apt-get install laurel");
  }
  return gunzipSync(readFileSync(join(corpus, "audit.log.gz"))).toString("latin1");
}
