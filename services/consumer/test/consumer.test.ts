import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Batch, MemoryTenantStreams, type TenantReader } from "@cauditd/bus";
import { Consumer, type ConsumerOptions, type Output, OutputFile } from "@cauditd/consumer";
import { AuditError, Errno } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";

const LIMITS = { bytes: 1024 * 1024, age: 0 };

function textOf(serial: number): string {
  const stamp = `audit(1700000000.000:${serial})`;
  return `type=SYSCALL msg=${stamp}: syscall=59\ntype=CWD msg=${stamp}: cwd="/"\n`;
}

function batchOf(first: number, last: number, generation = 1): Batch {
  let text = "";
  for (let serial = first; serial <= last; serial++) text += textOf(serial);
  return { generation, first, last, events: last - first + 1, bytes: Buffer.from(text) };
}

async function streamOf(...batches: Batch[]) {
  const streams = new MemoryTenantStreams();
  const writer = await streams.open().open("4", { limits: LIMITS, consumers: ["main"] });
  for (const batch of batches) await writer.publish(batch);
  return { reader: streams.reader("4"), writer };
}

/** An output in memory; `fail` makes a write fail before or behind what it does. */
class MemoryOutput implements Output {
  position: Output["position"];
  text = "";
  readonly batches: string[] = [];
  readonly fail: (write: number) => "before" | "behind" | undefined;
  #writes = 0;

  constructor(fail: MemoryOutput["fail"] = () => undefined) {
    this.fail = fail;
  }

  has(batch: string): boolean {
    return this.batches.includes(batch);
  }

  async write(text: string, upTo: Output["position"], batch?: string): Promise<void> {
    const failure = this.fail(this.#writes++);
    if (failure === "before") throw new AuditError(Errno.ENOSPC, "no space");
    this.text += text;
    this.position = upTo ?? this.position;
    if (batch !== undefined) this.batches.push(batch);
    if (failure === "behind") throw new AuditError(Errno.EIO, "killed");
  }

  async close(): Promise<void> {}
}

function consumer(reader: TenantReader, output: Output, more: Partial<ConsumerOptions> = {}) {
  const stop = new AbortController();
  const options = { reader, output, format: "raw" as const, signal: stop.signal, follow: false };
  return { stop, run: new Consumer({ ...options, ...more }) };
}

t.test("alone, it hands every event on, once over all its lives, and tells gaps", async (t) => {
  const { reader, writer } = await streamOf(batchOf(1, 3), batchOf(6, 7));
  const path = join(t.testdir(), "out");
  const first = await OutputFile.open(path, "raw");
  const gaps: object[] = [];
  const onGap = (gap: object): void => void gaps.push(gap);
  const one = consumer(reader, first, { onGap });
  await one.run.run();
  await first.close();
  t.match(gaps, [{ first: 4, last: 5 }]);
  t.same(one.run.counts, { events: 5, missing: 2, repeated: 0 });
  await writer.publish(batchOf(8, 9));
  await writer.publish(batchOf(1, 1, 2));
  const second = await OutputFile.open(path, "raw");
  await consumer(reader, second).run.run();
  await second.close();
  const expected = [1, 2, 3, 6, 7, 8, 9, 1].map(textOf).join("");
  t.equal(readFileSync(path, "utf8"), expected);
});

t.test("wherever a life ends, the next ones complete the output", async (t) => {
  const run = fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.constantFrom("before", "behind", undefined), { maxLength: 4 }),
    async (sizes, failures) => {
      let serial = 0;
      const batches = sizes.map((size) => {
        const first = serial + 1;
        serial += size;
        return batchOf(first, serial);
      });
      const { reader } = await streamOf(...batches);
      const output = new MemoryOutput((write) => failures[write]);
      for (let life = 0; life <= failures.length; life++) {
        await consumer(reader, output)
          .run.run()
          .catch(() => undefined);
      }
      const expected = Array.from({ length: serial }, (_, i) => textOf(i + 1)).join("");
      return output.text === expected && output.position?.serial === serial;
    },
  );
  await t.resolves(fc.assert(run, { numRuns: 40 }));
});

t.test("JSON gaps stand in front of the event behind them, and once", async (t) => {
  const { reader, writer } = await streamOf(batchOf(1, 1));
  const output = new MemoryOutput();
  await consumer(reader, output, { format: "json" }).run.run();
  await writer.publish(batchOf(4, 4));
  await consumer(reader, output, { format: "json" }).run.run();
  const lines = output.text.trim().split("\n");
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ serial: 1 }, { gap: { first: 2, last: 3 } }, { serial: 4 }],
  );
});

t.test(
  "of readers that share a consumer, a batch that is written already is not written again",
  async (t) => {
    const { reader, writer } = await streamOf(batchOf(1, 3), batchOf(4, 4), batchOf(5, 6));
    const output = new MemoryOutput();
    const taken = await reader.take("main", 1, 0);
    // A life that has written the batch, and ended before it was acknowledged.
    await output.write([1, 2, 3].map(textOf).join(""), undefined, ".1.1-3");
    for (const { release } of taken) release();
    const { run, stop } = consumer(reader, output, { consumer: "main" });
    const take = reader.take.bind(reader);
    reader.take = async (name, most, wait) => {
      const found = await take(name, most, wait);
      if (found.length === 0) stop.abort();
      return found;
    };
    await run.run();
    t.same(run.counts, { events: 3, missing: 0, repeated: 1 });
    t.equal(output.text, [1, 2, 3, 4, 5, 6].map(textOf).join(""));
    await writer.close();
  },
);

t.test("at the signal, what is at hand is finished and the rest is given back", async (t) => {
  const { reader } = await streamOf(batchOf(1, 1), batchOf(2, 2), batchOf(3, 3));
  const output = new MemoryOutput();
  const { run, stop } = consumer(reader, output, { consumer: "main" });
  const write = output.write.bind(output);
  output.write = async (...args) => {
    await write(...args);
    stop.abort();
  };
  await run.run();
  t.equal(output.text, textOf(1));
  const rest = await reader.take("main", 8, 0);
  t.same(
    rest.map(({ batch }) => batch.first),
    [2, 3],
  );
  const waiting = consumer(reader, output, { consumer: "main" });
  const held = reader.take.bind(reader);
  reader.take = async () => {
    waiting.stop.abort();
    await new Promise((resolve) => setImmediate(resolve));
    return held("main", 8, 0);
  };
  await waiting.run.run();
});

t.test("an error of the output is the run's, also at the signal", async (t) => {
  const { reader } = await streamOf(batchOf(1, 1));
  const output = new MemoryOutput(() => "before");
  const { run, stop } = consumer(reader, output);
  stop.abort();
  await run.run();
  const other = consumer(reader, output);
  await t.rejects(other.run.run(), { code: "ENOSPC" });
  const shared = consumer(reader, output, { consumer: "main" });
  await t.rejects(shared.run.run(), { code: "ENOSPC" });
});
