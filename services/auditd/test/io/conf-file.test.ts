import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAuditdConf } from "@cauditd/auditd";
import { AUDITD_CONF_DEFAULTS } from "@cauditd/libaudit";
import t, { type Test } from "tap";

const GROUPS = { gid: (name: string) => (name === "adm" ? 4 : undefined) };
const MARKS = "space_left = 75\nadmin_space_left = 50\n";

/** A folder with `auditd.conf`. */
function confIn(t: Test, text: string, mode = 0o640): string {
  const path = `${t.testdir({ "auditd.conf": text })}/auditd.conf`;
  chmodSync(path, mode);
  return path;
}

t.test("a file is read with this machine's groups, whatever its log_file", async (t) => {
  const path = confIn(t, `${MARKS}log_group = adm\nlog_file = /nowhere/at/all.log\n`);
  const { conf, complaints } = await readAuditdConf(path, GROUPS);
  t.equal(conf?.log_group, 4);
  t.same(complaints, []);
});

t.test("a complaint names the file", async (t) => {
  const path = confIn(t, `${MARKS}frek = 5\n`);
  const { conf, complaints } = await readAuditdConf(path, GROUPS);
  t.equal(conf, undefined);
  t.match(complaints, [{ severity: "error", line: 3 }]);
  t.match(complaints[0]?.text, `Unknown keyword "frek" in line 3 of ${path}`);
});

t.test("a file that is not there gives the defaults and a warning", async (t) => {
  const path = `${t.testdir({})}/auditd.conf`;
  t.same(await readAuditdConf(path, GROUPS), {
    conf: AUDITD_CONF_DEFAULTS,
    complaints: [{ severity: "warning", text: `Config file ${path} doesn't exist, skipping` }],
  });
});

t.test("a file that everybody may write is refused", async (t) => {
  const path = confIn(t, MARKS, 0o642);
  t.same(await readAuditdConf(path, GROUPS), {
    conf: undefined,
    complaints: [{ severity: "error", text: `Error - ${path} is world writable` }],
  });
});

t.test("a link is followed only if it is asked for", async (t) => {
  const path = confIn(t, MARKS);
  const link = `${path}.link`;
  symlinkSync(path, link);
  t.match((await readAuditdConf(link, GROUPS)).complaints, [
    { text: "Error opening config file (Too many levels of symbolic links)" },
  ]);
  t.ok((await readAuditdConf(link, { ...GROUPS, allowLinks: true })).conf);
});

t.test("a folder and a file that is too large are refused", async (t) => {
  const folder = t.testdir({});
  mkdirSync(`${folder}/conf`);
  t.match((await readAuditdConf(`${folder}/conf`, GROUPS)).complaints, [
    { text: `Error - ${folder}/conf is not a regular file` },
  ]);
  writeFileSync(`${folder}/large`, Buffer.alloc(1024 * 1024 + 1, "#"));
  t.match((await readAuditdConf(`${folder}/large`, GROUPS)).complaints, [
    { text: `Error - ${folder}/large is over 1048576 bytes` },
  ]);
});

t.test("AUD-128: the program of EXEC is looked at on this machine", async (t) => {
  // A line of auditd.conf has 158 bytes at most: the paths have to be short.
  const folder = mkdtempSync(join(tmpdir(), "conf-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/run`, "#!/bin/true\n");
  const path = `${folder}/auditd.conf`;
  const read = async (mode: number) => {
    chmodSync(`${folder}/run`, mode);
    writeFileSync(path, `${MARKS}disk_full_action = EXEC ${folder}/run\n`);
    return readAuditdConf(path, GROUPS);
  };
  t.same((await read(0o755)).conf?.disk_full_action, { action: "EXEC", exe: `${folder}/run` });
  t.match((await read(0o777)).complaints, [
    { text: `${folder}/run permissions should be 0750, 0755, 0555 or 0550 - line 3` },
  ]);
});
