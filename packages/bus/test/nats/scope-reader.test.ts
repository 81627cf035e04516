import { AuditError, Errno } from "@cauditd/libaudit";
import t from "tap";
import { busyError } from "../../src/bus.ts";
import { PULL_MS, ScopeReader } from "../../src/nats/scope-reader.ts";
import { Turns } from "../../src/turns.ts";
import { Collector } from "../collector.ts";
import { FakeStream } from "../fake-stream.ts";

interface Opened {
  reader: ScopeReader;
  collector: Collector;
  ends: string[];
}

async function open(
  stream: FakeStream,
  window: number,
  ack: boolean,
  turns = new Turns(32),
): Promise<Opened> {
  const collector = new Collector(ack);
  const ends: string[] = [];
  const reader = await ScopeReader.open(stream, "7", {
    window,
    owner: "me",
    lease: undefined,
    onDelivery: (delivery) => collector.take(delivery),
    onError: (error) => collector.fail(error),
    timeout: 60_000,
    turns,
    onEnd: () => ends.push("end"),
  });
  return { reader, collector, ends };
}

async function fill(stream: FakeStream, from: number, to: number, epoch = "e"): Promise<void> {
  for (let sequence = from; sequence <= to; sequence++) {
    const tag = { epoch, sequence, total: sequence };
    await stream.store("7", `${epoch}:${sequence}`, tag, new Uint8Array(1));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function attachments(stream: FakeStream): number {
  return stream.calls.filter((call) => call === "attach 7").length;
}

t.test("a delivery that is lost makes it start again, in order and without repeats", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 20);
  stream.fail("deliver", "lost");
  const { collector } = await open(stream, 4, true);
  await collector.until(6);
  stream.fail("deliver", "lost");
  await collector.until(20);
  t.same(collector.sequences, range(1, 20));
  t.ok(attachments(stream) >= 2);
});

t.test("frames acknowledged while the link is down are confirmed after it", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 6);
  const { collector } = await open(stream, 3, false);
  await collector.until(3);
  stream.cut();
  for (const { ack } of collector.deliveries) ack();
  t.equal(stream.frames.size, 6);
  stream.fail("attach", "lost", "reply");
  stream.mend();
  await collector.until(6);
  t.same(collector.sequences, range(1, 6));
  t.same([...stream.frames.keys()], [4, 5, 6]);
  t.notOk(collector.deliveries.some(({ redelivered }) => redelivered));
});

t.test("frames held through an outage are not handed out twice", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 5);
  const { collector } = await open(stream, 3, false);
  await collector.until(3);
  stream.cut();
  stream.mend();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(collector.sequences, [1, 2, 3]);
  for (const { ack } of collector.deliveries) ack();
  await collector.until(5);
  t.same(collector.sequences, range(1, 5));
});

t.test("a frame that is stored twice is delivered once", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 3);
  stream.forgetIds();
  await fill(stream, 3, 4);
  await fill(stream, 1, 2, "next");
  const { collector } = await open(stream, 10, true);
  await collector.until(6);
  t.same(collector.sequences, [1, 2, 3, 4, 1, 2], "another epoch starts again");
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(stream.frames.size, 0);
});

t.test("what has no tag is acknowledged and told", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 9, 9, "");
  await fill(stream, 1, 1);
  const { collector } = await open(stream, 1, true);
  await collector.until(1);
  t.match(collector.errors, [{ code: "EBADMSG", message: /scope 7/ }]);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(stream.frames.size, 0);
});

t.test("a stream made anew is read from its start", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 5);
  const { collector } = await open(stream, 5, true);
  await collector.until(5);
  stream.cut();
  stream.forget();
  await fill(stream, 6, 8);
  stream.mend();
  await collector.until(8);
  t.same(collector.sequences, range(1, 8));
});

t.test("a pull that does not end is made again", async (t) => {
  const stream = new FakeStream(100);
  const { reader } = await open(stream, 5, true);
  reader.check(performance.now() + PULL_MS);
  t.equal(attachments(stream), 1, "the server has still time");
  reader.check(performance.now() + 2 * PULL_MS);
  t.equal(attachments(stream), 2);
});

t.test("statuses of the server", async (t) => {
  t.test("a pull that ended without frames is followed by another", async (t) => {
    const stream = new FakeStream(100);
    const { collector } = await open(stream, 5, true);
    stream.status("7", 408, "Request Timeout");
    stream.status("7", 404, "No Messages");
    t.equal(stream.calls.filter((call) => call === "pull 7 1").length, 3);
    t.equal(attachments(stream), 1);
    await fill(stream, 1, 1);
    await collector.until(1);
  });

  t.test("when nobody answers it starts again", async (t) => {
    const stream = new FakeStream(100);
    const { collector } = await open(stream, 5, true);
    stream.status("7", 503, "No Responders");
    await fill(stream, 1, 1);
    await collector.until(1);
    t.equal(attachments(stream), 2);
  });

  t.test("a consumer that was deleted, and a pull that is refused, end it", async (t) => {
    for (const [code, text, expected] of [
      [409, "Consumer Deleted", "ENOENT"],
      [400, "Bad Request", "EPROTO"],
    ] as const) {
      const stream = new FakeStream(100);
      const { reader, collector, ends } = await open(stream, 5, true);
      stream.status("7", code, text);
      t.match(collector.errors, [{ code: expected }]);
      reader.removed();
      await reader.close();
      t.same(ends, ["end"], "once");
      t.equal(collector.errors.length, 1);
    }
  });
});

t.test("what the server refuses ends it, at the start and later", async (t) => {
  const stream = new FakeStream(100);
  stream.fail("attach", busyError("7"));
  await t.rejects(open(stream, 5, true), { code: "EBUSY" });
  const { collector, ends } = await open(stream, 5, true);
  stream.cut();
  stream.fail("attach", new AuditError(Errno.EACCES, "attach"));
  stream.mend();
  await collector.untilErrors(1);
  t.match(collector.errors, [{ code: "EACCES" }]);
  t.same(ends, ["end"]);
});

t.test("pulls for more than one frame share a budget and give it back", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 40);
  const turns = new Turns(16);
  const granted: string[] = [];
  turns.take(1, () => granted.push("other"));
  const { reader, collector } = await open(stream, 40, false, turns);
  turns.take(16, () => granted.push("all"));
  t.same(
    stream.calls.filter((call) => call.startsWith("pull")),
    [],
    "16 are not free",
  );
  turns.give(1);
  await collector.until(16);
  t.same(granted, ["other", "all"]);
  turns.give(16);
  await collector.until(40);
  t.same(
    stream.calls.filter((call) => call.startsWith("pull")),
    ["pull 7 16", "pull 7 16", "pull 7 8", "pull 7 1"],
  );
  await reader.close();
  turns.take(16, () => granted.push("after"));
  t.same(granted, ["other", "all", "after"]);
});

t.test("close waits for an attachment under way, which would take the next one's", async (t) => {
  const stream = new FakeStream(100);
  const { reader, ends } = await open(stream, 5, true);
  stream.cut();
  stream.mend();
  t.equal(attachments(stream), 2);
  t.equal(stream.consumers.get("7")?.deliveries, 0);
  const before = stream.consumers.get("7");
  await reader.close();
  t.not(stream.consumers.get("7"), before, "it has been answered");
  t.same(ends, ["end"]);
  t.equal(stream.consumers.get("7")?.listener, undefined);
});

t.test("a link that is lost while subscribing is made good", async (t) => {
  const stream = new FakeStream(100);
  await fill(stream, 1, 2);
  const opening = open(stream, 5, true);
  stream.cut();
  stream.mend();
  const { collector } = await opening;
  await collector.until(2);
  t.same(collector.sequences, [1, 2]);
  t.equal(attachments(stream), 2);
});
