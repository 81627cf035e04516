import { rmSync, writeFileSync } from "node:fs";
import t from "tap";
import { accountNames, readAuditdConfs, rereadAuditdConf } from "../../src/config/auditd-confs.ts";
import { problemsOf } from "../problems.ts";

class Told {
  readonly texts: string[] = [];
  warn(_details: object, text: string): void {
    this.texts.push(`warn: ${text}`);
  }
  error(_details: object, text: string): void {
    this.texts.push(`error: ${text}`);
  }
}

const MARKS = "space_left = 75\nadmin_space_left = 50\n";

t.test("each instance gets its own, and warnings are told", async (t) => {
  const folder = t.testdir({ a: `${MARKS}max_log_file = 3\n`, b: `${MARKS}q_depth = 5\n` });
  const told = new Told();
  const files = new Map([
    ["host", `${folder}/a`],
    ["web", `${folder}/b`],
  ]);
  const confs = await readAuditdConfs(files, told);
  t.equal(confs.get("host")?.max_log_file, 3);
  t.equal(confs.get("web")?.q_depth, 5);
  t.same(told.texts, ["warn: q_depth should be larger than 512 for safety margin"]);
});

t.test("every file that is refused is told, each once", async (t) => {
  const folder = t.testdir({ a: "freq = x\n", b: "frek = 1\n" });
  const files = new Map([
    ["host", `${folder}/a`],
    ["web", `${folder}/b`],
    ["db", `${folder}/a`],
  ]);
  t.same(await problemsOf(() => readAuditdConfs(files, new Told())), [
    `${folder}/a:1: Value x should only be numbers - line 1`,
    `${folder}/b:1: Unknown keyword "frek" in line 1 of ${folder}/b; the nearest one is "freq"`,
  ]);
});

t.test("read again, a file that is refused gives nothing, and its error is told", async (t) => {
  const folder = t.testdir({ a: `${MARKS}freq = 5\n` });
  const told = new Told();
  t.equal((await rereadAuditdConf(`${folder}/a`, told))?.freq, 5);
  writeFileSync(`${folder}/a`, "freq = x\n");
  t.equal(await rereadAuditdConf(`${folder}/a`, told), undefined);
  rmSync(`${folder}/a`);
  t.equal((await rereadAuditdConf(`${folder}/a`, told))?.freq, 0, "as auditd: its default");
  t.same(told.texts, [
    "error: Value x should only be numbers - line 1",
    `warn: Config file ${folder}/a doesn't exist, skipping`,
  ]);
});

t.test("names are those of the passwd and the group file", async (t) => {
  const folder = t.testdir({ passwd: "zoë:x:1000:5::/:\n", group: "adm:x:4:\n" });
  const names = accountNames(`${folder}/passwd`, `${folder}/group`);
  t.equal(names.user(1000), Buffer.from("zoë").toString("latin1"));
  t.equal(names.group(4), "adm");
  t.equal(names.user(4), undefined);
});
