import { openNatsTenantReader, openNatsTenantStreams } from "@cauditd/bus";
import { connect, headers } from "nats";
import t, { type Test } from "tap";
import { startNatsServer } from "../nats-server.ts";
import { batchOf, OPTIONS, tenantStreamsContract } from "./contract.ts";

async function streamsOf(t: Test, url: string) {
  const streams = await openNatsTenantStreams({ url, host: "h" });
  t.teardown(() => streams.close());
  return streams;
}

t.test("contract of tenants' streams", async (t) => {
  const { url } = await startNatsServer(t);
  tenantStreamsContract(t, {
    streams: (t) => streamsOf(t, url),
    reader: async (t, scope) => {
      const reader = await openNatsTenantReader({ url, host: "h", scope });
      t.teardown(() => reader.close());
      return reader;
    },
  });
});

t.test("a batch that was stored without its writer knowing is not stored again", async (t) => {
  const { url } = await startNatsServer(t);
  const writer = await (await streamsOf(t, url)).open("8", OPTIONS);
  await writer.publish(batchOf(1));
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  // As the writer sent it, but without an id that the server could remember.
  const lines = headers();
  lines.set("Cauditd-Generation", "1");
  lines.set("Cauditd-Serials", "4-4");
  lines.set("Cauditd-Events", "1");
  const subject = "cauditd.v1.h.events.8";
  const { seq } = await client.jetstream().publish(subject, "x\n", { headers: lines });
  await writer.publish(batchOf(4));
  t.match(writer.last, { first: 4, place: seq });
  await writer.publish(batchOf(5));
  t.match(writer.last, { first: 5, place: seq + 1 });
});

t.test("a stream knows its generation when nothing is kept any more", async (t) => {
  const { url } = await startNatsServer(t);
  const streams = await streamsOf(t, url);
  const writer = await streams.open("8", OPTIONS);
  await writer.publish(batchOf(1, 1, 3));
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  await (await client.jetstreamManager()).streams.purge("CAUDITD_h_8");
  const wider = { ...OPTIONS, limits: { bytes: 2 * 1024 * 1024, age: 3_600_000 } };
  const next = await streams.open("8", wider);
  t.equal(next.last, undefined);
  t.equal(next.generation, 3, "also when its limits change");
  t.equal((await streams.open("8", wider)).generation, 3);
});

t.test("a writer that is replaced in the middle leaves the generation of the next", async (t) => {
  const { url } = await startNatsServer(t);
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  const jsm = await client.jetstreamManager();
  const description = async () => (await jsm.streams.info("CAUDITD_h_8")).config.description;
  const stalled = await (await streamsOf(t, url)).open("8", OPTIONS);
  // Between its mark and its description another writer opens the stream, and goes on.
  const other = await streamsOf(t, url);
  let replacing: Promise<void> | undefined;
  const replace = async (): Promise<void> => {
    const owner = await other.open("8", OPTIONS);
    t.equal(owner.generation, 2, "the mark was there");
    await owner.begin(3);
  };
  client.subscribe("cauditd.v1.h.owner.8", {
    callback: () => {
      replacing ??= replace();
    },
  });
  await client.flush();
  await stalled.begin(2);
  await replacing;
  t.match(await description(), /, generation 3$/);
  // As one that was stopped in between would write it.
  const { config } = await jsm.streams.info("CAUDITD_h_8");
  await jsm.streams.update("CAUDITD_h_8", { ...config, description: "x, generation 2" });
  t.equal((await other.open("8", OPTIONS)).generation, 3);
  t.match(await description(), /, generation 3$/, "the next opening mends it");
});

t.test("a publish waits for a server that restarts", async (t) => {
  const server = await startNatsServer(t);
  const writer = await (await streamsOf(t, server.url)).open("7", OPTIONS);
  await server.kill();
  const published = writer.publish(batchOf(1));
  await server.restart();
  await published;
  t.match(writer.last, { first: 1 });
});

t.test("a bad host is refused", async (t) => {
  const { url } = await startNatsServer(t);
  await t.rejects(openNatsTenantStreams({ url, host: "a.b" }), { code: "EINVAL" });
});
