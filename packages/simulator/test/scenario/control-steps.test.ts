import t from "tap";
import { run } from "./run.ts";

t.test("rule answers what auditctl would, line by line", async (t) => {
  const text = `rule host -l
rule host -D
rule host -l
rule host -a always,exit -F arch=b64 -S openat -k x
rule host -a always,exit -F arch=b64 -S openat -k x
rule host -l
rule host -b 99 -r 3
rule host --reset-lost
rule host -a nonsense
rule host -t
rule host -m hello
rule 9 -l`;
  const results = run(text);
  const added = "-a always,exit -F arch=b64 -S openat -F key=x";
  t.same(results.slice(0, 8), [
    ["-a always,exit -S all"],
    ["ok"],
    ["No rules"],
    ["ok"],
    ["EEXIST"],
    [added],
    ["ok", "ok"],
    ["lost: 0"],
  ]);
  t.equal(results[8]?.[0], "EINVAL");
  t.same(results.slice(9), [["ok"], ["ok"], ["ENOENT"]]);
});

t.test("set and status", async (t) => {
  const results = run("set host rate_limit=5 failure=0\nstatus host\nset host enabled=7");
  t.same(results[0], ["ok"]);
  t.ok(results[1]?.includes("rate_limit 5") && results[1].includes("failure 0"));
  t.same(results[2], ["EINVAL"]);
});

t.test("log shows what came since the last log, with or without a daemon", async (t) => {
  const results = run(`syscall init getpid
log host
log host
daemon init start
log host
syscall init getpid
log host
log 5`);
  t.equal(results[1]?.length, 2);
  t.same(results[2], []);
  t.equal(results[4]?.length, 7, "what waited is received");
  t.equal(results[6]?.length, 2);
  t.same(results[7], ["ENOENT"]);
});

t.test("netlink answers 0 or an error, by name or number", async (t) => {
  const answers = run(`netlink init AUDIT_GET
netlink init USER_LOGIN
netlink init AUDIT_USER_LOGIN
netlink init 1305
netlink init LIST_RULES opener=none`);
  t.same(answers, [["0"], ["0"], ["0"], ["EINVAL"], ["EPERM"]]);
});

t.test("listen, heard and floor", async (t) => {
  const answers = run(`task a
contid a 1
heard a
listen a start
listen a start scope=host
syscall a getpid
listen a stop
floor 1 -a always,exit -S mount ; -a always,exit -S umount2
floor 1`);
  t.same(answers.slice(2, 5), [["ENOENT"], ["ok"], ["ok"]]);
  t.same(answers.slice(5), [["ok"], ["ok"], ["ok"], ["ok"]]);
});

t.test("words that are none are refused", async (t) => {
  for (const bad of ["daemon init", "netlink init NOPE", "rule host", "set host", "set host x=1"]) {
    t.throws(() => run(bad), bad);
  }
  for (const bad of ["floor host -D", "status", "user init USER_LOGIN", "log init"]) {
    t.throws(() => run(bad), bad);
  }
});
