import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { JetStreamBus } from "../../src/nats/jetstream-bus.ts";
import { deliveryContract, type OpenBus, storageContract } from "../contract.ts";
import { FakeStream } from "../fake-stream.ts";

const open: OpenBus = async (t, limits) => {
  const stream = new FakeStream(limits.frames);
  const bus = new JetStreamBus(stream, { limits, epoch: "e", timeout: 60_000 });
  t.teardown(() => bus.close());
  return bus;
};

t.test("delivery contract of a bus", async (t) => deliveryContract(t, open));
t.test("storage contract of a bus", async (t) => storageContract(t, open));

const OPTIONS = { limits: { frames: 4, bytes: 100 }, epoch: "e", timeout: 60_000 };

t.test("destroy deletes the stream, then ends the connection", async (t) => {
  const stream = new FakeStream(4);
  const bus = new JetStreamBus(stream, OPTIONS);
  const publishing = bus.publish("7", 1, new Uint8Array(1));
  stream.fail("drop", "lost");
  await bus.destroy();
  t.equal(await publishing, "stored");
  t.same(stream.calls.slice(-3), ["drop", "drop", "end"]);
  t.equal(stream.frames.size, 0);
});

t.test("a destroy that the server refuses ends the connection too", async (t) => {
  const stream = new FakeStream(4);
  const bus = new JetStreamBus(stream, OPTIONS);
  stream.fail("drop", new AuditError(Errno.EACCES, "drop"));
  await t.rejects(bus.destroy(), { code: "EACCES" });
  t.equal(stream.calls.at(-1), "end");
  await t.rejects(bus.state("7"), { code: "ESHUTDOWN" });
});

t.test("a subscribe that is under way when the bus closes ends in ESHUTDOWN", async (t) => {
  const stream = new FakeStream(4);
  const bus = new JetStreamBus(stream, OPTIONS);
  const subscribing = bus.subscribe("7", { window: 1 }, () => undefined);
  const closing = bus.close();
  await t.rejects(subscribing, { code: "ESHUTDOWN" });
  await closing;
});

t.test("a scope whose subscribe failed has no subscriber", async (t) => {
  const stream = new FakeStream(4);
  const bus = new JetStreamBus(stream, OPTIONS);
  stream.fail("attach", new AuditError(Errno.EACCES, "attach"));
  const subscribe = () => bus.subscribe("7", { window: 1 }, () => undefined);
  await t.rejects(subscribe(), { code: "EACCES" });
  await subscribe();
  await t.rejects(subscribe(), { code: "EBUSY" });
  await bus.close();
});

t.test("a pull that is lost is made again after twice the time that it is held", async (t) => {
  const began = performance.now();
  const stream = new FakeStream(4);
  const bus = new JetStreamBus(stream, { ...OPTIONS, pull: 20 });
  const attach = stream.attach.bind(stream);
  // The bus's own timer keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  let again = (): void => undefined;
  const attachedAgain = new Promise<void>((resolve) => {
    again = resolve;
  });
  await bus.subscribe("7", { window: 1 }, () => undefined);
  stream.attach = (...claim) => {
    again();
    return attach(...claim);
  };
  await attachedAgain;
  clearInterval(alive);
  t.ok(performance.now() - began < 5000, "long before the usual time");
  await bus.close();
});
