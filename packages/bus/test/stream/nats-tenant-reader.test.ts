import {
  type NatsTenantReaderOptions,
  openNatsTenantReader,
  openNatsTenantStreams,
} from "@cauditd/bus";
import t, { type Test } from "tap";
import { DAMAGED_MAX, digestLine } from "../../src/frame/digest.ts";
import { batchLines } from "../../src/stream/batch.ts";
import { startNatsServer } from "../nats-server.ts";
import { batchOf, OPTIONS } from "./contract.ts";

async function readerOf(
  t: Test,
  options: Omit<NatsTenantReaderOptions, "host"> & { host?: string },
) {
  const reader = await openNatsTenantReader({ host: "h", ...options });
  t.teardown(() => reader.close());
  return reader;
}

async function filled(t: Test, url: string, batches: number) {
  const streams = await openNatsTenantStreams({ url, host: "h" });
  t.teardown(() => streams.close());
  const writer = await streams.open("7", OPTIONS);
  for (let i = 1; i <= batches; i++) await writer.publish(batchOf(i));
  return writer;
}

t.test("take waits for the next batch, no longer than it is told", async (t) => {
  const { url } = await startNatsServer(t);
  const writer = await filled(t, url, 0);
  const reader = await readerOf(t, { url, scope: "7" });
  t.same(await reader.take("main", 4, 50), []);
  const waiting = reader.take("main", 4, 60_000);
  await writer.publish(batchOf(1));
  t.match(await waiting, [{ batch: { first: 1 }, redelivered: false }]);
});

t.test("bad arguments are refused", async (t) => {
  const { url } = await startNatsServer(t);
  await filled(t, url, 1);
  const reader = await readerOf(t, { url, scope: "7" });
  await t.rejects(reader.take("main", 65, 0), { code: "EINVAL" });
  await t.rejects(readerOf(t, { url, scope: "7", host: "a.b" }), { code: "EINVAL" });
});

t.test("what another program wrote is no batch, and stops nobody", async (t) => {
  const { url } = await startNatsServer(t);
  const writer = await filled(t, url, 1);
  const { connect } = await import("nats");
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  const { seq } = await client.jetstream().publish("cauditd.v1.h.events.7", "forged");
  await t.rejects(writer.publish(batchOf(2)), { code: "ESTALE" });
  const reader = await readerOf(t, { url, scope: "7" });
  t.match(await reader.take("main", 4, 0), [{ batch: { first: 1 } }]);
  await t.rejects(reader.read(seq), { code: "EBADMSG" });
});

t.test(
  "a batch that arrives damaged is asked for again, and stops nobody in the end",
  async (t) => {
    const { url } = await startNatsServer(t);
    await filled(t, url, 1);
    const { connect, headers } = await import("nats");
    const client = await connect({ servers: url });
    t.teardown(() => client.close());
    const good = batchOf(2);
    const cut = good.bytes.subarray(0, good.bytes.length - 1);
    const places: number[] = [];
    for (const bytes of [cut, good.bytes]) {
      const lines = headers();
      for (const [name, value] of [...batchLines(good), digestLine(good.bytes)]) {
        lines.set(name, value);
      }
      const subject = "cauditd.v1.h.events.7";
      places.push((await client.jetstream().publish(subject, bytes, { headers: lines })).seq);
    }
    const reader = await readerOf(t, { url, scope: "7", timeout: 500 });
    const [damaged = 0, whole = 0] = places;
    await t.rejects(reader.read(damaged), { code: "ETIMEDOUT" }, "never handed on");
    t.match(await reader.read(whole), { first: 2, place: whole });
    // The first answer leaves the damaged one out; it comes again until it is given up.
    const seen: number[] = [];
    for (let times = 0; times < DAMAGED_MAX + 1; times++) {
      for (const delivery of await reader.take("main", 4, 0)) {
        seen.push(delivery.batch.place);
        await delivery.ack();
      }
    }
    t.same(seen, [damaged - 1, whole]);
  },
);
