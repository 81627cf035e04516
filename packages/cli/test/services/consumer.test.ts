import t from "tap";
import { type ConsumerCommandOptions, consume } from "../../src/services/consumer.ts";
import { fakeIo } from "../fake-io.ts";

// What it does with a stream: test/e2e/consumer.test.ts.
t.test("what does not fit together is told at once", async (t) => {
  const refuse = async (scope: string, options: ConsumerCommandOptions, ...problems: RegExp[]) => {
    const error: unknown = await consume(scope, options, fakeIo()).catch((cause: unknown) => cause);
    t.match(error, { problems });
  };
  await refuse("web", {}, /^web: expected host or a contid/, /^--nats/, /^--host/);
  const there = { nats: "nats://127.0.0.1:1", host: "h" };
  await refuse("4", { ...there, consumer: "main", from: "1" }, /^--consumer and --from/);
  await refuse("4", { ...there, from: "x" }, /^--from x/);
});

t.test("a server that is not there is waited for, until a signal comes", async (t) => {
  const io = fakeIo();
  const run = consume("4", { nats: "nats://127.0.0.1:1", host: "h" }, io);
  while (io.logged.length === 0) await new Promise(setImmediate);
  t.same(io.logged, ["warn: the stream does not answer"]);
  io.signal("SIGTERM");
  t.equal(await run, 0);
  t.equal(io.stdout(), "");
});
