import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { NO_ROTATION } from "../../src/node/instance-signal.ts";
import { type ControlledFixture, controlledNode } from "./controlled-node.ts";

interface Golden {
  readonly args: readonly string[];
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly list: readonly string[];
}

const GOLDEN = new URL("../../../../test/golden/auditctl/", import.meta.url);
const commands: readonly Golden[] = JSON.parse(
  readFileSync(new URL("commands.json", GOLDEN), "utf8"),
);
/** The command lines of deviations.json, without their number: nothing else may deviate. */
const DEVIATING = ["saddr_fam=inet", "saddr_fam=inet6"];

/** The state in which the real tool was recorded: no rules, auditing off, no daemon. */
async function asRecorded({ node, run }: ControlledFixture): Promise<void> {
  const { status } = node.served(undefined)?.instance.instance ?? {};
  if (status === undefined) throw new Error("no instance");
  status.enabled = 1;
  await run(["-D"]);
  Object.assign(status, { enabled: 0, pid: 0, failure: 1, rate_limit: 0 });
  Object.assign(status, { backlog_limit: 8192, backlog_wait_time: 15000, lost: 0 });
}

t.test("128 command lines do to an instance what auditctl did to a kernel (AUD-63)", async (t) => {
  const fixture = await controlledNode(t, t.testdir({}));
  t.equal(commands.length, 128);
  for (const golden of commands) {
    await asRecorded(fixture);
    const name = golden.args.join(" ").slice(0, 80);
    const { code, stdout, stderr } = await fixture.run(golden.args);
    t.same([code, stdout, stderr], [golden.rc, golden.stdout, golden.stderr], name);
    const { stdout: listed } = await fixture.run(["-l"]);
    const list = golden.list.map((text) => `${text}\n`).join("");
    if (DEVIATING.includes(golden.args.at(-1) ?? "")) t.not(listed, list, name);
    else t.equal(listed, list, name);
  }
});

t.test("a session of command lines goes on an instance as it went on a kernel", async (t) => {
  const dir = new URL("session/", GOLDEN);
  const session: readonly Omit<Golden, "list">[] = JSON.parse(
    readFileSync(new URL("session.json", dir), "utf8").replaceAll("DIR/", fileURLToPath(dir)),
  );
  const fixture = await controlledNode(t, t.testdir({}));
  await asRecorded(fixture);
  t.ok(session.length > 80);
  // What auditctl tells the system log, before the first rule of a file, is told on stderr here.
  const logged =
    /^(?:WARNING - .* in line 2, you should specify an arch|audit rules file .* doesn't exist)\n/;
  // What waits at an instant is chance.
  const still = (text: string): string => text.replace(/^backlog \d+$/gm, "backlog N");
  for (const { args, rc, stdout, stderr } of session) {
    const done = await fixture.run(args);
    const [wanted, got] = [stdout, done.stdout].map(still);
    const said = args[0] === "-R" ? done.stderr.replace(logged, "") : done.stderr;
    t.same([done.code, got, said], [rc, wanted, stderr], args.join(" ").slice(0, 80));
  }
});

t.test("AUD-60, AUD-61: the status is printed as auditctl 3.0.9 prints it", async (t) => {
  const fixture = await controlledNode(t, t.testdir({}));
  const { run } = fixture;
  await asRecorded(fixture);
  const lines = (enabled: string, failure: string): string =>
    `enabled ${enabled}\nfailure ${failure}\npid 0\nrate_limit 0\nbacklog_limit 8192\nlost 0\n` +
    "backlog 0\nbacklog_wait_time 15000\nbacklog_wait_time_actual 0\n";
  t.equal((await run(["-s"])).stdout, `${lines("0", "1")}loginuid_immutable 0 unlocked\n`);
  t.equal((await run(["-e", "1"])).stdout, lines("1", "1"));
  t.equal(
    (await run(["-s", "-i"])).stdout,
    `${lines("enabled", "printk")}loginuid_immutable 0 unlocked\n`,
  );
  t.same(await run(["--loginuid-immutable"]), { code: 0, stdout: "", stderr: "" });
  t.match((await run(["-s"])).stdout, /\nloginuid_immutable 1 locked\n$/);
  const both = await run(["-b", "100", "-r", "5"]);
  t.match(both.stdout, /rate_limit 5\nbacklog_limit 100\n/);
  t.equal(both.stdout.match(/enabled/g)?.length, 1, "the status is printed once");
  const late = await run(["-b", "64", "-r", "x"]);
  t.same(late, { code: 255, stdout: "", stderr: "Rate must be a numeric value was x\n" });
  t.match((await run(["-s"])).stdout, /backlog_limit 64\n/, "what stood before the error is done");
  const { stdout } = await run(["-s"], { json: true });
  t.match(JSON.parse(stdout), { instance: "host", backlog_limit: 64, loginuid_immutable: {} });
});

t.test("AUD-102: a refused setting is told in auditctl's words", async (t) => {
  const { run } = await controlledNode(t, t.testdir({}));
  t.same(await run(["--backlog_wait_time", "150001"]), {
    code: 255,
    stdout: "",
    stderr: "Error sending backlog limit request (Invalid argument)\n",
  });
});

t.test("the counters are reset, and what they were goes to standard error", async (t) => {
  const { run, node } = await controlledNode(t, t.testdir({}));
  const { status } = node.served(undefined)?.instance.instance ?? {};
  Object.assign(status ?? {}, { lost: 7, backlog_wait_time_actual: 12 });
  t.same(await run(["--reset-lost"]), { code: 0, stdout: "", stderr: "lost: 7\n" });
  t.same(await run(["--reset_backlog_wait_time_actual"]), {
    code: 0,
    stdout: "",
    stderr: "backlog_wait_time_actual: 12\n",
  });
  t.equal((await run(["--reset-lost"])).stderr, "lost: 0\n");
});

t.test("AUD-50, AUD-55: rules that are there, and that are not", async (t) => {
  const { run } = await controlledNode(t, t.testdir({}));
  t.same(await run(["-l"]), { code: 0, stdout: "-a always,exit -S all\n", stderr: "" });
  t.same(await run(["-D"]), { code: 0, stdout: "No rules\n", stderr: "" });
  const watch = ["-w", "/etc/passwd", "-p", "wa", "-k", "id"];
  t.equal((await run(watch)).code, 0);
  t.same(await run(watch), {
    code: 255,
    stdout: "",
    stderr: "Error sending add rule data request (Rule exists)\n",
  });
  t.equal((await run(["-l", "-k", "nokey"])).stdout, "", "no rule has the key");
  t.equal((await run(["-l", "-k", "id"])).stdout, "-w /etc/passwd -p wa -k id\n");
  const json = await run(["-l"], { json: true });
  t.same(JSON.parse(json.stdout), {
    instance: "host",
    rules: [{ rule: "-w /etc/passwd -p wa -k id", floor: false }],
  });
  t.equal((await run(["-W", "/etc/passwd", "-p", "wa", "-k", "id"])).code, 0);
  t.equal((await run(["-l"])).stdout, "No rules\n");
});

t.test("more rules than one answer holds are listed in order", async (t) => {
  const { run } = await controlledNode(t, t.testdir({}));
  await run(["-D"]);
  const rules = Array.from({ length: 700 }, (_, n) => `-a always,exit -S all -F uid=${n}`);
  for (const rule of rules) await run(rule.split(" "));
  t.equal((await run(["-l"])).stdout, rules.map((rule) => `${rule}\n`).join(""));
});

t.test("AUD-49: a path of the host has to be there, one of a container need not", async (t) => {
  const containers = [{ name: "web", contid: 7n, pid: 100 }];
  const { run } = await controlledNode(t, t.testdir({}), containers);
  const missing = ["-w", "/no/such/folder/file", "-p", "wa"];
  t.same(await run(missing), {
    code: 255,
    stdout: "",
    stderr: "Error sending add rule data request (No such file or directory)\n",
  });
  t.equal((await run(missing, { instance: "web" })).code, 0);
});

t.test("AUD-86, AUD-99, AUD-101: -e 2 locks, for rules, settings and files", async (t) => {
  const dir = t.testdir({ "some.rules": "-a always,task\n", "lock.rules": "-e 2\n-D\n" });
  const { run, node } = await controlledNode(t, join(dir, "logs"));
  t.match((await run(["-e", "2"])).stdout, /^enabled 2\n/);
  const immutable = "The audit system is in immutable mode, no rule changes allowed\n";
  t.same(await run(["-a", "always,task"]), { code: 0, stdout: "", stderr: immutable });
  t.same(await run(["-R", join(dir, "some.rules")]), { code: 0, stdout: "", stderr: immutable });
  t.same(await run(["-D"]), {
    code: 255,
    stdout: "",
    stderr: "Error deleting rule (Operation not permitted)\n",
  });
  for (const [args, request] of [
    [["-e", "0"], "enable"],
    [["-f", "0"], "failure mode"],
    [["-r", "1"], "rate limit"],
    [["-b", "1"], "backlog limit"],
  ] as const) {
    t.same(await run(args), {
      code: 255,
      stdout: "",
      stderr: `Error sending ${request} request (Operation not permitted)\n`,
    });
  }
  t.equal((await run(["--reset-lost"])).code, 0, "counters can still be reset");
  t.equal((await run(["-l"])).stdout, "-a always,exit -S all\n");
  t.equal(node.served(undefined)?.instance.instance.status.enabled, 2);
});

t.test("the trees that auditctl has and an instance has not", async (t) => {
  const { run } = await controlledNode(t, t.testdir({}));
  t.same(await run(["-t"]), { code: 0, stdout: "", stderr: "" });
  t.same(await run(["-q", "/a,/b"]), {
    code: 255,
    stdout: "",
    stderr: "Error sending make_equivalent command (Operation not supported)\n",
  });
});

t.test("signals reach the instance, or say why not", async (t) => {
  const out = t.testdir({});
  const { run, node } = await controlledNode(t, out);
  t.match(await run(["--signal", "CONT"]), { code: 0, stderr: "" });
  const state = readFileSync(join(out, "host/auditd.state"), "latin1");
  t.match(state, /^audit version = .*\ncurrent time = .*\n(?:.*\n)*current log size = 0 KB\n/);
  t.same(await run(["--signal", "bogus"]), {
    code: 255,
    stdout: "",
    stderr: "bogus is an unsupported signal\n",
  });
  t.match(await run(["--signal", "TERM"]), {
    code: 255,
    stderr: "Failed sending signal to auditd (Operation not supported)\n",
  });
  t.same(await run(["--signal", "USR1"]), {
    code: 255,
    stdout: "",
    stderr: `Failed sending signal to auditd (Invalid argument)\n${NO_ROTATION}\n`,
  });
  Object.assign(node.served(undefined)?.instance.instance.status ?? {}, { pid: 0 });
  t.same(await run(["--signal", "HUP"]), {
    code: 0,
    stdout: "",
    stderr: "Auditd is not running\n",
  });
});

t.test("AUD-119: what was changed is recorded, in the instance and above it", async (t) => {
  const out = t.testdir({});
  const containers = [
    { name: "web", contid: 7n, pid: 100 },
    { name: "db", contid: 8n, pid: 200 },
  ];
  const { run, settle } = await controlledNode(t, out, containers);
  await run(["-a", "always,task", "-F", "uid=0"], { instance: "web" });
  await run(["-b", "99"], { instance: "7" });
  await run(["-m", "hello"]);
  await settle();
  const log = (name: string): string => readFileSync(join(out, name, "audit.log"), "latin1");
  const rule =
    "type=CONFIG_CHANGE msg=audit(1795459259.614:1): auid=4294967295 ses=4294967295 " +
    "op=add_rule key=(null) list=1 res=1\n";
  const limit =
    "type=CONFIG_CHANGE msg=audit(1795459259.614:2): op=set audit_backlog_limit=99 old=8192 " +
    "auid=4294967295 ses=4294967295 res=1\n";
  t.equal(log("web"), rule + limit);
  t.equal(log("db"), "");
  const user =
    `type=USER msg=audit(1795459259.614:3): pid=0 uid=0 auid=4294967295 ses=4294967295 ` +
    `msg='text=hello exe="/usr/bin/cauditctl" hostname=? addr=? terminal=? res=success'\n`;
  t.equal(log("host").replace(/pid=\d+/, "pid=0"), rule + limit + user);
});

t.test("AUD-97, AUD-98: switching off is recorded, switching on is not", async (t) => {
  const out = t.testdir({});
  const { run, settle, node } = await controlledNode(t, out);
  await run(["-e", "0"]);
  await run(["-r", "5"]);
  await run(["-e", "1"]);
  await settle();
  t.match(
    readFileSync(join(out, "host", "audit.log"), "latin1"),
    /^type=CONFIG_CHANGE \S+ op=set audit_enabled=0 old=1 auid=\d+ ses=\d+ res=1\n$/,
  );
  t.same(node.report().problems, []);
});
