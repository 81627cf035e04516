// What every kind of tenants' streams keeps.
import type { Batch, TenantReader, TenantStreamOptions, TenantStreams } from "@cauditd/bus";
import type { Test } from "tap";

/** Opens the same streams once more, as another process would. */
export interface OpenStreams {
  streams(t: Test): Promise<TenantStreams>;
  reader(t: Test, scope: string): Promise<TenantReader>;
}

export const OPTIONS: TenantStreamOptions = {
  limits: { bytes: 1024 * 1024, age: 0 },
  consumers: ["main", "siem"],
};

/** A batch of the events with these serials. */
export function batchOf(first: number, last = first, generation = 1): Batch {
  const bytes = Buffer.from(`type=USER msg=audit(1.000:${first}): x\n`);
  return { generation, first, last, events: last - first + 1, bytes };
}

/** Checks the contract. `open` is given a test; each test has scopes of its own. */
export function tenantStreamsContract(t: Test, open: OpenStreams): void {
  t.test("a stream keeps its batches in order, and a new writer sees the last", async (t) => {
    const first = await (await open.streams(t)).open("1", OPTIONS);
    t.equal(first.last, undefined);
    t.equal(first.generation, 0);
    await first.publish(batchOf(1, 3));
    await first.publish(batchOf(5));
    await first.publish(batchOf(1, 1, 2));
    const second = await (await open.streams(t)).open("1", OPTIONS);
    t.match(second.last, { first: 1, last: 1, generation: 2 });
    t.equal(second.generation, 2);
    const reader = await open.reader(t, "1");
    const { first: oldest, last } = await reader.bounds();
    const seen: string[] = [];
    for (let at = oldest; ; ) {
      const batch = await reader.read(at);
      if (batch === undefined) break;
      seen.push(`${batch.generation}:${batch.first}-${batch.last} ${batch.events}`);
      t.ok(batch.place >= at && batch.place <= last);
      at = batch.place + 1;
    }
    t.same(seen, ["1:1-3 3", "1:5-5 1", "2:1-1 1"]);
  });

  t.test("a batch that was made ready is stored as itself, and only when published", async (t) => {
    const writer = await (await open.streams(t)).open("12", OPTIONS);
    // Long enough to be packed.
    const long = (serial: number): Batch => {
      const line = `type=USER msg=audit(1.000:${serial}): ${"x".repeat(100)}\n`;
      return { ...batchOf(serial), bytes: Buffer.from(line.repeat(100)) };
    };
    const [first, second, never, third] = [long(1), long(2), long(9), long(3)];
    const storing = writer.publish(first);
    writer.prepare(second);
    await storing;
    await writer.publish(second);
    writer.prepare(never);
    await writer.publish(third);
    const reader = await open.reader(t, "12");
    const texts: string[] = [];
    for (let at = (await reader.bounds()).first; ; ) {
      const batch = await reader.read(at);
      if (batch === undefined) break;
      texts.push(Buffer.from(batch.bytes).toString());
      at = batch.place + 1;
    }
    t.same(
      texts,
      [first, second, third].map(({ bytes }) => Buffer.from(bytes).toString()),
    );
  });

  t.test("a writer that was replaced stores nothing, from the opening on", async (t) => {
    const streams = await open.streams(t);
    const stalled = await streams.open("2", OPTIONS);
    await stalled.publish(batchOf(1));
    const owner = await (await open.streams(t)).open("2", OPTIONS);
    t.match(owner.last, { first: 1 });
    await t.rejects(stalled.publish(batchOf(2)), { code: "ESTALE" });
    await owner.publish(batchOf(2));
    await t.rejects(stalled.publish(batchOf(2)), { code: "ESTALE" });
    await owner.publish(batchOf(3));
    t.match(owner.last, { first: 3 });
  });

  t.test("a writer that was replaced says nothing of a generation either", async (t) => {
    const streams = await open.streams(t);
    const stalled = await streams.open("10", OPTIONS);
    await stalled.begin(2);
    const owner = await (await open.streams(t)).open("10", OPTIONS);
    t.equal(owner.generation, 2);
    await owner.begin(4);
    await t.rejects(stalled.begin(3), { code: "ESTALE" });
    await owner.publish(batchOf(1, 1, 4));
    const next = await (await open.streams(t)).open("10", OPTIONS);
    t.match([next.generation, next.last?.generation], [4, 4]);
    await next.begin(5);
    t.equal((await (await open.streams(t)).open("10", OPTIONS)).generation, 5);
  });

  t.test("it is known how far the readers of a consumer are behind", async (t) => {
    const streams = await open.streams(t);
    t.same(await streams.lag("9"), [], "no stream");
    const writer = await streams.open("9", OPTIONS);
    for (const serial of [1, 2, 3]) await writer.publish(batchOf(serial));
    const lag = async () =>
      [...(await streams.lag("9"))].sort((a, b) => (a.name < b.name ? -1 : 1));
    const all = { pending: 3, unacknowledged: 0 };
    t.same(await lag(), [
      { name: "main", ...all },
      { name: "siem", ...all },
    ]);
    const [first, second] = await (await open.reader(t, "9")).take("main", 2, 1000);
    t.match(await lag(), [{ pending: 1, unacknowledged: 2 }, all]);
    await first?.ack();
    await second?.ack();
    t.match(await lag(), [{ pending: 1, unacknowledged: 0 }, all]);
  });

  t.test("readers that share a consumer get each batch once; another consumer all", async (t) => {
    const writer = await (await open.streams(t)).open("3", OPTIONS);
    for (let serial = 1; serial <= 20; serial++) await writer.publish(batchOf(serial));
    const [a, b] = [await open.reader(t, "3"), await open.reader(t, "3")];
    const seen: number[] = [];
    for (const reader of [a, b, a, b]) {
      for (const { batch, ack } of await reader.take("main", 6, 0)) {
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
    await t.rejects(a.take("other", 1, 0), { code: "ENOENT" });
  });

  t.test("what is given back comes again to another, and is marked so", async (t) => {
    const writer = await (await open.streams(t)).open("4", OPTIONS);
    await writer.publish(batchOf(1));
    await writer.publish(batchOf(2));
    const [first, second] = await (await open.reader(t, "4")).take("main", 2, 0);
    await second?.ack();
    first?.release();
    const again = await (await open.reader(t, "4")).take("main", 2, 10_000);
    t.match(again, [{ batch: { first: 1 }, redelivered: true }]);
  });

  t.test("a full stream drops its oldest batches, and its writer goes on", async (t) => {
    const streams = await open.streams(t);
    const small = { limits: { bytes: 400, age: 0 }, consumers: ["main"] };
    const writer = await streams.open("5", small);
    for (let serial = 1; serial <= 20; serial++) await writer.publish(batchOf(serial));
    const reader = await open.reader(t, "5");
    const { first } = await reader.bounds();
    const oldest = await reader.read(1);
    t.equal(oldest?.place, first);
    t.ok((oldest?.first ?? 0) > 1);
    const wider = await streams.open("5", OPTIONS);
    await wider.publish(batchOf(21));
    await streams.remove("5");
    await t.rejects(wider.publish(batchOf(22)), { code: "ENOENT" });
    await streams.remove("5");
    const anew = await streams.open("5", OPTIONS);
    t.equal(anew.last, undefined);
    t.equal(anew.generation, 0);
    await anew.begin(4);
    t.equal((await streams.open("5", OPTIONS)).generation, 4);
  });

  t.test("a bad scope, consumer and batch are refused, and calls behind close", async (t) => {
    const streams = await open.streams(t);
    await t.rejects(streams.open(">", OPTIONS), { code: "EINVAL" });
    await t.rejects(streams.open("6", { ...OPTIONS, consumers: ["a b"] }), { code: "EINVAL" });
    const writer = await streams.open("6", OPTIONS);
    await t.rejects(writer.publish({ ...batchOf(1), events: 7 }), { code: "EINVAL" });
    await writer.close();
    await t.rejects(writer.publish(batchOf(1)), { code: "ESHUTDOWN" });
    await streams.close();
    await t.rejects(streams.open("6", OPTIONS), { code: "ESHUTDOWN" });
    const reader = await open.reader(t, "6");
    await reader.close();
    await t.rejects(reader.read(1), { code: "ESHUTDOWN" });
    await t.rejects((await open.reader(t, "99")).bounds(), { code: "ENOENT" });
    await t.rejects(open.reader(t, "x"), { code: "EINVAL" });
  });
}
