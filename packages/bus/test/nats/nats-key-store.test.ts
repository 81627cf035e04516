import { type KeyStore, openNatsKeyStore } from "@cauditd/bus";
import { connect, headers } from "nats";
import t, { type Test } from "tap";
import { keyStoreContract } from "../key-store-contract.ts";
import { type NatsServerOptions, startNatsServer } from "../nats-server.ts";

interface OpenOptions {
  readonly ttl?: number;
  readonly storage?: "memory" | "file";
}

async function opener(t: Test, options: NatsServerOptions = {}) {
  const server = await startNatsServer(t, options);
  const open = async (t: Test, bucket: string, more: OpenOptions = {}): Promise<KeyStore> => {
    const store = await openNatsKeyStore({ url: server.url, bucket, ...more });
    t.teardown(() => store.close());
    return store;
  };
  return { server, open };
}

t.test("contract of a key store", async (t) => {
  const { open } = await opener(t);
  const buckets = new Map<Test, string>();
  keyStoreContract(t, (t) => {
    const bucket = buckets.get(t) ?? `bucket-${buckets.size}`;
    buckets.set(t, bucket);
    return open(t, bucket);
  });
});

t.test("keys survive a restart of the server, and calls meanwhile wait for it", async (t) => {
  const { server, open } = await opener(t);
  const store = await open(t, "b");
  const first = await store.create("a", Buffer.from("1"));
  await server.kill();
  const updated = store.update("a", Buffer.from("2"), first);
  await server.restart();
  const revision = await updated;
  t.same(await store.get("a"), { value: new Uint8Array(Buffer.from("2")), revision });
});

t.test("a bucket in memory is made again after a restart", async (t) => {
  const { server, open } = await opener(t);
  const store = await open(t, "b", { storage: "memory" });
  await store.create("a", Buffer.from("1"));
  await server.restart();
  t.equal(await store.get("a"), undefined);
  t.ok(await store.create("a", Buffer.from("1")));
});

t.test("a key that is not written again within its time to live is gone", async (t) => {
  const { open } = await opener(t);
  const store = await open(t, "b", { ttl: 200 });
  const revision = await store.create("a", Buffer.from("1"));
  while ((await store.keys()).length > 0);
  await t.rejects(store.update("a", Buffer.from("1"), revision), { code: "ESTALE" });
});

t.test("a removal that was cut short is a key that is not there", async (t) => {
  const { server, open } = await opener(t);
  const store = await open(t, "b");
  await store.create("a", Buffer.from("1"));
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const lines = headers();
  lines.set("KV-Operation", "DEL");
  await client.jetstream().publish("$KV.b.a", new Uint8Array(0), { headers: lines });
  t.equal(await store.get("a"), undefined);
  await store.create("a", Buffer.from("2"));
  await t.rejects(store.create("a", Buffer.from("3")), { code: "EEXIST" });
});

t.test("the server stores a write once, although the attempt is made twice", async (t) => {
  const { server, open } = await opener(t);
  const store = await open(t, "b");
  const revision = await store.create("a", Buffer.from("1"));
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const lines = headers();
  lines.set("Nats-Expected-Last-Subject-Sequence", String(revision));
  const js = client.jetstream();
  const attempt = () => js.publish("$KV.b.a", "2", { msgID: "x", headers: lines });
  const first = await attempt();
  const second = await attempt();
  t.match(second, { seq: first.seq, duplicate: true });
});

t.test("no JetStream, and a bad name, are told", async (t) => {
  const { open } = await opener(t, { jetstream: false });
  await t.rejects(open(t, "b"), { code: "EOPNOTSUPP" });
  await t.rejects(open(t, "a.b"), { code: "EINVAL" });
});
