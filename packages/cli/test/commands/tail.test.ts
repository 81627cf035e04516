import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { type TailOptions, tail } from "../../src/commands/tail.ts";
import { fakeIo } from "../fake-io.ts";

const line = (serial: number): string =>
  `type=USER_CMD msg=audit(1700000000.00${serial}:${serial}): a=1\n`;

t.test("a log is printed as it is, or as JSON, and losses are told", async (t) => {
  const folder = t.testdir({ web: { "audit.log": line(3), "audit.log.1": line(1) } });
  const raw = fakeIo();
  t.equal(await tail("web", { logs: folder }, raw), 0);
  t.equal(raw.stdout(), line(1) + line(3));
  t.equal(raw.stderr(), "cauditd: 1 events are missing: serials 2 to 2\n");
  const json = fakeIo();
  await tail("web", { logs: folder, format: "json" }, json);
  t.match(
    json
      .stdout()
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text)),
    [
      { serial: 1, records: [{ type: "USER_CMD", fields: { a: "1" } }] },
      { gap: { generation: 1, first: 2, last: 2 } },
      { serial: 3 },
    ],
  );
});

t.test("with a state file, each call goes on where the last one stopped", async (t) => {
  const folder = t.testdir({ web: { "audit.log": line(1) + line(2) } });
  const state = join(folder, "state");
  const first = fakeIo();
  await tail("web", { logs: folder, state }, first);
  t.equal(first.stdout(), line(1) + line(2));
  t.equal(readFileSync(state, "utf8"), "1:2\n");
  writeFileSync(join(folder, "web", "audit.log"), line(1) + line(2) + line(3));
  const second = fakeIo();
  await tail("web", { logs: folder, state }, second);
  t.equal(second.stdout(), line(3));
  writeFileSync(state, "x");
  await t.rejects(tail("web", { logs: folder, state }, fakeIo()), {
    message: `${state}: expected GENERATION:SERIAL, as an earlier tail wrote it`,
  });
});

t.test("a signal ends a tail that follows", async (t) => {
  const folder = t.testdir({ web: { "audit.log": line(1) } });
  const io = fakeIo();
  const done = tail("web", { logs: folder, follow: true, from: "begin" }, io);
  await io.shown(/audit\(1700000000\.001:1\)/);
  io.signal("SIGTERM");
  t.equal(await done, 0);
});

t.test("a stream that is followed is waited for, until a signal comes", async (t) => {
  const there = { nats: "nats://127.0.0.1:1", host: "h" };
  for (const more of [{}, { consumer: "main" }]) {
    const io = fakeIo();
    const run = tail("4", { ...there, ...more, follow: true }, io);
    while (io.logged.length === 0) await new Promise(setImmediate);
    t.same(io.logged, ["warn: the stream does not answer"]);
    io.signal("SIGTERM");
    t.equal(await run, 0);
  }
  await t.rejects(tail("4", there, fakeIo()), { code: "ECONNREFUSED" });
});

t.test("what does not fit together is told at once", async (t) => {
  const refuse = async (name: string, options: TailOptions, ...problems: RegExp[]) => {
    const error: unknown = await tail(name, options, fakeIo(), {}).catch(
      (reason: unknown) => reason,
    );
    t.match(error, { name: "UsageError", problems });
  };
  await refuse("web", { from: "x" }, /--from x: expected begin, end, SERIAL/);
  const others = { creds: "c", ca: "a", host: "h", inbox: "i", consumer: "a" };
  const needs = Object.keys(others).map((option) => new RegExp(`^--${option}: needs --nats, or`));
  await refuse("web", others, ...needs);
  const nats = "nats://127.0.0.1:1";
  await refuse(
    "web",
    { nats, consumer: "a", from: "1", state: "s" },
    /expected host or a contid/,
    /--host/,
    /--from/,
    /--state/,
  );
  const env = { NATS_URL: nats };
  await t.rejects(tail("web", { host: "h" }, fakeIo(), env), { message: /^web: expected host/ });
  await t.rejects(tail("4", { host: "h" }, fakeIo(), env), { code: "ECONNREFUSED" });
  const logs = t.testdir({});
  for (const from of ["begin", "end"]) {
    const missing = { code: "ENOENT", path: join(logs, "none") };
    await t.rejects(tail("none", { logs, from }, fakeIo()), missing, `from ${from}`);
  }
});
