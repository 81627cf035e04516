// `cauditd report`, and `cauditd search -i`, against the recorded answers of aureport and ausearch
// 3.0.9 (TZ=UTC, C locale).
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { report } from "../../packages/cli/src/search/report.ts";
import { search } from "../../packages/cli/src/search/search.ts";
import { fakeIo } from "../../packages/cli/test/fake-io.ts";
import { searchLogs, testFile } from "../support/search-logs.ts";

process.env["TZ"] = "UTC";
process.env["LC_ALL"] = "C";

interface Golden {
  readonly tool: string;
  readonly log: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly lines: number;
  readonly sha256: string;
}

/** aureport 3.0.9 does not know the type: it has no name for it, and does not count it. */
const KNOWN_BETTER: ReadonlySet<string> = new Set(["CONTAINER_ID"]);

const folder = mkdtempSync(join(tmpdir(), "report-"));
t.teardown(() => rmSync(folder, { recursive: true }));
for (const [name, text] of searchLogs()) writeFileSync(join(folder, name), text, "latin1");

const goldens: Golden[] = readFileSync(testFile("golden/ausearch/reports.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));

for (const log of new Set(goldens.map((golden) => golden.log))) {
  t.test(`reports on the log "${log}" are those of aureport`, async (t) => {
    for (const { tool, args, exit, lines, sha256 } of goldens.filter((one) => one.log === log)) {
      const io = fakeIo();
      const run = tool === "aureport" ? report : search;
      const code = await run(["-if", join(folder, log), ...args], io);
      let text = io.stdout().replaceAll(`${folder}/`, "");
      if (text.startsWith("usage")) text = "";
      text = text.replace(/^\d+ {2}(1399|CONTAINER_ID)\n/m, "");
      for (const name of KNOWN_BETTER) text = text.replaceAll(` ${name} `, " (null) ");
      const found = {
        exit: code,
        lines: text.split("\n").length - 1,
        sha256: createHash("sha256").update(text, "latin1").digest("hex"),
      };
      t.same(found, { exit, lines, sha256 }, `${tool} ${args.join(" ")}`);
    }
  });
}
