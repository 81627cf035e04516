// How it begins. What it does: test/e2e/services.test.ts.
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
