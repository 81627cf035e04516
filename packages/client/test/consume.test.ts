import { consumeEvents } from "@cauditd/client";
import t from "tap";
import { ArrayReader, batchOf } from "./batches.ts";

t.test("a batch is acknowledged when the last of its events is, once", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1, 2]), batchOf(2, [3]));
  const acks: (() => Promise<void>)[] = [];
  for await (const { event, ack } of consumeEvents(reader, { consumer: "main" })) {
    acks.push(ack);
    if (event.serial === 2) break;
  }
  t.same(reader.released, [1], "what is not acknowledged is released at the end");
  await acks[1]?.();
  await acks[1]?.();
  t.same(reader.acknowledged, []);
  await acks[0]?.();
  t.same(reader.acknowledged, [1]);
});

t.test("the signal ends it, and batches that are dealt with are not released", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1]), batchOf(2, [2]));
  const stop = new AbortController();
  const serials: number[] = [];
  const options = { consumer: "main", batches: 1, signal: stop.signal };
  for await (const { event, ack } of consumeEvents(reader, options)) {
    serials.push(event.serial);
    await ack();
    if (event.serial === 2) stop.abort();
  }
  t.same(serials, [1, 2]);
  t.same(reader.released, []);
});

t.test("without follow it ends with what is there, and waits for nothing", async (t) => {
  const reader = new ArrayReader(batchOf(1, [1, 2]), batchOf(2, [3]));
  const serials: number[] = [];
  for await (const { event, ack } of consumeEvents(reader, { consumer: "main", follow: false })) {
    serials.push(event.serial);
    await ack();
  }
  t.same(serials, [1, 2, 3]);
  t.same(reader.acknowledged, [1, 2]);
});
