import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readSettings } from "../../src/config/settings.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

const { log } = fakeIo();

t.test("a configuration is read with the files that it names", async (t) => {
  const dir = t.testdir({
    "web.rules": "-a always,exit -F arch=b64 -S execve -k exec\n",
    "auditd.conf": "max_log_file = 3\nspace_left = 75\nadmin_space_left = 50\n",
  });
  const [file, rules, conf] = ["c.yaml", "web.rules", "auditd.conf"].map((name) => join(dir, name));
  writeFileSync(
    String(file),
    `logs: l
source: { type: simulator }
rules: { web: ${rules} }
auditd_conf: { host: ${conf} }
containers: [{ name: web, contid: "1" }]
`,
  );
  const settings = await readSettings(String(file), log);
  t.equal(settings.rules.get("web")?.length, 1);
  t.equal(settings.confs.get("host")?.max_log_file, 3);
});

t.test("problems of all files are told at once, each one time", async (t) => {
  const dir = t.testdir({
    "web.rules": "-a always,exit -S nocall\n-w relative\n",
    "auditd.conf": "max_log_file = many\n",
    "a.folder": {},
    "c.yaml": `logs: 7
source: { type: simulator }
rules: { web: web.rules, db: web.rules, none: gone.rules }
auditd_conf: { host: auditd.conf, web: a.folder }
containers: [{ name: web, contid: "1" }, { name: db, contid: "2" }]
`,
  });
  const before = process.cwd();
  process.chdir(dir);
  t.teardown(() => process.chdir(before));
  const problems = (await problemsOf(() => readSettings("c.yaml", log))) ?? [];
  for (const expected of [
    /^c\.yaml:1: logs: expected/,
    /^c\.yaml:3: rules\.none: no such instance/,
    /^web\.rules:1: .*nocall/,
    /^web\.rules:2: The path must start with/,
    /^c\.yaml:3: rules\.none: gone\.rules: no such file or folder \(ENOENT\)$/,
    /^c\.yaml:4: auditd_conf\.web: a\.folder: Error - a\.folder is not a regular file$/,
    /^auditd\.conf:1: .*many/,
  ]) {
    t.equal(problems.filter((problem) => expected.test(problem)).length, 1, String(expected));
  }
});
