// How it begins. What it does: test/e2e/services.test.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { worker, workerName } from "../../src/services/worker.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

t.test("a machine's name becomes a worker's", async (t) => {
  t.equal(workerName("node_1.example.org"), "node-1");
  t.equal(workerName(""), "auditd");
  t.equal(workerName("x".repeat(60)).length, 48);
});

t.test("a configuration that cannot be used is told before a server is asked", async (t) => {
  const text = "logs: l\nsource: { type: stdin }\nrules: { host: none }\ncontainers: []\n";
  const config = join(t.testdir({ "c.yaml": text }), "c.yaml");
  t.match(await problemsOf(() => worker({ config }, fakeIo())), [
    /c\.yaml:3: rules\.host: none: no such file/,
  ]);
  writeFileSync(config, text.replace("host: none", ""));
  t.match(await problemsOf(() => worker({ config }, fakeIo())), [/nats: expected a NATS URL/]);
});

t.test("a signal ends the wait for a server that is not there: exit code 0", async (t) => {
  const text = "logs: l\nsource: { type: stdin }\ncontainers: []\n";
  const config = join(t.testdir({ "c.yaml": text }), "c.yaml");
  const io = fakeIo();
  const run = worker({ config, nats: "nats://127.0.0.1:1" }, io);
  while (io.logged.length === 0) await new Promise(setImmediate);
  t.same(io.logged, ["warn: waiting for the NATS server"]);
  io.signal("SIGTERM");
  t.equal(await run, 0);
  t.equal(io.stdout(), "");
});
