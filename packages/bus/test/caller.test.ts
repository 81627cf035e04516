import t from "tap";
import { Caller, type CallerConnection } from "../src/caller.ts";
import { Unanswered } from "../src/nats/frame-stream.ts";

function open(timeout?: number) {
  let closed = 0;
  const connection: CallerConnection = {
    async *status() {},
    closed: () => new Promise(() => undefined),
    close: async () => {
      closed++;
    },
  };
  return { caller: new Caller(connection, "nats://h:1", timeout), closed: () => closed };
}

t.test("a call is made again until it is answered", async (t) => {
  const { caller } = open();
  let attempts = 0;
  const answer = await caller.call("ask", async () => {
    if (++attempts < 3) throw new Unanswered("nobody is there");
    return "yes";
  });
  t.equal(answer, "yes");
  t.equal(attempts, 3);
});

t.test("an error that another attempt would not mend is the call's, and so is time", async (t) => {
  const { caller } = open(20);
  const broken = caller.call("ask", async () => {
    throw new Error("broken");
  });
  await t.rejects(broken, { code: "EIO", message: /ask: broken/ });
  const unanswered = caller.call("ask", async () => {
    throw new Unanswered("nobody is there");
  });
  await t.rejects(unanswered, { code: "ETIMEDOUT", message: "ask: nobody is there, 20 ms" });
});

t.test("behind close there are no calls", async (t) => {
  const { caller, closed } = open();
  await caller.close();
  t.ok(caller.closed);
  t.equal(closed(), 1);
  await t.rejects(
    caller.call("ask", async () => 1),
    { code: "ESHUTDOWN" },
  );
});
