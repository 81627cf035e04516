import { join } from "node:path";
import t from "tap";
import { type LoadCommandOptions, load } from "../../src/load/load.ts";
import { fakeIo } from "../fake-io.ts";

// A whole run: test/e2e/load.test.ts.
const numbers = { seed: 1, rate: 1000, for: 1, wait: 1 };

t.test("what does not fit together is told at once", async (t) => {
  const folder = t.testdir({
    "list.json": '[{"name":"web","contid":"1","pid":100}]',
    "low.json": '[{"name":"web","contid":"1","pid":1}]',
    "c.yaml": "logs: l\nsource: { type: stdin }\ncontainers: []\n",
  });
  const refuse = async (options: Partial<LoadCommandOptions>, ...problems: RegExp[]) => {
    const run = load({ ...numbers, ...options }, fakeIo());
    t.match(await run.catch((cause: unknown) => cause), { problems });
  };
  const containers = join(folder, "list.json");
  await refuse({ config: join(folder, "c.yaml") }, /source: expected \{type: listen/, /^--to/);
  await refuse({ containers, to: "x", logs: folder }, /^--to x: expected unix:PATH or tcp:/);
  const to = `unix:${join(folder, "none")}`;
  await refuse({ containers, to, logs: folder, nats: "nats://a" }, /^--logs and --nats/, /^--host/);
  await refuse({ containers, to, logs: folder, only: "web,db" }, /^--only db: no such instance/);
  await refuse(
    { containers: join(folder, "low.json"), to, logs: folder },
    /^containers: .* got 1$/,
  );
});

t.test("a place that takes nothing is told, with the reason", async (t) => {
  const logs = t.testdir({ host: { "audit.log": "" }, "list.json": "[]" });
  // A path that is short enough for a socket.
  const options = { ...numbers, containers: join(logs, "list.json"), to: "unix:/none/here", logs };
  const since = performance.now();
  await t.rejects(load(options, fakeIo()), /none\/here: no such file or folder/);
  t.ok(performance.now() - since >= 900, "it has been waited for");
});
