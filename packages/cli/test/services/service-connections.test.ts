import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { parseConfig } from "../../src/config/config.ts";
import { serverOf, whenThere } from "../../src/services/service-connections.ts";
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

t.test("a server that is not there yet is waited for; every other error is not", async (t) => {
  let calls = 0;
  const absent = new AuditError(Errno.ECONNREFUSED, "connect");
  const opened = await whenThere(async () => {
    calls++;
    if (calls < 2) throw absent;
    return "open";
  }, fakeIo());
  t.same([opened, calls], ["open", 2]);
  const refused = new AuditError(Errno.EACCES, "connect");
  await t.rejects(
    whenThere(() => Promise.reject(refused), fakeIo()),
    { code: "EACCES" },
  );
});

t.test("a signal ends the wait, and is no error", async (t) => {
  const io = fakeIo();
  const absent = new AuditError(Errno.ECONNREFUSED, "connect");
  const waiting = whenThere(() => Promise.reject(absent), io);
  io.signal("SIGTERM");
  t.equal(await waiting, undefined);
});
