// The logs as the tools of the audit package read them.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readLog, recordCount } from "../support/audit-log.ts";
import { cauditd } from "../support/cauditd.ts";
import { CONTAINERS, logEvents, ownerOf } from "../support/corpus.ts";

/** Events of each scope that are replayed, the first ones; the tools take long for all. */
const EVENTS = 300;

interface Scope {
  readonly name: string;
  readonly path: string;
  readonly written: number;
}

function isInstalled(program: string): boolean {
  const found = spawnSync(program, ["--version"]);
  return found.error === undefined;
}

/** What a tool prints of a log. */
function tool(program: string, path: string, ...args: readonly string[]): string {
  const options = { encoding: "latin1", maxBuffer: 2 ** 28 } as const;
  const done = spawnSync(program, ["-if", path, ...args], options);
  if (done.status !== 0) throw new Error(`${program} ends with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

/** The first events of each scope. */
function beginning(): Buffer {
  const seen = new Map<string, number>();
  const chosen = logEvents().filter((event) => {
    const owner = ownerOf(event);
    const count = (seen.get(owner) ?? 0) + 1;
    seen.set(owner, count);
    return count <= EVENTS;
  });
  const lines = chosen.flatMap(({ records }) => records.map((record) => `${record}\n`));
  return Buffer.from(lines.join(""), "latin1");
}

const missing = ["ausearch", "aureport"].find((program) => !isInstalled(program));
const skip = missing === undefined ? false : `${missing} (Debian package auditd) is not installed`;

t.test("ausearch and aureport read every scope's log", { skip }, async (t) => {
  const out = join(t.testdir({}), "out");
  const args = ["replay", "-", "--containers", CONTAINERS, "--out", out, "--json"];
  const { code, stdout } = await cauditd(t, args, { input: beginning() });
  t.equal(code, 0);
  const scopes: Scope[] = JSON.parse(stdout).scopes;
  t.equal(scopes.length, 4);
  const contained = scopes
    .filter(({ name }) => name !== "host")
    .reduce((sum, { written }) => sum + written, 0);

  for (const { name, path, written } of scopes) {
    t.ok(written >= 150, `${name} has events`);
    const log = readLog(path);

    await t.test(`ausearch finds every record of ${name}'s log, unchanged`, async (t) => {
      const lines = readFileSync(path, "latin1").split("\n").sort();
      t.strictSame(tool("ausearch", path, "--raw").split("\n").sort(), lines);
    });

    await t.test(`ausearch shows the contid inside its event of ${name}'s log`, async (t) => {
      const text = tool("ausearch", path, "-i");
      const blocks = text.split(/^----$/m).slice(1);
      t.equal(blocks.length, written);
      const shown = blocks.filter((block) =>
        /^type=CONTAINER_ID .* record=1 contid=\d+ $/m.test(block),
      );
      t.equal(shown.length, name === "host" ? contained : written);
      t.ok(shown.every((block) => block.trim().split("\n").length > 1));
      const records = blocks.flatMap((block) => block.trim().split("\n"));
      t.equal(records.length, recordCount(log));
    });

    await t.test(`aureport counts the events of ${name}'s log as the accounts do`, async (t) => {
      const events = /^Number of events: (\d+)$/m.exec(tool("aureport", path, "--summary"))?.[1];
      t.equal(Number(events), written);
    });
  }
});
