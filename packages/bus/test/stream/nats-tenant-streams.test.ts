import {
  type Batch,
  openNatsTenantReader,
  openNatsTenantStreams,
  type TenantStreamOptions,
} from "@cauditd/bus";
import { connect } from "nats";
import t, { type Test } from "tap";
import { startNatsServer } from "../nats-server.ts";

const OPTIONS: TenantStreamOptions = {
  limits: { bytes: 1024 * 1024, age: 0 },
  consumers: ["main"],
};

/** A batch of the events with these serials. */
function batch(first: number, last = first, generation = 1): Batch {
  const bytes = Buffer.from(`type=USER msg=audit(1.000:${first}): x\n`);
  return { generation, first, last, events: last - first + 1, bytes };
}

async function streamsOf(t: Test, url: string) {
  const streams = await openNatsTenantStreams({ url, host: "h" });
  t.teardown(() => streams.close());
  return streams;
}

t.test("a stream keeps its batches in order, and a new writer sees the last", async (t) => {
  const { url } = await startNatsServer(t);
  const streams = await streamsOf(t, url);
  const first = await streams.open("7", OPTIONS);
  t.equal(first.last, undefined);
  await first.publish(batch(1, 3));
  await first.publish(batch(5));
  const second = await (await streamsOf(t, url)).open("7", OPTIONS);
  t.match(second.last, { first: 5, last: 5, place: 2 });
  const reader = await openNatsTenantReader({ url, host: "h", scope: "7" });
  t.teardown(() => reader.close());
  t.same(await reader.bounds(), { first: 1, last: 2 });
  t.match(await reader.read(1), { first: 1, last: 3, events: 3, generation: 1, place: 1 });
  t.match(await reader.read(2), { first: 5, place: 2 });
  t.equal(await reader.read(3), undefined);
});

t.test("a writer that was replaced is refused, and stores nothing", async (t) => {
  const { url } = await startNatsServer(t);
  const streams = await streamsOf(t, url);
  const stalled = await streams.open("7", OPTIONS);
  await stalled.publish(batch(1));
  const owner = await streams.open("7", OPTIONS);
  await owner.publish(batch(2));
  await t.rejects(stalled.publish(batch(3)), { code: "ESTALE" });
  await owner.publish(batch(3));
  t.match(owner.last, { first: 3, place: 3 });
});

t.test("a batch that is sent again is stored once", async (t) => {
  const server = await startNatsServer(t);
  const streams = await streamsOf(t, server.url);
  const writer = await streams.open("7", OPTIONS);
  const again = await streams.open("7", OPTIONS);
  await writer.publish(batch(1));
  await again.publish(batch(1));
  t.match(again.last, { place: 1 });
  // Also when the server has forgotten the id.
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const late = await streams.open("8", OPTIONS);
  const lines = (await import("nats")).headers();
  lines.set("Cauditd-Generation", "1");
  lines.set("Cauditd-Serials", "4-4");
  lines.set("Cauditd-Events", "1");
  await client.jetstream().publish("cauditd.v1.h.events.8", "x\n", { headers: lines });
  await late.publish(batch(4));
  t.match(late.last, { place: 1 });
});

t.test("a publish waits for a server that restarts", async (t) => {
  const server = await startNatsServer(t);
  const streams = await streamsOf(t, server.url);
  const writer = await streams.open("7", OPTIONS);
  await server.kill();
  const published = writer.publish(batch(1));
  await server.restart();
  await published;
  t.match(writer.last, { place: 1 });
});

t.test("a full stream drops its oldest batches, and its writer goes on", async (t) => {
  const { url } = await startNatsServer(t);
  const streams = await streamsOf(t, url);
  const small = { limits: { bytes: 1000, age: 0 }, consumers: ["main"] };
  const writer = await streams.open("7", small);
  for (let serial = 1; serial <= 20; serial++) await writer.publish(batch(serial));
  const reader = await openNatsTenantReader({ url, host: "h", scope: "7" });
  t.teardown(() => reader.close());
  const { first, last } = await reader.bounds();
  t.ok(first > 1);
  t.equal(last, 20);
  t.match(await reader.read(1), { place: first, first });
  const wider = await streams.open("7", OPTIONS);
  await wider.publish(batch(21));
  await streams.remove("7");
  await streams.remove("7");
});

t.test("a bad scope, host, consumer and batch are refused", async (t) => {
  const { url } = await startNatsServer(t);
  await t.rejects(openNatsTenantStreams({ url, host: "a.b" }), { code: "EINVAL" });
  const streams = await streamsOf(t, url);
  await t.rejects(streams.open(">", OPTIONS), { code: "EINVAL" });
  await t.rejects(streams.open("7", { ...OPTIONS, consumers: ["a b"] }), { code: "EINVAL" });
  const writer = await streams.open("7", OPTIONS);
  await t.rejects(writer.publish({ ...batch(1), events: 7 }), { code: "EINVAL" });
  await writer.close();
  await t.rejects(writer.publish(batch(1)), { code: "ESHUTDOWN" });
});
