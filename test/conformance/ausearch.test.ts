// `cauditd search` against the recorded answers of the real ausearch 3.0.9.
//
// AUSEARCH_RECORD=/usr/sbin/ausearch records them anew (it takes minutes), with TZ=UTC and the C
// locale, which this test uses as well.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { search } from "../../packages/cli/src/search/search.ts";
import { fakeIo } from "../../packages/cli/test/fake-io.ts";
import {
  type GoldenAnswer,
  goldenAnswers,
  goldenQueries,
  searchLogs,
  testFile,
} from "../support/search-logs.ts";

process.env["TZ"] = "UTC";

const folder = mkdtempSync(join(tmpdir(), "search-"));
t.teardown(() => rmSync(folder, { recursive: true }));
const queries = goldenQueries();
for (const [name, text] of searchLogs()) {
  writeFileSync(join(folder, name), text, "latin1");
  // The same as an instance's logs, of which one is rotated.
  const half = text.indexOf("\n", text.length / 2) + 1;
  mkdirSync(join(folder, "logs", name), { recursive: true });
  writeFileSync(join(folder, "logs", name, "audit.log.1"), text.slice(0, half), "latin1");
  writeFileSync(join(folder, "logs", name, "audit.log"), text.slice(half), "latin1");
}

function answerOf(exit: number | null, out: Buffer, complaint: string): GoldenAnswer {
  const sha256 = createHash("sha256").update(out).digest("hex");
  const lines = out.toString("latin1").split("\n").length - 1;
  return { exit: exit ?? -1, lines, sha256, complaint };
}

function real(program: string, log: string, args: readonly string[]): GoldenAnswer {
  const env = { PATH: process.env["PATH"] ?? "", TZ: "UTC", LC_ALL: "C" };
  const maxBuffer = 1 << 28;
  const ran = spawnSync(program, ["-if", join(folder, log), ...args], {
    env,
    maxBuffer,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return answerOf(ran.status, ran.stdout, ran.stderr.toString("latin1"));
}

async function ours(argv: readonly string[]): Promise<GoldenAnswer> {
  const io = fakeIo();
  const exit = await search(argv, io);
  return answerOf(exit, Buffer.from(io.stdout(), "latin1"), io.stderr());
}

const program = process.env["AUSEARCH_RECORD"];
if (program !== undefined) {
  const lines = queries.map(({ log, args }) => JSON.stringify(real(program, log, args)));
  const file = testFile("golden/ausearch/answers.jsonl.gz");
  writeFileSync(file, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
}

const answers = goldenAnswers();

t.equal(answers.length, queries.length, "each search has its recorded answer");

for (const log of searchLogs().keys()) {
  t.test(`AUD-154: searches of the log "${log}" find what ausearch found`, async (t) => {
    for (const [index, query] of queries.entries()) {
      if (query.log !== log) continue;
      const file = await ours(["-if", join(folder, log), ...query.args]);
      t.same(file, answers[index], query.args.join(" "));
      const byIndex = await ours([log, "--logs", join(folder, "logs"), ...query.args]);
      t.same(byIndex, answers[index], `by index: ${query.args.join(" ")}`);
    }
  });
}
