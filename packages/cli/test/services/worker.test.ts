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
  t.match(await problemsOf(() => worker({ config }, fakeIo())), [/^none: no such file/]);
  writeFileSync(config, text.replace("host: none", ""));
  t.match(await problemsOf(() => worker({ config }, fakeIo())), [/nats: expected a NATS URL/]);
});
