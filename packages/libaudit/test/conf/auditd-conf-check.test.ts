import { SENDMAIL, spaceMarksProblem } from "@cauditd/libaudit";
import t from "tap";
import {
  directoryOf,
  mailAccountProblem,
  programProblem,
} from "../../src/conf/auditd-conf-check.ts";
import { complaints, confOf, MACHINE, MARKS, read } from "../conf-machine.ts";

t.test("directoryOf is dirname(3)", async (t) => {
  for (const [path, folder] of [
    ["/var/log/audit.log", "/var/log"],
    ["/a/b", "/a"],
    ["/a", "/"],
    ["/", "/"],
    ["//", "/"],
    ["a", "."],
    ["", "."],
    ["a/b//", "a"],
    ["/a//b", "/a"],
  ] as const) {
    t.equal(directoryOf(path), folder, path);
  }
});

t.test("log_file: what is there must be a plain file of root", async (t) => {
  const log = (path: string) => complaints(`${MARKS}log_file = ${path}\n`);
  t.same(log("/var/log/audit/new.log"), []);
  t.same(log("/bin/true/audit.log"), ["Could not open dir /bin/true (Not a directory)"]);
  t.same(log("/var/log/audit"), ["Could not open dir /var/log (No such file or directory)"]);
  t.same(log("/var/log/odd/foreign.log"), ["/var/log/odd/foreign.log is not owned by root"]);
  t.same(log("/var/log/odd/secret.log"), [
    "Unable to open /var/log/odd/secret.log (Permission denied)",
  ]);
  t.same(log("/var/log/odd/audit.log"), [
    "/var/log/odd/audit.log permissions should be 0600 or 0640",
    "audit log is not writable by owner",
  ]);
  t.equal(confOf("log_file = /var/log/odd/audit.log")?.log_file, "/var/log/odd/audit.log");
});

t.test("log_file: where the log is kept elsewhere only its form is checked", async (t) => {
  const elsewhere = { ...MACHINE, checksLog: false };
  const { conf } = read(`${MARKS}log_file = /nowhere/audit.log\n`, elsewhere);
  t.equal(conf?.log_file, "/nowhere/audit.log");
  t.match(read(`${MARKS}log_file = audit.log\n`, elsewhere).complaints, [
    { severity: "error", line: 3, text: "The directory name: . is too short - line 3" },
  ]);
});

t.test("AUD-128: the program of EXEC is a plain file of root that root may run", async (t) => {
  t.equal(programProblem("/bin/true", 3, MACHINE), undefined);
  t.equal(programProblem("/sbin/own", 3, MACHINE), undefined);
  t.equal(
    programProblem("/sbin/foreign", 3, MACHINE),
    "/sbin/foreign is not owned by root - line 3",
  );
  t.equal(
    programProblem("/var/log/audit", 3, MACHINE),
    "/var/log/audit is not a regular file - line 3",
  );
  for (const mode of [0o750, 0o755, 0o555, 0o550]) {
    const machine = { ...MACHINE, stat: () => ({ kind: "file", trusted: true, mode }) as const };
    t.equal(programProblem("/x", 3, machine), undefined);
  }
  for (const mode of [0o700, 0o770, 0o757, 0o500]) {
    const machine = { ...MACHINE, stat: () => ({ kind: "file", trusted: true, mode }) as const };
    t.equal(
      programProblem("/x", 3, machine),
      "/x permissions should be 0750, 0755, 0555 or 0550 - line 3",
    );
  }
});

t.test("a mail address has two characters, plain ones, and a dot behind the at sign", async (t) => {
  for (const account of ["root", "a-b_c.d", "a@b.c"])
    t.equal(mailAccountProblem(account), undefined);
  t.equal(mailAccountProblem("a"), "email: a is too short, expecting at least 2 characters");
  t.equal(mailAccountProblem("a;b"), "email: a;b has illegal character");
  t.equal(mailAccountProblem("a.b@c"), "email: a.b@c should have . after @");
});

t.test("action_mail_acct is checked unless verify_email = no stands before it", async (t) => {
  const refused = "email: a is too short, expecting at least 2 characters";
  t.same(complaints(`${MARKS}action_mail_acct = a\nverify_email = no\n`), [refused]);
  t.equal(confOf("verify_email = no\naction_mail_acct = a")?.action_mail_acct, "a");
});

t.test("EMAIL without a program for mail is taken with a warning", async (t) => {
  const { conf, complaints } = read(`${MARKS}space_left_action = email\n`);
  t.same(conf?.space_left_action, { action: "EMAIL" });
  t.match(complaints, [{ severity: "warning", line: 3 }]);
  const sends = { ...MACHINE, isExecutable: (path: string) => path === SENDMAIL };
  t.same(read(`${MARKS}space_left_action = email\n`, sends).complaints, []);
});

t.test(
  "AUD-125: space_left must be above admin_space_left unless one is a percentage",
  async (t) => {
    const mb = (value: number) => ({ value, unit: "MB" }) as const;
    const percent = (value: number) => ({ value, unit: "%" }) as const;
    const equal = "Error - space_left(50) must be larger than admin_space_left(50)";
    t.equal(spaceMarksProblem(mb(50), mb(50)), equal);
    t.equal(spaceMarksProblem(mb(51), mb(50)), undefined);
    t.equal(spaceMarksProblem(percent(5), percent(10)), undefined);
    t.equal(spaceMarksProblem(mb(1), percent(10)), undefined);
    t.equal(
      spaceMarksProblem(percent(0), mb(0)),
      "Error - space_left(0) must be larger than admin_space_left(0)",
    );
  },
);

t.test("a file with a line, were it a comment, needs the marks", async (t) => {
  t.same(complaints("#\n"), ["Error - space_left(0) must be larger than admin_space_left(0)"]);
});

t.test("AUD-126: incremental flushing needs freq", async (t) => {
  const text = "Error - incremental flushing chosen, but 0 selected for freq";
  for (const flush of ["INCREMENTAL", "INCREMENTAL_ASYNC"]) {
    t.same(complaints(`${MARKS}flush = ${flush}\n`), [text]);
    t.same(complaints(`${MARKS}flush = ${flush}\nfreq = 1\n`), []);
  }
  t.same(complaints(`${MARKS}flush = DATA\n`), []);
});

t.test("log_group is not for a log right in /var/log", async (t) => {
  const machine = { ...MACHINE, checksLog: false };
  const text = `${MARKS}log_file = /var/log/audit.log\nlog_group = adm\n`;
  t.match(read(text, machine).complaints, [
    { severity: "error", text: /directly in \/var\/log and/ },
  ]);
});
