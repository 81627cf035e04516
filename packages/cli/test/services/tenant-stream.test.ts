import t from "tap";
import { type StreamOptions, tenantStream } from "../../src/services/tenant-stream.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

const there = { nats: "nats://127.0.0.1:1", host: "h" };

t.test("what is missing and what does not fit together is told at once", async (t) => {
  const refuse = async (scope: string, options: StreamOptions, ...problems: RegExp[]) =>
    t.match(await problemsOf(() => tenantStream(scope, options)), problems);
  await refuse("web", {}, /^web: expected host or a contid/, /^--nats/, /^--host/);
  const twice = { ...there, consumer: "main", from: "1", state: "s" };
  await refuse("4", twice, /^--consumer and --from/, /^--consumer and --state/);
});

t.test("a patient reader waits for its server and tells of it; another does not", async (t) => {
  const stream = tenantStream("4", there);
  await t.rejects(stream.open(), { code: "ECONNREFUSED" });
  const io = fakeIo();
  const stop = new AbortController();
  const reading = stream.patient(io, stop.signal).bounds();
  while (io.logged.length === 0) await new Promise(setImmediate);
  t.same(io.logged, ["warn: the stream does not answer"]);
  stop.abort();
  await t.rejects(reading, { code: "ECONNREFUSED" });
});
