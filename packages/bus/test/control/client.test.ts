import { ControlClient, memoryTransport } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { deskOf, TestClock } from "./clock.ts";

t.test("a client gets the result, or the error as it was thrown", async (t) => {
  const clock = new TestClock();
  const desk = deskOf(async ({ principal, verb, body }) => {
    if (verb === "set") throw new AuditError(Errno.EPERM, `${verb} of host`);
    return { principal, body };
  }, clock);
  const client = new ControlClient(memoryTransport(desk, "web"), { now: () => clock.now });
  t.same(await client.request("get", { a: 1 }), { principal: "web", body: { a: 1 } });
  await t.rejects(client.request("set"), {
    name: "AuditError",
    errno: Errno.EPERM,
    message: "EPERM: operation not permitted, set of host",
  });
  await client.close();
});

t.test("each request has an id of its own and expires when the client gives up", async (t) => {
  const seen: { id: string; expires: number }[] = [];
  const client = new ControlClient(
    {
      send: async (_verb, bytes, timeoutMs) => {
        t.equal(timeoutMs, 500);
        seen.push(JSON.parse(Buffer.from(bytes).toString()));
        return Buffer.from('{"errno":0,"result":null}');
      },
      close: async () => undefined,
    },
    { now: () => 1000, timeoutMs: 500 },
  );
  await client.request("get");
  await client.request("get");
  t.not(seen[0]?.id, seen[1]?.id);
  t.equal(seen[0]?.expires, 1500);
});
