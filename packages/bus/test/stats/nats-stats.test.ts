import fc from "fast-check";
import { connect } from "nats";
import t from "tap";
import {
  MAX_PROCESSES,
  MAX_STATS_BYTES,
  natsStatsAsker,
  serveNatsStats,
} from "../../src/stats/nats-stats.ts";
import { startNatsServer } from "../nats-server.ts";

const version = "0.1.0";

t.test("all processes of a host answer, and no other host's", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  const asker = await natsStatsAsker({ url, host: "node1", roles: ["auditd", "dispatcher"] });
  t.teardown(() => asker.close());
  t.same(await asker.ask(), [], "nobody is there");
  const serve = async (host: string, role: string, name: string): Promise<void> => {
    const served = await serveNatsStats({ url, host, role, version }, () => ({ name }));
    t.teardown(() => served.close());
  };
  await serve("node1", "auditd", "w1");
  await serve("node1", "auditd", "w2");
  await serve("node2", "auditd", "w3");
  await serve("node1", "dispatcher", "d");
  const names = (await asker.ask()).map((said) => (said as { name: string }).name);
  t.same(names.sort(), ["d", "w1", "w2"]);
});

t.test("stock tools read it; what does not fit into a message is told of", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  let said: object = { scopes: 1 };
  const options = { url, host: "node1", role: "auditd", version };
  const served = await serveNatsStats(options, () => said);
  const connection = await connect({ servers: url });
  t.teardown(() => connection.close());
  const stats = await connection.request("$SRV.STATS.cauditd-auditd");
  t.match(stats.json(), {
    type: "io.nats.micro.v1.stats_response",
    metadata: { host: "node1" },
    endpoints: [{ name: "stats", data: { scopes: 1 } }],
  });
  const direct = await connection.request("cauditd.v1.node1.stats.auditd");
  t.same(direct.json(), { scopes: 1 });
  said = { scopes: "x".repeat(MAX_STATS_BYTES) };
  const large = await connection.request("cauditd.v1.node1.stats.auditd");
  t.match(large.json(), { problems: [/^EMSGSIZE/] });
  await served.close();
  await t.rejects(connection.request("cauditd.v1.node1.stats.auditd"), { code: "503" });
});

t.test("names that are none are refused", async (t) => {
  const url = "nats://127.0.0.1:1";
  const bad = serveNatsStats({ url, host: "a.b", role: "auditd", version }, () => ({}));
  await t.rejects(bad, { code: "EINVAL" });
  await t.rejects(natsStatsAsker({ url, host: "a", roles: ["*"] }), { code: "EINVAL" });
  await t.rejects(natsStatsAsker({ url, host: "a", roles: ["b"] }), { code: "ECONNREFUSED" });
});

t.test("credentials that may not ask are told so", async (t) => {
  const config = `authorization { users: [{ user: a, password: a, permissions: {
    publish: "nothing", subscribe: "_INBOX.>" } }] }`;
  const { url } = await startNatsServer(t, { jetstream: false, config });
  const mine = url.replace("//", "//a:a@");
  const asker = await natsStatsAsker({ url: mine, host: "node1", roles: ["auditd"] });
  t.teardown(() => asker.close());
  await t.rejects(asker.ask(), { code: "EACCES" });
});

t.test("it closes while the server is away", async (t) => {
  const server = await startNatsServer(t, { jetstream: false });
  const options = { url: server.url, host: "node1", role: "auditd", version };
  const served = await serveNatsStats(options, () => ({}));
  await server.kill();
  await served.close();
  t.pass("closed");
});

t.test("any bytes as an answer are one of the host's, or none", async (t) => {
  const { url } = await startNatsServer(t, { jetstream: false });
  const connection = await connect({ servers: url });
  t.teardown(() => connection.close());
  let said: readonly Uint8Array[] = [];
  connection.subscribe("$SRV.STATS.cauditd-auditd", {
    callback: (_, msg) => {
      for (const bytes of said) msg.respond(bytes);
    },
  });
  await connection.flush();
  const query = { url, host: "node1", roles: ["auditd"], quiet: 10, limit: 500 };
  const asker = await natsStatsAsker(query);
  t.teardown(() => asker.close());
  const metadata = fc.oneof(fc.constant({ host: "node1" }), fc.jsonValue());
  const endpoints = fc.oneof(
    fc.array(fc.oneof(fc.constant({ data: 7 }), fc.jsonValue())),
    fc.jsonValue(),
  );
  const near = fc.record({ metadata, endpoints }, { requiredKeys: [] }).map((value) => {
    return Buffer.from(JSON.stringify(value));
  });
  const deep = fc.constant(Buffer.from("[".repeat(100_000)));
  const bytes = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), near, deep);
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (all) => {
      said = all;
      const found = await asker.ask();
      t.ok(found.length <= all.length);
      t.notOk(found.includes(undefined));
    }),
    { numRuns: 50 },
  );
  const one = Buffer.from(
    JSON.stringify({ metadata: { host: "node1" }, endpoints: [{ data: 7 }] }),
  );
  said = new Array<Uint8Array>(MAX_PROCESSES + 10).fill(one);
  t.equal((await asker.ask()).length, MAX_PROCESSES, "no host has more processes");
});
