import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import {
  consumerName,
  consumerToken,
  frameSubject,
  readStanding,
  readTag,
  streamName,
  tagLines,
} from "../../src/nats/wire.ts";

t.test("names on the server", async (t) => {
  t.equal(streamName("web-1"), "CAUDITD_web-1");
  t.equal(frameSubject("web-1", "123"), "cauditd.v1.web-1.frame.123");
  t.equal(frameSubject("web-1", "*"), "cauditd.v1.web-1.frame.*");
  t.equal(consumerName("host"), "frame_host");
  t.equal(consumerName("7", 12), "frame_7_12");
});

t.test("a consumer's name says whose scope it is, and the token of its lease", async (t) => {
  t.equal(consumerToken("7", "frame_7"), 0);
  t.equal(consumerToken("7", "frame_7_12"), 12);
  for (const other of ["frame_71", "frame_71_2", "frame_7_", "frame_7_x", "frame_7_1_2", "7"]) {
    t.equal(consumerToken("7", other), undefined, other);
  }
});

t.test("the range of a source is read as it was written, and only so", async (t) => {
  const tag = { epoch: "e", sequence: 1, total: 2, source: { id: "a-b_1", first: 3, last: 9 } };
  t.same(readTag(lines(tagLines(tag))), tag);
  for (const bad of ["x", "x:1", "x:0:1", "x:2:1", "x:1:1:1", ":1:1", "x y:1:1", "x:1:1e3"]) {
    t.equal(readTag(lines([...tagLines(tag), ["Cauditd-Source", bad]])), undefined, bad);
  }
});

function lines(entries: Iterable<[string, string]>) {
  const map = new Map(entries);
  return { get: (name: string) => map.get(name) ?? "" };
}

t.test("header lines are read as they were written", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
        fc.nat({ max: 999_999_999_999_999 }),
        fc.nat({ max: 999_999_999_999_999 }),
        (epoch, sequence, total) => {
          const tag = { epoch, sequence, total };
          assert.deepEqual(readTag(lines(tagLines(tag))), tag);
        },
      ),
    ),
  );
});

t.test("header lines that are not those of a frame are refused", async (t) => {
  t.equal(readTag(undefined), undefined);
  t.equal(readTag(lines([])), undefined);
  for (const bad of ["", "-1", "1.5", "0x1", "1e3", " 1", "1".repeat(16)]) {
    const good = tagLines({ epoch: "e", sequence: 1, total: 2 });
    t.equal(readTag(lines([...good, ["Cauditd-Sequence", bad]])), undefined, bad);
    t.equal(readTag(lines([...good, ["Cauditd-Total", bad]])), undefined, bad);
  }
  const good = tagLines({ epoch: "e", sequence: 1, total: 2 });
  t.equal(readTag(lines([...good, ["Cauditd-Epoch", ""]])), undefined);
});

t.test("the subject to acknowledge on says where a frame stands", async (t) => {
  const standing = { deliveries: 1, streamSequence: 11, deliverySequence: 12, pending: 4 };
  t.same(readStanding("$JS.ACK.CAUDITD_h.frame_7.1.11.12.1795485928701997688.4"), standing);
  const long = "$JS.ACK._.ACCHASH.CAUDITD_h.frame_7.1.11.12.1795485928701997688.4";
  t.same(readStanding(long), standing);
  t.same(readStanding(`${long}.random`), standing);
  for (const bad of ["", "_INBOX.x", "$JS.ACK.a.b.1.2", "$JS.ACK.a.b.1.x.12.3.4"]) {
    t.equal(readStanding(bad), undefined, bad);
  }
  t.equal(readStanding(undefined), undefined);
});
