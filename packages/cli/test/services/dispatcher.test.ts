// How it begins. What it does: test/e2e/services.test.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { dispatcher } from "../../src/services/dispatcher.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

t.test("a configuration that cannot be used is told before a server is asked", async (t) => {
  const text = "logs: l\nsource: { type: log, path: none }\ncontainers: []\n";
  const config = join(t.testdir({ "c.yaml": text }), "c.yaml");
  const problems = await problemsOf(() => dispatcher({ config }, fakeIo()));
  t.match(problems, [/nats: expected a NATS URL/]);
  const nats = "nats://127.0.0.1:1";
  t.match(await problemsOf(() => dispatcher({ config, nats }, fakeIo())), [/^none: no such file/]);
});

t.test("a signal ends the wait for a server that is not there: exit code 0", async (t) => {
  const folder = t.testdir({ log: "" });
  const text = `logs: l\nsource: { type: log, path: ${folder}/log }\ncontainers: []\n`;
  const config = join(folder, "c.yaml");
  writeFileSync(config, text);
  const io = fakeIo();
  const run = dispatcher({ config, nats: "nats://127.0.0.1:1" }, io);
  while (io.logged.length === 0) await new Promise(setImmediate);
  t.same(io.logged, ["warn: waiting for the NATS server"]);
  io.signal("SIGTERM");
  t.equal(await run, 0);
  t.equal(io.stdout(), "");
});
