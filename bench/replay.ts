/*
 * `npm run bench:replay`: whole processes beside each other, reading the same file and writing
 * their logs: `cauditd replay` and laurel (Debian package `laurel`, which has to be installed).
 *
 * Two inputs: the corpus repeated eight times as it is, and the same with every repetition at a
 * later time and with end-of-event records, as plugins get them. Without the latter laurel holds
 * every event until the end of its input.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machine, median, writeSection } from "./report.ts";
import {
  asItIs,
  asPlugins,
  corpus,
  corpusLog,
  type Input,
  laurel,
  rate,
  root,
  time,
} from "./whole.ts";

const ROUNDS = 5;

function cauditd(input: Input, folder: string): number {
  const out = join(folder, "out");
  rmSync(out, { recursive: true, force: true });
  const bin = join(root, "packages/cli/bin/cauditd.mjs");
  const containers = join(corpus, "containers.json");
  const args = [bin, "replay", "-", "--containers", containers, "--out", out];
  return time(process.execPath, args, input.path);
}

const folder = mkdtempSync(join(tmpdir(), "cauditd-bench-"));
try {
  const log = corpusLog();
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
