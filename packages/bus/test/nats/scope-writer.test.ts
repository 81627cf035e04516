import t from "tap";
import { ScopeWriter } from "../../src/nats/scope-writer.ts";
import { FakeStream } from "../fake-stream.ts";

function open(stream: FakeStream, bytes = 1000, timeout = 60_000): ScopeWriter {
  let lives = 0;
  const nextEpoch = () => `e${lives++}`;
  return new ScopeWriter(stream, "7", { limits: { frames: 10, bytes }, timeout, nextEpoch });
}

function stores(stream: FakeStream): string[] {
  return stream.calls.filter((call) => call.startsWith("store"));
}

const EIGHT = new Uint8Array(8);

t.test("a frame whose answer is lost is stored once", async (t) => {
  const stream = new FakeStream(10);
  const writer = open(stream);
  stream.fail("store", "reply", "reply");
  t.equal(await writer.publish(1, EIGHT), "stored");
  t.same(stores(stream), ["store e0:7:1", "store e0:7:1", "store e0:7:1"]);
  t.same(await writer.state(), { frames: 1, bytes: 8 });
});

t.test("a frame that did not arrive is sent again, and later calls wait for it", async (t) => {
  const stream = new FakeStream(10);
  const writer = open(stream);
  stream.fail("count", "lost");
  stream.fail("store", "lost", "reply");
  t.notOk(writer.busy);
  const calls = [writer.publish(1, EIGHT), writer.publish(2, EIGHT), writer.publish(3, EIGHT)];
  t.ok(writer.busy);
  t.same(await Promise.all(calls), ["stored", "stored", "stored"]);
  await writer.idle();
  t.notOk(writer.busy);
  t.same(
    [...stream.frames.values()].map(({ tag }) => tag.sequence),
    [1, 2, 3],
  );
});

t.test("after a call that timed out the writer looks at what is stored", async (t) => {
  const stream = new FakeStream(10);
  const writer = open(stream, 1000, 1);
  await writer.publish(1, EIGHT);
  stream.fail("store", "reply", "reply", "reply");
  await t.rejects(writer.publish(2, EIGHT), { code: "ETIMEDOUT", message: /publish of scope 7/ });
  stream.failures.clear();
  t.equal(await writer.publish(2, EIGHT), "duplicate");
  t.equal(await writer.publish(3, EIGHT), "stored");
  t.same(await writer.state(), { frames: 3, bytes: 24 });
});

t.test("the server is asked for room only when the frames seem not to fit", async (t) => {
  const stream = new FakeStream(10);
  const writer = open(stream, 24);
  for (const sequence of [1, 2, 3]) await writer.publish(sequence, EIGHT);
  t.equal(stream.calls.filter((call) => call === "count 7").length, 1, "at the first call only");
  t.equal(await writer.publish(4, EIGHT), "full");
  stream.frames.delete(1);
  t.equal(await writer.publish(4, EIGHT), "stored");
  t.equal(stream.calls.filter((call) => call === "count 7").length, 3);
  t.equal(stores(stream).length, 4, "a frame that does not fit is not sent");
});

t.test("a writer takes over what an earlier one left", async (t) => {
  const stream = new FakeStream(10);
  const first = open(stream);
  await first.publish(5, new Uint8Array(300));
  await first.publish(6, new Uint8Array(500));
  const second = open(stream);
  t.same(await second.state(), { frames: 2, bytes: 800 });
  t.equal(await second.publish(6, new Uint8Array(500)), "duplicate", "the same epoch");
  t.equal(await second.publish(7, new Uint8Array(201)), "full");
  t.equal(await second.publish(7, new Uint8Array(200)), "stored");
  t.same(await first.state(), { frames: 3, bytes: 1000 });
});

t.test("a removed scope has a new life, in which sequences start again", async (t) => {
  const stream = new FakeStream(10);
  const writer = open(stream);
  await writer.publish(1, EIGHT);
  stream.fail("purge", "reply");
  await writer.remove();
  t.equal(await writer.publish(1, EIGHT), "stored");
  t.same(stores(stream), ["store e0:7:1", "store e1:7:1"]);
  t.same(await writer.state(), { frames: 1, bytes: 8 });
});
