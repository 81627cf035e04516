import { EventEmitter, once } from "node:events";
import { Worker } from "node:worker_threads";
import { ControlClient, ControlDesk, natsTransport, serveNatsControl } from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import { connect, headers, type NatsConnection, RequestStrategy } from "nats";
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

/** What the service tells of itself. */
interface Told {
  readonly name: string;
  readonly endpoints: readonly { readonly name: string; readonly subject: string }[];
}

const clock = new TestClock();

function url(server: NatsServer, login: string): string {
  return server.url.replace("//", `//${login}@`);
}

async function serve(t: Test, server: NatsServer, desk: ControlDesk) {
  const principals = ["root", "web"];
  const options = { url: url(server, "host:h"), host: "h1", principals, version: "1.2.3" };
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
    const all = async (subject: string) => {
      const options = { strategy: RequestStrategy.Count, maxMessages: 2, maxWait: 3000 };
      const answers: Told[] = [];
      for await (const one of await root.requestMany(subject, "", options)) {
        answers.push(one.json<Told>());
      }
      return answers;
    };
    const service = { name: "cauditd-control", version: "1.2.3" };
    t.match(await all("$SRV.PING.cauditd-control"), [service, service], "one for each principal");
    const infos = await all("$SRV.INFO.cauditd-control");
    t.match(infos, [{ metadata: { host: "h1" } }, { metadata: { host: "h1" } }]);
    t.same(infos.flatMap(({ endpoints }) => endpoints.map(({ subject }) => subject)).sort(), [
      "cauditd.h1.ctl.root.get",
      "cauditd.h1.ctl.root.set",
      "cauditd.h1.ctl.web.get",
      "cauditd.h1.ctl.web.set",
    ]);
    for (const { endpoints } of await all("$SRV.STATS.cauditd-control")) {
      t.match(endpoints[1], { name: "set", data: { answers: { EPERM: 2, ETIMEDOUT: 1 } } });
    }
  });
});

t.test("a connection that a server cuts off is its principal's alone, and told of", async (t) => {
  const config = "max_pending: 1MB\n";
  const server = await startNatsServer(t, { config, jetstream: false });
  const told: string[] = [];
  const principals = Array.from({ length: 34 }, (_, index) => `p${index}`);
  const options = { url: server.url, host: "h1", principals, version: "1.0.0" };
  const desk = new ControlDesk({
    now: () => clock.now,
    isPrincipal: (name) => principals.includes(name),
    verbs: new Map([["get", { reads: true }]]),
    handler: async ({ principal }) => principal,
    onError: (error) => t.fail(String(error)),
  });
  const cut = new EventEmitter();
  const onCut = (name: string): void => {
    told.push(name);
    cut.emit("cut");
  };
  const served = await serveNatsControl({ ...options, onCut }, desk);
  t.teardown(() => served.close());
  const ask = async (principal: string): Promise<unknown> => {
    const transport = await natsTransport({ url: options.url, host: "h1", principal });
    const client = new ControlClient(transport, { now: () => clock.now, timeoutMs: 3000 });
    return await client.request("get").finally(() => client.close());
  };
  for (const name of ["p0", "p1", "p33"]) t.equal(await ask(name), name);
  await t.rejects(ask("p34"), { code: "EPERM", message: /no such principal/ });

  flood(server.url, "cauditd.h1.ctl.p32.get");
  while (!told.includes("p0,p32")) await once(cut, "cut");
  t.equal(await ask("p1"), "p1", "others are served");
  // What is not for it comes by the connection for others, too.
  t.same(
    told.filter((name) => name !== "$others"),
    ["p0,p32"],
  );
  t.equal(served.cuts.get("p0,p32"), 1);
  const back = async (): Promise<unknown> =>
    await ask("p0").catch((error) => (error.code === "EHOSTUNREACH" ? back() : error));
  t.equal(await back(), "p0", "it has come back");
});

/** Sends more than a server holds for this process, which reads nothing meanwhile. */
function flood(url: string, subject: string): void {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const sends = `const { workerData: { url, subject, done } } = require("node:worker_threads");
    require("nats").connect({ servers: url }).then(async (connection) => {
      for (let i = 0; i < 24; i++) connection.publish(subject, Buffer.alloc(1_000_000));
      await connection.flush();
      await connection.close();
      Atomics.store(done, 0, 1);
      Atomics.notify(done, 0);
    });`;
  const worker = new Worker(sends, { eval: true, workerData: { url, subject, done } });
  worker.unref();
  Atomics.wait(done, 0, 0, 20_000);
}

t.test("what cannot be served or asked is said", async (t) => {
  const server = await startNatsServer(t, { jetstream: false });
  const desk = deskOf(async () => undefined, clock);
  const bad = { url: server.url, host: "a.b", principals: ["web"], version: "1.0.0" };
  await t.rejects(serveNatsControl(bad, desk), { code: "EINVAL", message: /host "a\.b"/ });
  const named = { ...bad, host: "h1", principals: ["web", "a b"] };
  await t.rejects(serveNatsControl(named, desk), { code: "EINVAL", message: /principal "a b"/ });
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
  const gone = { url: server.url, host: "h1", principals: ["web"], version: "1.0.0" };
  await t.rejects(serveNatsControl(gone, desk), { code: "ECONNREFUSED" });
});
