import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { parseConfig } from "../../src/config/config.ts";
import { onServer, serverOf } from "../../src/services/service-connections.ts";
import { fakeIo } from "../fake-io.ts";
import { problemsOf } from "../problems.ts";

const CONFIG = "logs: l\nsource: { type: stdin }\ncontrol: { host: c1 }\ncontainers: []\n";

t.test("the server is the option's, else the configuration's; one there must be", async (t) => {
  const config = parseConfig("c.yaml", `${CONFIG}nats: nats://a\nhost: h1\n`);
  t.match(serverOf({}, config, "auditd"), {
    url: "nats://a",
    host: "h1",
    name: "cauditd auditd h1",
  });
  const given = serverOf({ nats: "nats://b" }, config, "auditd");
  t.match(given, { url: "nats://b", inboxPrefix: "_INBOX_auditd" });
  const bare = parseConfig("c.yaml", CONFIG);
  t.match(serverOf({ nats: "nats://b" }, bare, "auditd"), { host: "c1" });
  const problems = await problemsOf(() => serverOf({ config: "c.yaml" }, bare, "auditd"));
  t.match(problems, [/^c\.yaml: nats: expected a NATS URL/]);
});

t.test("each opening waits for a server that is away; every other error ends it", async (t) => {
  let calls = 0;
  const closed: string[] = [];
  const absent = new AuditError(Errno.ECONNREFUSED, "connect");
  const late = new AuditError(Errno.ETIMEDOUT, "no answer");
  const open = async (name: string, error: Error): Promise<{ close(): void }> => {
    if (++calls % 2 === 1) throw error;
    return { close: () => void closed.push(name) };
  };
  const io = fakeIo();
  const code = await onServer(io, async (_, reach) => {
    await reach(() => open("first", absent));
    await reach(() => open("second", late));
    return 3;
  });
  t.same([code, calls, closed], [3, 4, ["second", "first"]]);
  t.same(io.logged, new Array(2).fill("warn: waiting for the NATS server"));
  const refused = new AuditError(Errno.EACCES, "connect");
  const ended = onServer(fakeIo(), async (_, reach) => {
    await reach(() => Promise.reject(refused));
    return 3;
  });
  await t.rejects(ended, { code: "EACCES" });
});

t.test("a signal ends the wait, and is no error; what was open is closed", async (t) => {
  const io = fakeIo();
  const absent = new AuditError(Errno.ECONNREFUSED, "connect");
  const closed: string[] = [];
  const waiting = onServer(io, async (_, reach) => {
    await reach(async () => ({ close: () => void closed.push("first") }));
    await reach(() => Promise.reject(absent));
    return 3;
  });
  io.signal("SIGTERM");
  t.equal(await waiting, 0);
  t.same(closed, ["first"]);
});
