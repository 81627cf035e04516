// What a bus over NATS counts: frames that wait, frames that were damaged.
import { connectNatsBus } from "@cauditd/bus";
import { connect, headers } from "nats";
import t, { type Test } from "tap";
import { DAMAGED_MAX, digestLine } from "../../src/frame/digest.ts";
import { tagLines } from "../../src/nats/wire.ts";
import { Collector } from "../collector.ts";
import { startNatsServer } from "../nats-server.ts";

async function openBus(t: Test, url: string) {
  const limits = { frames: 64, bytes: 64 * 1024 * 1024 };
  const bus = await connectNatsBus({ url, host: "h1", limits });
  t.teardown(() => bus.close());
  return bus;
}

function frame(length: number): Uint8Array {
  return new Uint8Array(length).fill(1);
}

t.test("frames that wait are counted by scope, in one request", async (t) => {
  const server = await startNatsServer(t);
  const bus = await openBus(t, server.url);
  t.same(await bus.waiting(), new Map());
  for (const sequence of [1, 2]) await bus.publish("7", sequence, frame(1));
  await bus.publish("host", 1, frame(1));
  t.same(
    await bus.waiting(),
    new Map([
      ["7", 2],
      ["host", 1],
    ]),
  );
  const collector = await Collector.open(bus, "7", 2, true);
  await collector.until(2);
  // An acknowledgement shows up soon.
  while ((await bus.waiting()).has("7"));
  t.equal(bus.damaged, 0);
  await bus.close();
  await t.rejects(bus.waiting(), { code: "ESHUTDOWN" });
});

t.test("a frame that is damaged is asked for again before it is handed on", async (t) => {
  const server = await startNatsServer(t);
  const bus = await openBus(t, server.url);
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const lines = headers();
  const tag = { epoch: "e", sequence: 1, total: 8 };
  for (const [name, value] of [...tagLines(tag), digestLine(frame(9))]) lines.set(name, value);
  await client.jetstream().publish("cauditd.v1.h1.frame.7", frame(8), { headers: lines });
  let asked = 0;
  client.subscribe("$JS.API.CONSUMER.MSG.NEXT.CAUDITD_h1.>", { callback: () => asked++ });
  await client.flush();
  const handed = new Promise<number>((resolve) => {
    void bus.subscribe("7", { window: 4 }, (delivery) => resolve(delivery.frame.length));
  });
  t.equal(await handed, 8);
  t.equal(asked, DAMAGED_MAX);
  t.equal(bus.damaged, DAMAGED_MAX);
});
