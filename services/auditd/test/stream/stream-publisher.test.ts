import {
  type Batch,
  MemoryTenantStreams,
  type TenantStreamOptions,
  type TenantStreams,
  type TenantWriter,
} from "@cauditd/bus";
import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { eventsOf, linesOf, serialsOf } from "../../../../packages/auparse/test/log-text.ts";
import type { Disk } from "../../src/io/disk.ts";
import { StreamPublisher } from "../../src/stream/stream-publisher.ts";
import { Told } from "../hand-bus.ts";
import { failingReads, LOG, LogDisk } from "./log-disk.ts";

const LIMITS = { bytes: 1024 * 1024, age: 0 };

/** Streams in memory whose calls the test can hold up or let fail. */
class TestStreams implements TenantStreams {
  readonly shared: MemoryTenantStreams = new MemoryTenantStreams();
  /** Called before each opening and each batch; what it throws is their error. */
  before: (call: "open" | "publish") => Promise<void> = async () => undefined;
  readonly #streams: TenantStreams = this.shared.open();

  async open(scope: string, options: TenantStreamOptions): Promise<TenantWriter> {
    await this.before("open");
    const writer = await this.#streams.open(scope, options);
    return {
      get last() {
        return writer.last;
      },
      get generation() {
        return writer.generation;
      },
      begin: (generation) => writer.begin(generation),
      publish: async (batch: Batch) => {
        await this.before("publish");
        await writer.publish(batch);
      },
      prepare: (batch) => writer.prepare(batch),
      close: () => writer.close(),
    };
  }

  lag(scope: string): ReturnType<TenantStreams["lag"]> {
    return this.#streams.lag(scope);
  }

  remove(scope: string): Promise<void> {
    return this.#streams.remove(scope);
  }

  async close(): Promise<void> {}

  /** What the stream holds: `generation:serial`, in order. */
  async serials(): Promise<string[]> {
    const reader = this.shared.reader("4");
    const all: string[] = [];
    for (let batch = await reader.read(1); batch !== undefined; ) {
      const { generation, bytes, place } = batch;
      all.push(...serialsOf(bytes).map((serial) => `${generation}:${serial}`));
      batch = await reader.read(place + 1);
    }
    return all;
  }
}

interface Rig {
  readonly streams: TestStreams;
  readonly log: LogDisk;
  readonly told: Told;
  /** A life of the publisher over the same stream and log. */
  life(serial: number | undefined, more?: object, disk?: Disk): Promise<StreamPublisher>;
  /** Writes events into the log, and tells the publisher. */
  write(publisher: StreamPublisher, first: number, last: number, text?: string): Promise<void>;
}

async function rig(): Promise<Rig> {
  const streams = new TestStreams();
  const log = await LogDisk.of();
  const told = new Told();
  // Nothing waits for time: an attempt that failed is made again at the next turn.
  const pause = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  return {
    streams,
    log,
    told,
    life: async (serial, more = {}, disk = log.disk) => {
      const options = { streams, limits: LIMITS, consumers: ["main"], scope: "4", told, pause };
      const publisher = await StreamPublisher.open({ ...options, ...more });
      await publisher.start({ disk, path: LOG, serial });
      return publisher;
    },
    write: async (publisher, first, last, text = "") => {
      const lines = linesOf(first, last, text);
      await log.append(lines.bytes);
      publisher.logged(lines, lines.events);
    },
  };
}

/** Waits until everything that is in the log is in the stream. */
async function published(publisher: StreamPublisher): Promise<void> {
  for (;;) {
    const { published, logged, behind } = publisher.state;
    if (published === logged && !behind) return;
    await new Promise(setImmediate);
  }
}

function range(first: number, last: number, generation = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${generation}:${first + i}`);
}

t.test("what is in the log goes to the stream, and what is lost does not", async (t) => {
  const { streams, write, life } = await rig();
  const publisher = await life(undefined);
  await write(publisher, 1, 3);
  publisher.logged(linesOf(4, 8), 2);
  publisher.logged(linesOf(9, 9), 0);
  await write(publisher, 9, 10);
  await publisher.close();
  t.same(await streams.serials(), [...range(1, 5), ...range(9, 10)]);
  t.match(publisher.state, { events: 7, missed: 0, failure: undefined, open: true });
});

t.test("a life that was cut anywhere is gone on with: each serial once", async (t) => {
  for (let cut = 0; cut <= 5; cut++) {
    const { streams, write, life } = await rig();
    let calls = 0;
    streams.before = async (call) => {
      // The process ends: nothing is answered any more.
      if (call === "publish" && calls++ >= cut) await new Promise(() => undefined);
    };
    const first = await life(undefined);
    for (let serial = 1; serial <= 4; serial++) {
      await write(first, serial, serial);
      await new Promise(setImmediate);
    }
    await first.abandon();
    streams.before = async () => undefined;
    const second = await life(4);
    await write(second, 5, 6);
    await second.close();
    t.same(await streams.serials(), range(1, 6), `cut at batch ${cut}`);
  }
});

t.test("a stream that does not answer holds nobody up, and gets all of it later", async (t) => {
  const { streams, write, life, told } = await rig();
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const publisher = await life(undefined, { buffer: 2000 });
  streams.before = () => answered;
  for (let serial = 1; serial <= 200; serial++) await write(publisher, serial, serial);
  t.ok(publisher.state.behind);
  t.ok(publisher.state.waiting <= 2000, "what waits in memory is bounded");
  t.match(publisher.state, { published: 0, logged: 200 });
  answer();
  await published(publisher);
  await publisher.close();
  t.same(await streams.serials(), range(1, 200));
  t.same(told.texts, []);
});

t.test("errors are told once, and the batch is stored once", async (t) => {
  const { streams, write, life, told } = await rig();
  let failures = 5;
  streams.before = async () => {
    if (failures-- > 0) throw new AuditError(Errno.ETIMEDOUT, "no answer");
  };
  const publisher = await life(undefined);
  t.equal(publisher.state.open, false);
  t.match(publisher.state.failure, { code: "ETIMEDOUT" });
  await write(publisher, 1, 2);
  await published(publisher);
  t.equal(publisher.state.failure, undefined);
  await publisher.close();
  t.same(await streams.serials(), range(1, 2));
  t.same(told.texts, [
    "the stream of the scope is not stored now",
    "the stream of the scope is stored again",
  ]);
});

t.test("a log that cannot be read ahead does not undo the batch that is stored", async (t) => {
  const { streams, log, told, life } = await rig();
  const text = "x".repeat(1024);
  await log.append(eventsOf(1, 3000, text));
  let fails = false;
  const disk = failingReads(log.disk, () => fails);
  let stores = 0;
  streams.before = async (call) => {
    if (call !== "publish" || ++stores > 1) return;
    // The first batch is stored while the one behind it cannot be read.
    fails = true;
    await disk.failed;
    fails = false;
  };
  const limits = { bytes: 16 * 1024 * 1024, age: 0 };
  const publisher = await life(3000, { limits }, disk.disk);
  await published(publisher);
  const { batches, missed, failures } = publisher.state;
  t.equal(failures, 1);
  t.equal(stores, batches, "no batch was stored again");
  t.equal(missed, 0);
  await publisher.close();
  t.same(await streams.serials(), range(1, 3000));
  t.match(told.texts.join(), /not stored now.*stored again/);
});

t.test("an owner that was replaced stores nothing more", async (t) => {
  const { streams, write, life, told } = await rig();
  const stalled = await life(undefined);
  await write(stalled, 1, 2);
  await published(stalled);
  const owner = await life(2);
  stalled.logged(linesOf(3, 3, "stalled"), 1);
  while (stalled.state.failure === undefined) await new Promise(setImmediate);
  t.match(stalled.state.failure, { code: "ESTALE" });
  stalled.logged(linesOf(4, 4), 1);
  await stalled.close();
  await write(owner, 3, 4);
  await owner.close();
  t.same(await streams.serials(), range(1, 4));
  t.same(told.texts, ["another owner writes the stream: nothing more is stored"]);
});

t.test("the holder of the lease takes the stream back from an owner that was late", async (t) => {
  const { streams, write, life, told } = await rig();
  const owner = await life(undefined, { lease: { token: 2, holds: () => true } });
  await write(owner, 1, 2);
  await published(owner);
  const late = await life(2, { lease: { token: 1, holds: () => true } });
  await late.abandon();
  await write(owner, 3, 4);
  await published(owner);
  await owner.close();
  t.same(await streams.serials(), range(1, 4));
  t.equal(owner.state.failure, undefined);
  t.match(told.texts.join(), /not stored now.*stored again/);
});

t.test("an owner whose lease is over does not open the stream", async (t) => {
  const { streams, write, life, told } = await rig();
  let calls = 0;
  streams.before = async (call) => {
    if (call === "open" && ++calls === 1) throw new AuditError(Errno.ETIMEDOUT, "away");
  };
  const stalled = await life(undefined, { lease: { token: 1, holds: () => calls === 0 } });
  const owner = await life(undefined, { lease: { token: 2, holds: () => true } });
  await write(owner, 1, 2);
  await published(owner);
  await stalled.close();
  await owner.close();
  t.equal(calls, 2, "the stream was opened by its owner alone");
  t.match(stalled.state.failure, { code: "ESTALE" });
  t.same(await streams.serials(), range(1, 2));
  t.match(told.texts.join(), /another owner/);
});

t.test("a log that lost its end goes on behind its stream: no serial is given twice", async (t) => {
  const { streams, life, log, told } = await rig();
  const first = await life(undefined);
  first.logged(linesOf(1, 9), 9);
  await first.close();
  await log.append(eventsOf(1, 4));
  const options = { streams, limits: LIMITS, consumers: [], scope: "4", told };
  const second = await StreamPublisher.open(options);
  t.equal(await second.start({ disk: log.disk, path: LOG, serial: 4 }), 9);
  second.logged(linesOf(10, 11), 2);
  await second.close();
  t.same(await streams.serials(), range(1, 11));
});

t.test("a log that begins anew is a new generation, and stays it", async (t) => {
  const { streams, write, life, log } = await rig();
  const first = await life(undefined, { generation: 2 });
  await write(first, 1, 2);
  await first.close();
  await log.disk.remove(LOG);
  const second = await life(undefined);
  await second.abandon();
  const third = await life(0);
  await write(third, 1, 1);
  await third.close();
  const fourth = await life(1);
  await write(fourth, 2, 2);
  await fourth.close();
  t.same(await streams.serials(), [...range(1, 2, 2), ...range(1, 2, 4)]);
});

t.test("a stream that was removed is made again, and filled from the log", async (t) => {
  const { streams, write, life } = await rig();
  const publisher = await life(undefined, { generation: 3 });
  await write(publisher, 1, 2);
  await published(publisher);
  await streams.remove("4");
  await write(publisher, 3, 3);
  await published(publisher);
  t.same(await streams.serials(), range(1, 3, 3));
  await publisher.close();
});

t.test("of what was published and is too old to be kept, nothing comes again", async (t) => {
  const { streams, write, life, log } = await rig();
  const limits = { bytes: LIMITS.bytes, age: 1000 };
  const first = await life(undefined, { limits });
  await write(first, 1, 3);
  await first.close();
  // As after its age: the stream is empty, and knows its generation.
  await streams.remove("4");
  const writer = await streams.open("4", { limits, consumers: [] });
  await writer.begin(1);
  await log.append(eventsOf(4, 6));
  const now = () => 1_700_000_001_004;
  const second = await life(6, { limits, now });
  await published(second);
  t.equal(second.state.missed, 3);
  await second.close();
  t.same(await streams.serials(), range(4, 6));
});

t.test("names that no stream can have are told at once", async (t) => {
  const { life } = await rig();
  await t.rejects(life(undefined, { consumers: ["a b"] }), { code: "EINVAL" });
});

t.test("closing waits no longer than it is told", async (t) => {
  const { streams, write, life } = await rig();
  const publisher = await life(undefined);
  streams.before = () => new Promise(() => undefined);
  await write(publisher, 1, 1);
  await publisher.close(1);
  t.match(publisher.state, { published: 0, logged: 1 });
});
