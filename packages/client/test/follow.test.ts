import { type Followed, type FollowOptions, followEvents } from "@cauditd/client";
import fc from "fast-check";
import t from "tap";
import { ArrayReader, batchOf } from "./batches.ts";

async function seen(reader: ArrayReader, options: Partial<FollowOptions>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of followEvents(reader, { from: "begin", follow: false, ...options })) {
    all.push(textOf(item));
  }
  return all;
}

function textOf({ event, gap }: Followed): string {
  if (gap !== undefined) return `gap ${gap.first}-${gap.last}`;
  return `${event.generation}:${event.serial}`;
}

t.test("from the beginning everything comes, losses as gaps", async (t) => {
  const reader = new ArrayReader(batchOf(3, [5, 6]), batchOf(4, [9]), batchOf(7, [1, 2], 2));
  t.same(await seen(reader, {}), ["1:5", "1:6", "gap 7-8", "1:9", "2:1", "2:2"]);
});

t.test("from a position on, nothing comes twice and nothing is left out", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1, 2, 3]), batchOf(2, [4]), batchOf(3, [1], 2));
  t.same(await seen(reader, { from: { generation: 1, serial: 2 } }), ["1:3", "1:4", "2:1"]);
  t.same(await seen(reader, { from: { generation: 1, serial: 4 } }), ["2:1"]);
  t.same(await seen(reader, { from: { generation: 2, serial: 1 } }), []);
  const cut = new ArrayReader(batchOf(9, [8]));
  t.same(await seen(cut, { from: { generation: 1, serial: 4 } }), ["gap 5-7", "1:8"]);
});

t.test("from the end, only what comes is seen, until the signal", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1]));
  const stop = new AbortController();
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses++;
    if (pauses === 1) reader.batches.push(batchOf(2, [2]));
    else stop.abort();
  };
  const options = { from: "end" as const, follow: true, pause, signal: stop.signal };
  t.same(await seen(reader, options), ["1:2"]);
});

t.test(
  "an interrupted reader that resumes sees each event once, wherever it stopped",
  async (t) => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
    const run = fc.asyncProperty(sizes, fc.nat(40), async (counts, stopAt) => {
      let serial = 0;
      const batches = counts.map((count, i) =>
        batchOf(
          2 * i + 1,
          Array.from({ length: count }, () => ++serial),
        ),
      );
      const reader = new ArrayReader(...batches);
      const all: number[] = [];
      const options = { from: "begin" as const, follow: false };
      for await (const { event } of followEvents(reader, options)) {
        if (event !== undefined) all.push(event.serial);
        if (all.length > stopAt) break;
      }
      const from = { generation: 1, serial: all.at(-1) ?? 0 };
      for await (const item of followEvents(reader, { from, follow: false })) {
        all.push(item.event?.serial ?? -1);
      }
      return all.every((value, i) => value === i + 1) && all.length === serial;
    });
    await t.resolves(fc.assert(run));
  },
);

t.test("a position is found with few reads", async (t) => {
  const batches = Array.from({ length: 1000 }, (_, i) => batchOf(i + 1, [i + 1]));
  const reader = new ArrayReader(...batches);
  const from = { generation: 1, serial: 998 };
  t.same(await seen(reader, { from }), ["1:999", "1:1000"]);
  t.ok(reader.reads <= 14, `${reader.reads} reads`);
});
