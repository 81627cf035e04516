import {
  MAX_EVENT_BYTES,
  MAX_EVENT_RECORDS,
  MAX_LINE_BYTES,
  MAX_NODE_BYTES,
  MAX_NODES,
  MAX_OPEN_EVENTS,
  MAX_RECORD_BYTES,
} from "@cauditd/auparse";
import t from "tap";
import { collector, parse } from "./collect.ts";
import { line, log } from "./records.ts";

t.test("the longest payload fits into a line twice, with node=, type= and msg=", async (t) => {
  const node = "n".repeat(MAX_NODE_BYTES);
  const head = line({ node, type: "CAPABILITY_ADD_LONG_NAME", serial: 4294967295, body: "" });
  const text = `${head}${"x".repeat(MAX_RECORD_BYTES)}\x1d${"Y".repeat(MAX_RECORD_BYTES - 1)}`;
  const { parser, events } = parse(log(text), [4096]);
  t.equal(events[0]?.lines[0], text);
  t.equal(parser.malformed.total, 0);
});

t.test("a line of MAX_LINE_BYTES is a record, one more byte is overlong", async (t) => {
  const longest = line({ serial: 2 }).padEnd(MAX_LINE_BYTES, "x");
  const { parser, events } = parse(log(longest, `${longest}x`, line({ serial: 3 })));
  t.strictSame(
    events.map((event) => event.lines),
    [[longest], [line({ serial: 3 })]],
  );
  t.equal(parser.malformed.counts.overlong, 1);
  const [sample] = parser.malformed.samples;
  t.match(sample, { kind: "overlong", offset: MAX_LINE_BYTES + 1, line: 2 });
  t.match(sample?.excerpt, /^type=CWD msg=audit\(.*\.\.\.$/);
});

t.test("an event of more than MAX_EVENT_RECORDS is cut, and the rest is late", async (t) => {
  const lines = Array.from({ length: MAX_EVENT_RECORDS * 2 + 1 }, (_, i) =>
    line({ type: "PATH", body: `item=${i}` }),
  );
  const { parser, events } = parse(log(...lines), [5000]);
  t.strictSame(
    events.map(({ lines, late, end }) => [lines.length, late, end]),
    [
      [MAX_EVENT_RECORDS, false, "evicted"],
      [MAX_EVENT_RECORDS, true, "evicted"],
      [1, true, "flushed"],
    ],
  );
  t.strictSame(
    events.flatMap((event) => event.lines),
    lines,
  );
  t.equal(parser.late, 2);
});

t.test("an event of more than MAX_EVENT_BYTES is cut, and the rest is late", async (t) => {
  const body = "x".repeat(16000);
  const lines = Array.from({ length: 40 }, () => line({ type: "EXECVE", body }));
  const { events } = parse(log(...lines), [65536]);
  t.equal(events.length, 2);
  t.ok((events[0]?.bytes ?? 0) <= MAX_EVENT_BYTES);
  t.ok((events[0]?.bytes ?? 0) + body.length > MAX_EVENT_BYTES);
  t.strictSame(
    events.map(({ late, end }) => [late, end]),
    [
      [false, "evicted"],
      [true, "flushed"],
    ],
  );
});

t.test("no more than MAX_OPEN_EVENTS wait; the oldest makes room", async (t) => {
  const { parser, events } = collector();
  for (let serial = 0; serial < MAX_OPEN_EVENTS + 10; serial++) {
    parser.push(Buffer.from(log(line({ serial }))));
    t.ok(parser.open <= MAX_OPEN_EVENTS);
  }
  t.strictSame(
    events.map(({ serial, end }) => [serial, end]),
    Array.from({ length: 10 }, (_, serial) => [serial, "evicted"]),
  );
});

t.test(
  "records of more than MAX_NODES nodes are refused, those of known nodes are not",
  async (t) => {
    const { parser, events } = collector();
    for (let i = 0; i <= MAX_NODES; i++) {
      parser.push(Buffer.from(log(line({ node: `n${i}`, serial: i }))));
    }
    parser.push(Buffer.from(log(line({ node: "n0", serial: 9999 }), line({ serial: 9998 }))));
    parser.end();
    t.equal(parser.malformed.counts.garbage, 1);
    t.match(parser.malformed.samples[0], { line: MAX_NODES + 1, excerpt: /^node=n4096 / });
    t.equal(events.length, MAX_NODES + 2);
    t.equal(new Set(events.map((event) => event.nodeId)).size, MAX_NODES + 1);
    t.equal(parser.captured, parser.malformed.total + parser.counts.records);
  },
);
