import {
  type Batch,
  type NatsTenantReaderOptions,
  openNatsTenantReader,
  openNatsTenantStreams,
} from "@cauditd/bus";
import t, { type Test } from "tap";
import { startNatsServer } from "../nats-server.ts";

const OPTIONS = { limits: { bytes: 1024 * 1024, age: 0 }, consumers: ["main", "siem"] };

function batch(first: number): Batch {
  return { generation: 1, first, last: first, events: 1, bytes: Buffer.from(`${first}\n`) };
}

async function readerOf(t: Test, options: Omit<NatsTenantReaderOptions, "host">) {
  const reader = await openNatsTenantReader({ host: "h", ...options });
  t.teardown(() => reader.close());
  return reader;
}

async function filled(t: Test, url: string, batches: number) {
  const streams = await openNatsTenantStreams({ url, host: "h" });
  t.teardown(() => streams.close());
  const writer = await streams.open("7", OPTIONS);
  for (let i = 1; i <= batches; i++) await writer.publish(batch(i));
  return writer;
}

t.test("readers that share a consumer get each batch once; another consumer all", async (t) => {
  const { url } = await startNatsServer(t);
  await filled(t, url, 20);
  const [a, b] = [await readerOf(t, { url, scope: "7" }), await readerOf(t, { url, scope: "7" })];
  const seen: number[] = [];
  for (const reader of [a, b, a, b]) {
    const taken = await reader.take("main", 6, 0);
    for (const { batch, ack } of taken) {
      seen.push(batch.first);
      await ack();
    }
  }
  t.same(
    seen,
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  t.same(await a.take("main", 6, 0), []);
  t.equal((await b.take("siem", 64, 0)).length, 20);
});

t.test("take waits for the next batch, no longer than it is told", async (t) => {
  const { url } = await startNatsServer(t);
  const writer = await filled(t, url, 0);
  const reader = await readerOf(t, { url, scope: "7" });
  t.same(await reader.take("main", 4, 50), []);
  const waiting = reader.take("main", 4, 60_000);
  await writer.publish(batch(1));
  t.match(await waiting, [{ batch: { first: 1 }, redelivered: false }]);
});

t.test("what is not acknowledged comes again to another, and is marked so", async (t) => {
  const { url } = await startNatsServer(t);
  await filled(t, url, 2);
  const reader = await readerOf(t, { url, scope: "7" });
  const [first, second] = await reader.take("main", 2, 0);
  await second?.ack();
  first?.release();
  const other = await readerOf(t, { url, scope: "7" });
  t.match(await other.take("main", 2, 10_000), [{ batch: { first: 1 }, redelivered: true }]);
});

t.test("a consumer that there is not is told, and bad arguments", async (t) => {
  const { url } = await startNatsServer(t);
  await filled(t, url, 1);
  const reader = await readerOf(t, { url, scope: "7" });
  await t.rejects(reader.take("other", 1, 0), { code: "ENOENT" });
  await t.rejects(reader.take("main", 65, 0), { code: "EINVAL" });
  await t.rejects(readerOf(t, { url, scope: "x" }), { code: "EINVAL" });
  await reader.close();
  await t.rejects(reader.read(1), { code: "ESHUTDOWN" });
});

t.test("what another program wrote is no batch, and stops nobody", async (t) => {
  const { url } = await startNatsServer(t);
  const writer = await filled(t, url, 1);
  const { connect } = await import("nats");
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  await client.jetstream().publish("cauditd.v1.h.events.7", "forged");
  await t.rejects(writer.publish(batch(2)), { code: "ESTALE" });
  const reader = await readerOf(t, { url, scope: "7" });
  t.match(await reader.take("main", 4, 0), [{ batch: { first: 1 } }]);
  await t.rejects(reader.read(2), { code: "EBADMSG" });
});
