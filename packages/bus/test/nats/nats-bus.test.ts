import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectNatsBus, type NatsBus, type NatsBusOptions, type QueueLimits } from "@cauditd/bus";
import { connect, type NatsConnection } from "nats";
import t, { type Test } from "tap";
import { Collector } from "../collector.ts";
import { deliveryContract, type OpenBus, storageContract } from "../contract.ts";
import { makeCredentials } from "../credentials.ts";
import { startNatsServer } from "../nats-server.ts";

const LIMITS: QueueLimits = { frames: 64, bytes: 64 * 1024 * 1024 };

async function openBus(
  t: Test,
  url: string,
  options: Partial<NatsBusOptions> = {},
): Promise<NatsBus> {
  const bus = await connectNatsBus({ url, host: "h1", limits: LIMITS, ...options });
  t.teardown(() => bus.close());
  return bus;
}

/** The client library itself: what another program sees. */
async function openClient(t: Test, url: string): Promise<NatsConnection> {
  const client = await connect({ servers: url });
  t.teardown(() => client.close());
  return client;
}

function frame(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Asks until the answer is right; the test's timeout is the bound. */
async function asksUntil<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
  }
}

for (const storage of ["memory", "file"] as const) {
  t.test(`a stream in ${storage} storage`, async (t) => {
    const server = await startNatsServer(t);
    let hosts = 0;
    const open: OpenBus = (t, limits) =>
      openBus(t, server.url, { host: `host-${++hosts}`, limits, storage });
    t.test("delivery contract of a bus", async (t) => deliveryContract(t, open));
    t.test("storage contract of a bus", async (t) => storageContract(t, open));
  });
}

t.test("two processes on one server", async (t) => {
  const server = await startNatsServer(t);
  let hosts = 0;
  const pair = async (t: Test): Promise<[NatsBus, NatsBus]> => {
    const host = `pair-${++hosts}`;
    return [await openBus(t, server.url, { host }), await openBus(t, server.url, { host })];
  };

  t.test("one publishes, the other subscribes and sees the same state", async (t) => {
    const [here, there] = await pair(t);
    for (const sequence of range(1, 5)) await here.publish("7", sequence, frame(sequence * 100));
    t.same(await there.state("7"), { frames: 5, bytes: 1500 });
    const collector = await Collector.open(there, "7", 8, false);
    await collector.until(5);
    for (const { ack } of collector.deliveries.slice(0, 2)) ack();
    await asksUntil(
      () => here.state("7"),
      ({ frames }) => frames === 3,
    );
    t.same(await here.state("7"), { frames: 3, bytes: 1200 });
    t.same(await there.state("7"), { frames: 3, bytes: 1200 });
  });

  t.test("a scope has one subscriber among them, until it is gone", async (t) => {
    const [here, there] = await pair(t);
    await Promise.all(range(1, 3).map((sequence) => here.publish("7", sequence, frame(8))));
    const first = await Collector.open(here, "7", 2, false);
    await first.until(2);
    await t.rejects(Collector.open(there, "7", 2, true), { code: "EBUSY" });
    await here.close();
    const second = await Collector.open(there, "7", 2, true);
    await second.until(3);
    t.same(second.sequences, [1, 2, 3]);
    t.same(
      second.deliveries.map(({ redelivered }) => redelivered),
      [true, true, false],
    );
  });

  t.test("the scope that one removes is gone for the other's subscriber", async (t) => {
    const [here, there] = await pair(t);
    const collector = await Collector.open(there, "7", 2, true);
    await here.remove("7");
    await collector.untilErrors(1);
    t.match(collector.errors, [{ code: "ENOENT" }]);
    const again = await Collector.open(there, "7", 2, true);
    await here.publish("7", 1, frame(8));
    await again.until(1);
  });

  t.test("a publisher that starts again finds its frames, sequences and bytes", async (t) => {
    const host = `pair-${++hosts}`;
    const limits = { frames: 64, bytes: 1000 };
    const first = await openBus(t, server.url, { host, limits, epoch: "boot-1" });
    await first.publish("7", 1, frame(300));
    await first.publish("7", 2, frame(500));
    await first.close();
    const same = await openBus(t, server.url, { host, limits, epoch: "boot-1" });
    t.equal(await same.publish("7", 2, frame(500)), "duplicate");
    t.equal(await same.publish("7", 3, frame(201)), "full");
    t.equal(await same.publish("7", 3, frame(200)), "stored");
    await same.close();
    const next = await openBus(t, server.url, { host, limits, epoch: "boot-2" });
    t.same(await next.state("7"), { frames: 3, bytes: 1000 });
    t.equal(await next.publish("7", 1, frame(0)), "stored", "another life has its own sequences");
    const collector = await Collector.open(next, "7", 8, true);
    await collector.until(4);
    t.same(collector.sequences, [1, 2, 3, 1]);
  });
});

t.test("what the server holds for a subscriber is bounded", async (t) => {
  const server = await startNatsServer(t);
  const client = await openClient(t, server.url);
  const jsm = await client.jetstreamManager();

  t.test("no more frames than the window leave the server", async (t) => {
    const bus = await openBus(t, server.url, { host: "window" });
    for (const sequence of range(1, 40)) await bus.publish("7", sequence, frame(256 * 1024));
    const collector = await Collector.open(bus, "7", 4, false);
    await collector.until(4);
    const consumer = await jsm.consumers.info("CAUDITD_window", "frame_7");
    t.match(consumer, { num_ack_pending: 4, num_pending: 36, delivered: { consumer_seq: 4 } });
    t.equal(consumer.config.max_ack_pending, 4);
  });

  t.test("a frame that the server sends again is not delivered twice", async (t) => {
    const bus = await openBus(t, server.url, { host: "again", ackWait: 100 });
    await bus.publish("7", 1, frame(8));
    await bus.publish("7", 2, frame(8));
    const collector = await Collector.open(bus, "7", 4, false);
    await collector.until(2);
    await asksUntil(
      () => jsm.consumers.info("CAUDITD_again", "frame_7"),
      ({ delivered }) => delivered.consumer_seq >= 6,
    );
    t.same(collector.sequences, [1, 2]);
    for (const { ack } of collector.deliveries) ack();
    await asksUntil(
      () => bus.state("7"),
      ({ frames }) => frames === 0,
    );
  });

  t.test("what is no frame is told to the error listener and passed over", async (t) => {
    const bus = await openBus(t, server.url, { host: "foreign" });
    await client.jetstream().publish("cauditd.v1.foreign.frame.7", "hello");
    await bus.publish("7", 1, frame(8));
    const collector = await Collector.open(bus, "7", 1, true);
    await collector.until(1);
    t.match(collector.errors, [{ code: "EBADMSG" }]);
    await asksUntil(
      () => bus.state("7"),
      ({ frames }) => frames === 0,
    );
  });

  t.test("destroy deletes the stream of its host only", async (t) => {
    const bus = await openBus(t, server.url, { host: "gone" });
    await openBus(t, server.url, { host: "kept" });
    await bus.publish("7", 1, frame(8));
    await bus.destroy();
    const names = await jsm.streams.names().next();
    t.notOk(names.includes("CAUDITD_gone"));
    t.ok(names.includes("CAUDITD_kept"));
    await t.rejects(bus.publish("7", 2, frame(8)), { code: "ESHUTDOWN" });
    await t.rejects(bus.destroy(), { code: "ESHUTDOWN" });
  });
});

for (const end of ["kill", "stop"] as const) {
  t.test(`a server that ends (${end}) and comes back loses nothing in file storage`, async (t) => {
    const server = await startNatsServer(t);
    const bus = await openBus(t, server.url);
    const collector = await Collector.open(bus, "7", 8, true);
    const stuck = await Collector.open(bus, "8", 4, false);
    const total = 120;
    const publishing = (async () => {
      for (const sequence of range(1, total)) {
        await asksUntil(
          () => bus.publish("7", sequence, frame(20_000, sequence & 255)),
          (outcome) => outcome === "stored",
        );
        if (sequence <= 6) await bus.publish("8", sequence, frame(10));
      }
    })();
    for (const at of [20, 50, 80]) {
      await collector.until(at);
      await server[end]();
      await server.restart();
    }
    await publishing;
    await collector.until(total);
    t.same(collector.sequences, range(1, total), "each once and in order");
    await stuck.until(4);
    for (const { ack } of stuck.deliveries) ack();
    await stuck.until(6);
    t.same(stuck.sequences, range(1, 6), "frames held through the outage can be acknowledged");
    for (const { ack } of stuck.deliveries) ack();
    for (const scope of ["7", "8"]) {
      await asksUntil(
        () => bus.state(scope),
        ({ frames }) => frames === 0,
      );
    }
    t.same([...collector.errors, ...stuck.errors], []);
  });
}

t.test("a subscriber that starts again after a crash of the server misses nothing", async (t) => {
  const server = await startNatsServer(t);
  const publisher = await openBus(t, server.url);
  const first = await openBus(t, server.url);
  for (const sequence of range(1, 30)) await publisher.publish("7", sequence, frame(100));
  const before = await Collector.open(first, "7", 5, false);
  await before.until(5);
  for (const { ack } of before.deliveries.slice(0, 3)) ack();
  await first.close();
  await server.kill();
  await server.restart();
  const second = await openBus(t, server.url);
  const after = await Collector.open(second, "7", 5, true);
  await asksUntil(
    () => second.state("7"),
    ({ frames }) => frames === 0,
  );
  // Which acknowledgements a crash forgets is not known: at least once, and in order.
  const sequences = after.sequences;
  t.equal(sequences.at(-1), 30);
  t.ok((sequences[0] ?? 99) <= 4);
  t.same(sequences, range(sequences[0] ?? 0, 30));
});

t.test("a server that kept frames in memory comes back empty, and the bus goes on", async (t) => {
  const server = await startNatsServer(t);
  const bus = await openBus(t, server.url, { storage: "memory" });
  const collector = await Collector.open(bus, "7", 4, true);
  const held = await Collector.open(bus, "8", 2, false);
  for (const sequence of range(1, 5)) await bus.publish("7", sequence, frame(8));
  for (const sequence of range(1, 5)) await bus.publish("8", sequence, frame(8));
  await Promise.all([collector.until(5), held.until(2)]);
  await server.stop();
  await server.restart();
  for (const sequence of range(6, 9)) t.equal(await bus.publish("7", sequence, frame(8)), "stored");
  for (const sequence of range(6, 9)) t.equal(await bus.publish("8", sequence, frame(8)), "stored");
  await collector.until(9);
  t.same(collector.sequences, range(1, 9));
  t.same(held.sequences, [1, 2], "frames of the lost stream still count in the window");
  for (const { ack } of held.deliveries) ack();
  await held.until(4);
  t.same(held.sequences, [1, 2, 6, 7]);
});

t.test("a publish without a server ends in time and may be made again", async (t) => {
  const server = await startNatsServer(t);
  const bus = await openBus(t, server.url, { timeout: 300 });
  await bus.publish("7", 1, frame(8));
  await server.stop();
  const late = { code: "ETIMEDOUT", message: new RegExp(`publish of scope 7.*${server.url}`) };
  await t.rejects(bus.publish("7", 2, frame(8)), late);
  await t.rejects(bus.state("7"), { code: "ETIMEDOUT" });
  await t.rejects(Collector.open(bus, "7", 1, true), { code: "ETIMEDOUT" });
  await server.restart();
  const outcome = await asksUntil(
    () => bus.publish("7", 2, frame(8)).catch(() => "late" as const),
    (answer) => answer !== "late",
  );
  t.equal(outcome, "stored");
  t.equal(await bus.publish("7", 2, frame(8)), "duplicate");
  const collector = await Collector.open(bus, "7", 4, true);
  await collector.until(2);
  t.same(collector.sequences, [1, 2]);
});

t.test("a connection that cannot be is refused with a text that says why", async (t) => {
  const limits = LIMITS;

  t.test("no server", async (t) => {
    const server = await startNatsServer(t);
    await server.stop();
    await t.rejects(connectNatsBus({ url: server.url, host: "h1", limits }), {
      code: "ECONNREFUSED",
      message: `ECONNREFUSED: connection refused, connect ${server.url}: no NATS server answers`,
    });
  });

  t.test("no JetStream", async (t) => {
    const server = await startNatsServer(t, { jetstream: false });
    await t.rejects(connectNatsBus({ url: server.url, host: "h1", limits }), {
      code: "EOPNOTSUPP",
      message: new RegExp(`connect ${server.url}: JetStream is off: start nats-server with -js$`),
    });
  });

  t.test("a wrong password, which the text does not show", async (t) => {
    const config = 'authorization { user: "disp", password: "s3cret" }';
    const server = await startNatsServer(t, { config });
    const url = (login: string) => server.url.replace("//", `//${login}@`);
    await t.rejects(connectNatsBus({ url: url("disp:wr0ng"), host: "h1", limits }), {
      code: "EACCES",
      message: new RegExp(`connect ${server.url}: the NATS server refuses these credentials$`),
    });
    const bus = await openBus(t, url("disp:s3cret"));
    t.equal(await bus.publish("7", 1, frame(1)), "stored");
  });

  t.test("a credentials file opens a server in operator mode, another's does not", async (t) => {
    const { config, creds } = makeCredentials();
    const server = await startNatsServer(t, { config });
    const path = (name: string, text: string): string => {
      const file = join(t.testdirName, name);
      writeFileSync(file, text);
      return file;
    };
    const good = path("good.creds", creds);
    const bus = await openBus(t, server.url, { creds: good });
    t.equal(await bus.publish("7", 1, frame(1)), "stored");
    const bad = path("bad.creds", makeCredentials().creds);
    const refused = connectNatsBus({ url: server.url, host: "h1", limits, creds: bad });
    await t.rejects(refused, { code: "EACCES" });
    await t.rejects(connectNatsBus({ url: server.url, host: "h1", limits }), { code: "EACCES" });
  });

  t.test("a stream of that name with other settings", async (t) => {
    const server = await startNatsServer(t);
    await openBus(t, server.url);
    await openBus(t, server.url);
    const other = { url: server.url, host: "h1", limits: { ...limits, frames: 65 } };
    await t.rejects(connectNatsBus(other), {
      code: "EEXIST",
      message: /stream CAUDITD_h1 at .*: max_msgs_per_subject is 64, expected 65$/,
    });
  });

  t.test("an account without room is a full queue, not an error", async (t) => {
    const config = `accounts { A { jetstream { max_mem: 64KB, max_file: 64KB }
      users: [ { user: a, password: x } ] } }`;
    const server = await startNatsServer(t, { config });
    const bus = await openBus(t, server.url.replace("//", "//a:x@"), { storage: "memory" });
    t.equal(await bus.publish("7", 1, frame(40_000)), "stored");
    t.equal(await bus.publish("7", 2, frame(40_000)), "full");
    const collector = await Collector.open(bus, "7", 2, true);
    await collector.until(1);
    await asksUntil(
      () => bus.publish("7", 2, frame(40_000)),
      (outcome) => outcome === "stored",
    );
  });

  t.test("a user who may not publish", async (t) => {
    const config = `authorization { users: [ {
      user: reader, password: x, permissions: { publish: { deny: "cauditd.>" } }
    } ] }`;
    const server = await startNatsServer(t, { config });
    const bus = await openBus(t, server.url.replace("//", "//reader:x@"));
    await t.rejects(bus.publish("7", 1, frame(1)), { code: "EACCES" });
  });
});
