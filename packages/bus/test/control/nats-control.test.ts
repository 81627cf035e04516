import { ControlClient, type ControlDesk, natsTransport, serveNatsControl } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { connect, headers, type NatsConnection } from "nats";
import t, { type Test } from "tap";
import { type NatsServer, startNatsServer } from "../nats-server.ts";
import { deskOf, request, TestClock } from "./clock.ts";

/** Users as deploy/nats-server.conf has them: each principal publishes as itself only. */
const PERMISSIONS = `authorization { users: [
  { user: host, password: h, permissions: {
      publish: ["_INBOX.>", "_INBOX_root.>", "_INBOX_web.>"],
      subscribe: ["cauditd.h1.ctl.>", "$SRV.>"] } }
  { user: root, password: r, permissions: {
      publish: ["cauditd.h1.ctl.root.*", "$SRV.>"], subscribe: ["_INBOX_root.>"] } }
  { user: web, password: w, permissions: {
      publish: "cauditd.h1.ctl.web.*", subscribe: "_INBOX_web.>" } }
] }`;

const clock = new TestClock();

function url(server: NatsServer, login: string): string {
  return server.url.replace("//", `//${login}@`);
}

async function serve(t: Test, server: NatsServer, desk: ControlDesk) {
  const options = { url: url(server, "host:h"), host: "h1", version: "1.2.3" };
  const served = await serveNatsControl(options, desk);
  t.teardown(() => served.close());
  return served;
}

async function clientAs(
  t: Test,
  server: NatsServer,
  login: string,
  principal: string,
): Promise<ControlClient> {
  const transport = await natsTransport({ url: url(server, login), host: "h1", principal });
  const client = new ControlClient(transport, { now: () => clock.now, timeoutMs: 3000 });
  t.teardown(() => client.close());
  return client;
}

async function rawConnection(t: Test, server: NatsServer, user: string): Promise<NatsConnection> {
  const [login = ""] = user.split(":");
  const connection = await connect({
    servers: server.url,
    user: login,
    pass: user.slice(login.length + 1),
    inboxPrefix: `_INBOX_${login}`,
    reconnect: false,
  });
  t.teardown(() => connection.close());
  return connection;
}

t.test("control over a server whose permissions fix the principal", async (t) => {
  const server = await startNatsServer(t, { config: PERMISSIONS, jetstream: false });
  let calls = 0;
  const desk = deskOf(async ({ principal, body }) => {
    calls++;
    if ((body as { fail?: boolean }).fail === true) throw new AuditError(Errno.EPERM, "né");
    return { principal, body };
  }, clock);
  const served = await serve(t, server, desk);

  t.test("each is answered as the principal that it may publish as", async (t) => {
    const root = await clientAs(t, server, "root:r", "root");
    const web = await clientAs(t, server, "web:w", "web");
    t.match(await root.request("get", { n: 1 }), { principal: "root", body: { n: 1 } });
    t.match(await web.request("get", { principal: "root" }), { principal: "web" });
    await t.rejects(web.request("set", { fail: true }), { code: "EPERM", op: "né" });
  });

  t.test("a connection cannot publish as another principal", async (t) => {
    const before = calls;
    const forged = await clientAs(t, server, "web:w", "web").then(async () =>
      natsTransport({
        url: url(server, "web:w"),
        host: "h1",
        principal: "root",
        inboxPrefix: "_INBOX_web",
      }),
    );
    t.teardown(() => forged.close());
    const client = new ControlClient(forged, { now: () => clock.now, timeoutMs: 3000 });
    await t.rejects(client.request("get"), {
      code: "EACCES",
      message: /cauditd\.h1\.ctl\.root\.get: the NATS server does not permit this/,
    });
    t.equal(calls, before);
  });

  t.test("errors are in the headers of micro services", async (t) => {
    const web = await rawConnection(t, server, "web:w");
    const body = request("h1", clock.now + 1000, { fail: true });
    const answer = await web.request("cauditd.h1.ctl.web.set", body);
    t.equal(answer.headers?.get("Nats-Service-Error-Code"), "1");
    t.equal(
      answer.headers?.get("Nats-Service-Error"),
      "EPERM: operation not permitted, n?",
      "a header is plain ASCII",
    );
    t.match(answer.json(), { errno: 1, error: "EPERM: operation not permitted, né" });
    const junk = await web.request("cauditd.h1.ctl.web.get", Uint8Array.of(0xff, 0));
    t.equal(junk.headers?.get("Nats-Service-Error-Code"), "22");
  });

  t.test("a request that the wire brings twice is carried out once", async (t) => {
    const web = await rawConnection(t, server, "web:w");
    const before = calls;
    const sent = request("twice", clock.now + 1000, { n: 1 });
    const [first, second] = await Promise.all([
      web.request("cauditd.h1.ctl.web.set", sent),
      web.request("cauditd.h1.ctl.web.set", sent),
    ]);
    t.same(first.json(), second.json());
    t.equal(calls, before + 1);
    clock.now += 1000;
    const late = await web.request("cauditd.h1.ctl.web.set", sent);
    t.match(late.json(), { errno: Errno.ETIMEDOUT });
    t.equal(calls, before + 1);
  });

  t.test("an answer is never sent where its caller may not read", async (t) => {
    const web = await rawConnection(t, server, "web:w");
    const before = calls;
    const unanswered = served.unanswered;
    const sent = request("deputy", clock.now + 1000);
    web.publish("cauditd.h1.ctl.web.set", sent, { reply: "cauditd.h1.ctl.root.set" });
    web.publish("cauditd.h1.ctl.web.set", sent, { headers: headers() });
    await web.request("cauditd.h1.ctl.web.get", request("fence", clock.now + 1000));
    t.equal(served.unanswered, unanswered + 2);
    t.equal(calls, before + 1, "only the fence");
  });

  t.test("stock tools find the service, its verbs and its counts", async (t) => {
    const root = await rawConnection(t, server, "root:r");
    const one = async (subject: string) => {
      const answer = await root.request(subject, "", { timeout: 3000 });
      return answer.json() as { name: string; endpoints: { name: string; subject: string }[] };
    };
    t.match(await one("$SRV.PING.cauditd-control"), { name: "cauditd-control", version: "1.2.3" });
    const info = await one("$SRV.INFO.cauditd-control");
    t.match(info, { metadata: { host: "h1" } });
    t.same(
      info.endpoints.map(({ name, subject }) => [name, subject]),
      [
        ["get", "cauditd.h1.ctl.*.get"],
        ["set", "cauditd.h1.ctl.*.set"],
      ],
    );
    const stats = await one("$SRV.STATS.cauditd-control");
    t.match(stats.endpoints[1], { name: "set", data: { answers: { EPERM: 2, ETIMEDOUT: 1 } } });
  });
});

t.test("what cannot be served or asked is said", async (t) => {
  const server = await startNatsServer(t, { jetstream: false });
  const desk = deskOf(async () => undefined, clock);
  const bad = { url: server.url, host: "a.b", version: "1.0.0" };
  await t.rejects(serveNatsControl(bad, desk), { code: "EINVAL", message: /host "a\.b"/ });
  await t.rejects(natsTransport({ ...bad, principal: "root" }), { code: "EINVAL" });
  const alone = await natsTransport({ url: server.url, host: "h2", principal: "root" });
  const client = new ControlClient(alone, { now: () => clock.now, timeoutMs: 3000 });
  await t.rejects(client.request("get"), {
    code: "EHOSTUNREACH",
    message: /cauditd\.h2\.ctl\.root\.get: no cauditd host answers there/,
  });
  await client.close();
  const mute = await connect({ servers: server.url });
  t.teardown(() => mute.close());
  mute.subscribe("cauditd.h2.ctl.>", { callback: () => undefined });
  await mute.flush();
  const waiting = await natsTransport({ url: server.url, host: "h2", principal: "root" });
  const impatient = new ControlClient(waiting, { now: () => clock.now, timeoutMs: 50 });
  await t.rejects(impatient.request("get"), { code: "ETIMEDOUT", message: /no answer in time/ });
  await impatient.close();
  await server.stop();
  const gone = { url: server.url, host: "h1", version: "1.0.0" };
  await t.rejects(serveNatsControl(gone, desk), { code: "ECONNREFUSED" });
});
