// What a claim does with the consumers that are there.
import { connectNatsBus } from "@cauditd/bus";
import { connect } from "nats";
import t from "tap";
import { claimConsumer, dropConsumers } from "../../src/nats/nats-claim.ts";
import { Collector } from "../collector.ts";
import { startNatsServer } from "../nats-server.ts";

t.test("a scope has one consumer, whatever others are there", async (t) => {
  const server = await startNatsServer(t);
  const client = await connect({ servers: server.url });
  t.teardown(() => client.close());
  const jsm = await client.jetstreamManager();
  await jsm.streams.add({ name: "S", subjects: ["f.*"], retention: "workqueue" as never });
  const claim = (scope: string, token?: number, owner = "me") => {
    const lease = token === undefined ? undefined : { token, holds: () => true };
    const config = { filter_subject: `f.${scope}`, ack_policy: "explicit" as never };
    return claimConsumer(jsm, "S", scope, { window: 1, owner, lease }, config);
  };
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of jsm.consumers.list("S")) found.push(name);
    return found.sort();
  };
  await claim("7");
  await claim("71", 3);
  t.same(await names(), ["frame_7", "frame_71_3"]);
  t.equal((await claim("7", 4)).consumer, "frame_7_4");
  t.same(await names(), ["frame_71_3", "frame_7_4"]);
  await t.rejects(claim("7", 2), { code: "EBUSY" });
  await t.rejects(claim("7"), { code: "EBUSY" });
  t.equal((await claim("7", 4, "again")).consumer, "frame_7_4", "nobody waits on it");
  t.equal((await claim("7", 9, "next")).consumer, "frame_7_9");
  await dropConsumers(jsm, "S", "7");
  t.same(await names(), ["frame_71_3"]);
});

t.test("a higher token takes the scope, and acks under a lower one remove nothing", async (t) => {
  const server = await startNatsServer(t);
  const open = async () => {
    const limits = { frames: 64, bytes: 1_000_000 };
    const bus = await connectNatsBus({ url: server.url, host: "h", limits });
    t.teardown(() => bus.close());
    return bus;
  };
  const [here, there, third] = [await open(), await open(), await open()];
  for (const sequence of [1, 2, 3]) await here.publish("7", sequence, new Uint8Array(8));
  const leased = (token: number) => ({ window: 4, lease: { token, holds: () => true } });
  const [old, next] = [new Collector(false), new Collector(true)];
  await here.subscribe(
    "7",
    leased(5),
    (one) => old.take(one),
    (error) => old.fail(error),
  );
  await old.until(3);
  await there.subscribe("7", { ...leased(6), paused: true }, (one) => next.take(one));
  // As a process does that was stopped, and does not know yet that its lease is over.
  for (const { ack } of old.deliveries) ack();
  await old.untilErrors(1);
  t.match(old.errors, [{ code: "EBUSY" }]);
  t.equal((await there.state("7")).frames, 3);
  await t.rejects(
    here.subscribe("7", leased(5), () => undefined),
    { code: "EBUSY" },
  );
  await t.rejects(Collector.open(here, "7", 1, true), { code: "EBUSY" }, "nor without one");
  await there.close();
  await third.subscribe("7", leased(7), (one) => next.take(one));
  await next.until(3);
  t.same(next.sequences, [1, 2, 3]);
});
