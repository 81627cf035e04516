import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import t, { type Test } from "tap";
import { up } from "../../src/node/up.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";
import { events } from "../records.ts";

/** A configuration in a folder of the test; the logs are in `logs` beside it. */
function configured(t: Test, source: string, more = ""): { config: string; logs: string } {
  const folder = t.testdir({});
  const config = join(folder, "c.yaml");
  const logs = join(folder, "logs");
  const pid = source.includes("simulator") ? "" : ", pid: 100";
  writeFileSync(
    config,
    `logs: ${logs}\nsource: { type: ${source} }\n${more}\n` +
      `containers:\n  - { name: web, contid: "1"${pid} }\n`,
  );
  return { config, logs };
}

function fakeStdin(t: Test): PassThrough {
  const stdin = new PassThrough();
  t.intercept(process, "stdin", { value: stdin });
  return stdin;
}

t.test("a source that ends: all of it is in the logs, and the accounts are printed", async (t) => {
  fakeStdin(t).end(events(1, 4, 100) + events(5, 1, 7).trimEnd());
  const { config, logs } = configured(t, "stdin");
  const io = fakeIo();
  t.equal(await up({ config }, io), 0);
  t.match(io.stdout(), /^host +1 +5( +0){7} +5\nweb +4 +4( +0){7} +4$/m);
  t.match(io.stdout(), /every event is accounted for\n$/);
  t.equal(readFileSync(join(logs, "host/audit.log"), "latin1").split("\n").length - 1, 14);
});

t.test("a signal stops it: exit code 0, and the line that was cut is left out", async (t) => {
  const stdin = fakeStdin(t);
  const { config, logs } = configured(t, "stdin");
  const io = fakeIo();
  const running = up({ config }, io);
  stdin.write(events(1, 3, 100).slice(0, -10));
  await io.shown(/^\d\d:\d\d:\d\d host \d+\/s [23] \| web \d+\/s [23]$/m);
  io.signal("SIGTERM");
  t.equal(await running, 0);
  t.match(io.stdout(), "5 records captured = 0 malformed + 0 end-of-event + 5 in 3 events");
  const log = readFileSync(join(logs, "web/audit.log"), "latin1");
  t.equal(log.match(/^type=SYSCALL .*\n/gm)?.length, 3);
  t.equal(log.match(/^type=PROCTITLE .*\n/gm)?.length, 2);
});

t.test("it stops by itself after the time that was given", async (t) => {
  const { config } = configured(t, "simulator, rate: 5000");
  const io = fakeIo();
  t.equal(await up({ config, for: 0.1 }, io), 0);
  t.match(io.stdout(), /^web +[1-9]/m);
  t.match(io.stdout(), /every event is accounted for\n$/);
});

t.test("logs of an earlier run are continued, or with `fresh` replaced", async (t) => {
  for (const [more, kept] of [
    ["", true],
    ["fresh: true", false],
  ] as const) {
    fakeStdin(t).end(events(1, 1, 100));
    const { config, logs } = configured(t, "stdin", more);
    mkdirSync(join(logs, "web"), { recursive: true });
    writeFileSync(join(logs, "web/audit.log"), "old\n");
    t.equal(await up({ config }, fakeIo()), 0);
    const log = readFileSync(join(logs, "web/audit.log"), "latin1");
    t.equal(log.startsWith("old\n"), kept);
    t.match(log, "type=PROCTITLE");
  }
});

t.test("an error of the source comes behind the accounts", async (t) => {
  const stdin = fakeStdin(t);
  const { config } = configured(t, "stdin");
  const io = fakeIo();
  const running = up({ config }, io);
  stdin.write(events(1, 3, 100));
  await io.shown(/ web \d+\/s [23]$/m);
  stdin.destroy(new Error("read EIO"));
  await t.rejects(running, { message: "read EIO" });
  t.match(io.stdout(), /^web +3 +3( +0){7} +3$/m);
});

t.test("a log that cannot be opened is an error, and nothing starts", async (t) => {
  fakeStdin(t).end(events(1, 3, 100));
  const { config, logs } = configured(t, "stdin");
  mkdirSync(logs);
  writeFileSync(join(logs, "web"), "");
  const io = fakeIo();
  await t.rejects(up({ config }, io), { code: "ENOTDIR" });
  t.equal(io.stdout(), "");
});

t.test("a bad configuration is refused before anything is written", async (t) => {
  const { config, logs } = configured(t, "simulator, rate: 0", "fresh: 1");
  const problems = await problemsOf(() => up({ config }, fakeIo()));
  t.match(problems, [
    /c\.yaml:3: fresh: expected true or false$/,
    /c\.yaml:2: source\.rate: expected events/,
  ]);
  t.notOk(existsSync(logs));
});

t.test("cauditd.yaml is the default, and an unreachable NATS server leaves old logs", async (t) => {
  const { logs } = configured(t, "stdin", "fresh: true");
  mkdirSync(join(logs, "web"), { recursive: true });
  writeFileSync(join(logs, "web/audit.log"), "old\n");
  const config = join(logs, "../c.yaml");
  await t.rejects(up({ config, nats: "nats://127.0.0.1:1" }, fakeIo()), {
    message: /ECONNREFUSED/,
  });
  await t.rejects(up({ config, nats: "tls://127.0.0.1:1", ca: "none.pem" }, fakeIo()), {
    message: /ENOENT.* read certificates none\.pem/,
  });
  t.same(readdirSync(logs), ["web"]);
  t.equal(readFileSync(join(logs, "web/audit.log"), "latin1"), "old\n");
  const problems = await problemsOf(() => up({}, fakeIo()));
  t.same(problems, ["cauditd.yaml: no such file or folder (ENOENT)"]);
});
