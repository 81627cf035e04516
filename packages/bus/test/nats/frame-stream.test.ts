import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { answered, pause, settledWithin, Unanswered } from "../../src/nats/frame-stream.ts";

const stream = { ready: async () => undefined };

t.test("attempts are made until one is answered", async (t) => {
  const counts: number[] = [];
  const answer = await answered(stream, 60_000, "publish", async (count) => {
    counts.push(count);
    if (count < 3) throw new Unanswered("nobody");
    return "stored";
  });
  t.equal(answer, "stored");
  t.same(counts, [1, 2, 3]);
});

t.test("another error ends it at once", async (t) => {
  const refused = new AuditError(Errno.EACCES, "publish");
  let counts = 0;
  const result = answered(stream, 60_000, "publish", async () => {
    counts++;
    throw refused;
  });
  await t.rejects(result, refused);
  t.equal(counts, 1);
});

t.test("without an answer in time it is ETIMEDOUT, with the reason", async (t) => {
  const result = answered(stream, 20, "publish of scope 7", async () => {
    throw new Unanswered("nats://h:1 does not answer");
  });
  await t.rejects(result, {
    code: "ETIMEDOUT",
    message: /publish of scope 7: nats:\/\/h:1 does not answer, 20 ms$/,
    cause: { name: "Unanswered" },
  });
});

t.test("settledWithin waits for success, for failure, and not for ever", async (t) => {
  await settledWithin(Promise.resolve(), 1e6);
  await settledWithin(Promise.reject(new Error("ignored")), 1e6);
  await settledWithin(new Promise(() => undefined), 1);
  const before = performance.now();
  await pause(5);
  t.ok(performance.now() - before >= 4);
});
