// A node of the simulated host, run and stopped as a user does.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startNatsServer } from "../../packages/bus/test/nats-server.ts";
import { isContidRecord, readLog, serialGap } from "../support/audit-log.ts";
import { cauditd, type Ended, start } from "../support/cauditd.ts";

const CONTIDS = new Map([
  ["web", "1001"],
  ["db", "1002"],
  ["batch", "1003"],
]);
const NOWHERE = "nats://127.0.0.1:1";
const base = t.testdir({});
let folders = 0;

/** A configuration in a folder of its own. */
function configured(more = ""): { readonly config: string; readonly logs: string } {
  const logs = join(base, `logs-${folders}`);
  const config = join(base, `cauditd-${folders++}.yaml`);
  const containers = [...CONTIDS].map(
    ([name, contid]) => `  - { name: ${name}, contid: "${contid}" }`,
  );
  writeFileSync(
    config,
    [
      `logs: ${logs}`,
      "source: { type: simulator, seed: 7, rate: 2000 }",
      "containers:",
      ...containers,
      more,
      "",
    ].join("\n"),
  );
  return { config, logs };
}

const LINE =
  /^\d\d:\d\d:\d\d host \d+\/s \d+ \| web \d+\/s \d+ \| db \d+\/s \d+ \| batch \d+\/s \d+$/;

/** Checks a run that ended by itself or by a signal, and its logs. */
function isClean(t: Test, { code, signal, stdout, stderr }: Ended, logs: string): void {
  t.same([code, signal, stderr], [0, null, ""]);
  t.match(stdout, /^\d+ records captured = 0 malformed \+ \d+ end-of-event \+ \d+ in \d+ events$/m);
  t.match(stdout, /\naccounting: every event is accounted for\n$/);
  for (const [name, contid] of CONTIDS) {
    const log = readLog(join(logs, name, "audit.log"));
    const ids = log.flatMap(({ records }) => records.filter(isContidRecord));
    t.ok(log.length > 0, `${name} has events`);
    t.equal(ids.length, log.length);
    t.ok(
      ids.every((record) => record.endsWith(` record=1 contid=${contid}`)),
      `only of ${name}`,
    );
    t.equal(serialGap(log), undefined);
    const written = new RegExp(`^${name} .* ${log.length}$`, "m");
    t.match(stdout, written, "the table has as many events as the log");
  }
  t.equal(serialGap(readLog(join(logs, "host/audit.log"))), undefined);
  const lines = stdout.split("\n").filter((line) => /^\d\d:/.test(line));
  t.same(
    lines.filter((line) => !LINE.test(line)),
    [],
  );
}

for (const name of ["SIGTERM", "SIGINT"] as const) {
  t.test(`${name}: exit code 0, with accounts that agree with the logs`, async (t) => {
    const { config, logs } = configured();
    const running = start(t, ["up", "--config", config]);
    await running.line(LINE);
    running.child.kill(name);
    isClean(t, await running.ended, logs);
  });
}

t.test("one line a second, while nobody looks at a terminal", async (t) => {
  const { config, logs } = configured();
  const ended = await cauditd(t, ["up", "--config", config, "--for", "2.5"]);
  isClean(t, ended, logs);
  const lines = ended.stdout.split("\n").filter((line) => LINE.test(line)).length;
  t.ok(lines === 1 || lines === 2, `${lines} lines in two and a half seconds`);
});

t.test("cauditd.yaml of the working folder is the configuration, if none is named", async (t) => {
  const { config, logs } = configured();
  const cwd = t.testdir({ "cauditd.yaml": readFileSync(config, "utf8") });
  isClean(t, await cauditd(t, ["up", "--for", "0.3"], { cwd }), logs);
});

t.test("over NATS, as --nats, NATS_URL or the configuration say", async (t) => {
  const { url } = await startNatsServer(t);
  const short = ["--for", "0.5"];
  const cases = [
    { args: ["--nats", url], env: { NATS_URL: NOWHERE }, more: `nats: ${NOWHERE}` },
    { args: [], env: { NATS_URL: url }, more: `nats: ${NOWHERE}` },
    { args: [], env: {}, more: `nats: ${url}` },
  ];
  await Promise.all(
    cases.map(async ({ args, env, more }) => {
      const { config, logs } = configured(more);
      isClean(t, await cauditd(t, ["up", "--config", config, ...short, ...args], { env }), logs);
    }),
  );
});

t.test("an unreachable NATS server: a clear error, exit code 1, old logs stay", async (t) => {
  const cases = [
    { args: ["--nats", NOWHERE], env: {}, more: "" },
    { args: [], env: { NATS_URL: NOWHERE }, more: "" },
    { args: [], env: {}, more: `nats: ${NOWHERE}` },
  ];
  await Promise.all(
    cases.map(async ({ args, env, more }) => {
      const { config, logs } = configured(`fresh: true\n${more}`);
      mkdirSync(join(logs, "web"), { recursive: true });
      writeFileSync(join(logs, "web/audit.log"), "old");
      const { code, stdout, stderr } = await cauditd(t, ["up", "--config", config, ...args], {
        env,
      });
      t.same([code, stdout], [1, ""]);
      t.match(stderr, /^cauditd: ECONNREFUSED: .*nats:\/\/127\.0\.0\.1:1.*\n$/);
      t.same(readdirSync(logs), ["web"]);
      t.equal(readFileSync(join(logs, "web/audit.log"), "utf8"), "old");
    }),
  );
});

t.test("fresh: logs of an earlier run are replaced, else they are continued", async (t) => {
  const { config, logs } = configured("fresh: true");
  mkdirSync(join(logs, "web"), { recursive: true });
  writeFileSync(join(logs, "web/audit.log"), "old");
  isClean(t, await cauditd(t, ["up", "--config", config, "--for", "0.3"]), logs);
});

t.test("a bad configuration: every problem at once, exit code 1, nothing written", async (t) => {
  const cwd = t.testdir({
    "cauditd.yaml": [
      "logs: 7",
      "source: { type: carrier-pigeon }",
      "extra: 1",
      "containers:",
      "  - { name: host, contid: 1001 }",
      '  - { name: web, contid: "-1", pid: 1.5 }',
      '  - { name: web, contid: "2" }',
      "  - 7",
      "",
    ].join("\n"),
  });
  const { code, stdout, stderr } = await cauditd(t, ["up"], { cwd });
  t.same([code, stdout], [1, ""]);
  const lines = stderr.trimEnd().split("\n");
  for (const place of [
    "1: logs",
    "2: source.type",
    "3: extra",
    "5: containers[0].name",
    "5: containers[0].contid",
    "6: containers[1].contid",
    "6: containers[1].pid",
    "8: containers[3]",
  ]) {
    t.ok(
      lines.some((line) => line.startsWith(`cauditd: cauditd.yaml:${place}: `)),
      place,
    );
  }
  t.same(readdirSync(cwd), ["cauditd.yaml"]);
  const absent = await cauditd(t, ["up", "--config", "none.yaml"], { cwd });
  t.same(
    [absent.code, absent.stderr],
    [1, "cauditd: none.yaml: no such file or folder (ENOENT)\n"],
  );
});

t.test("a reader of stdout that goes away stops the node cleanly", async (t) => {
  const { config, logs } = configured();
  const running = start(t, ["up", "--config", config]);
  await running.line(LINE);
  running.child.stdout.destroy();
  const { code, signal, stderr } = await running.ended;
  t.same([code, signal, stderr], [0, null, ""]);
  for (const name of ["host", ...CONTIDS.keys()]) {
    const log = readLog(join(logs, name, "audit.log"));
    t.ok(log.length > 0);
    t.equal(serialGap(log), undefined, `${name}'s log ends with a whole record`);
  }
});
