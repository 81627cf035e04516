import { equal, ok } from "node:assert/strict";
import {
  Assembler,
  type AssemblerOptions,
  Header,
  HeaderState,
  NodeState,
  scanHeader,
} from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";
import { type Collected, collector, copyOf, parse } from "./collect.ts";
import { line, log, type Parts } from "./records.ts";

/** `serial:TYPE+TYPE end` of each event, with `late` where it is. */
function shown(events: readonly Collected[]): string[] {
  return events.map(({ node, serial, lines, end, late }) => {
    const types = lines.map((text) => /type=(\S+)/.exec(text)?.[1]).join("+");
    return `${node === "" ? "" : `${node}/`}${serial}:${types} ${end}${late ? " late" : ""}`;
  });
}

/** Records from short words: `TYPE`, `TYPE:serial` or `TYPE:serial@milliseconds`. */
function lines(words: string, more: Parts = {}): string {
  const records = words.split(" ").map((word) => {
    const [, type = "", serial = "1", time = "0"] =
      /^([^:@]+)(?::(\d+))?(?:@(-?\d+))?$/.exec(word) ?? [];
    const at = 1700000000000 + Number(time);
    const stamp = { serial: Number(serial), sec: Math.floor(at / 1000), milli: at % 1000 };
    return line({ type, ...stamp, ...more });
  });
  return log(...records);
}

function assembled(words: string, options?: AssemblerOptions): string[] {
  const whole = shown(parse(lines(words), [], options).events);
  const cut = shown(parse(lines(words), [1], options).events);
  equal(cut.join(), whole.join());
  return whole;
}

t.test(
  "AUD-120: records with the same stamp and serial are one event, also interleaved",
  async (t) => {
    t.strictSame(
      assembled("SYSCALL:1 SYSCALL:2 CWD:1 CWD:2 PATH:1 PROCTITLE:1 PATH:2 PROCTITLE:2"),
      ["1:SYSCALL+CWD+PATH+PROCTITLE proctitle", "2:SYSCALL+CWD+PATH+PROCTITLE proctitle"],
    );
  },
);

t.test("a serial that comes again with another time is another event", async (t) => {
  t.strictSame(assembled("SYSCALL:1@0 SYSCALL:1@1 CWD:1@0 PATH:1@1 SYSCALL:1@2 CWD:1@1"), [
    "1:SYSCALL+CWD flushed",
    "1:SYSCALL+PATH+CWD flushed",
    "1:SYSCALL flushed",
  ]);
});

t.test("events with the same serial leave in any order and the others stay", async (t) => {
  const start = "SYSCALL:1@0 SYSCALL:1@1 SYSCALL:1@2";
  for (const [first, second, third] of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const ends = [first, second, third].map((at) => `CWD:1@${at} EOE:1@${at}`).join(" ");
    const { events } = parse(lines(`${start} ${ends}`));
    t.strictSame(
      events.map(({ milli, end, lines }) => [milli, end, lines.length]),
      [first, second, third].map((at) => [at, "eoe", 2]),
    );
  }
});

t.test("AUD-139: records of different nodes are different events", async (t) => {
  const text = ["", "a", "b"].map((node) => lines("SYSCALL CWD", { node })).join("");
  t.strictSame(shown(parse(text + lines("PATH", { node: "a" })).events), [
    "1:SYSCALL+CWD flushed",
    "a/1:SYSCALL+CWD+PATH flushed",
    "b/1:SYSCALL+CWD flushed",
  ]);
});

t.test("AUD-137, AUD-156: EOE ends its event, is no record of it, and opens none", async (t) => {
  t.strictSame(assembled("SYSCALL EOE CWD:2"), ["1:SYSCALL eoe", "2:CWD flushed"]);
  t.strictSame(assembled("EOE:1 SYSCALL:1 EOE:2"), ["1:SYSCALL flushed"]);
  t.strictSame(assembled("EOE"), []);
  const { parser, events } = parse(lines("SYSCALL:1 SYSCALL:2 EOE:1 EOE:3 EOE:1 CWD:2"));
  t.strictSame(
    events.map(({ serial, eoe, late }) => [serial, eoe, late]),
    [
      [1, true, false],
      [2, false, false],
    ],
  );
  t.equal(parser.counts.eoe, 3);
  t.equal(parser.late, 0);
});

t.test("EOE behind PROCTITLE belongs to the same event", async (t) => {
  const { events } = parse(lines("SYSCALL PROCTITLE EOE SYSCALL:2 PROCTITLE:2 CWD:3 EOE:2"));
  t.strictSame(shown(events), [
    "1:SYSCALL+PROCTITLE eoe",
    "2:SYSCALL+PROCTITLE proctitle",
    "3:CWD flushed",
  ]);
  t.strictSame(
    events.map((event) => event.eoe),
    [true, false, false],
  );
});

t.test("PROCTITLE ends an event of several records, and waits when it comes first", async (t) => {
  t.strictSame(assembled("SYSCALL PROCTITLE SYSCALL:2"), [
    "1:SYSCALL+PROCTITLE proctitle",
    "2:SYSCALL flushed",
  ]);
  t.strictSame(assembled("PROCTITLE CWD:2 SYSCALL EOE CWD:3"), [
    "1:PROCTITLE+SYSCALL eoe",
    "2:CWD flushed",
    "3:CWD flushed",
  ]);
});

t.test("CID-59: a CONTAINER_ID record behind PROCTITLE or EOE joins its event", async (t) => {
  t.strictSame(assembled("SYSCALL PROCTITLE CONTAINER_ID CONTAINER_ID EOE SYSCALL:2"), [
    "1:SYSCALL+PROCTITLE+CONTAINER_ID+CONTAINER_ID eoe",
    "2:SYSCALL flushed",
  ]);
  t.strictSame(assembled("SYSCALL PROCTITLE EOE CONTAINER_ID SYSCALL:2"), [
    "1:SYSCALL+PROCTITLE+CONTAINER_ID eoe",
    "2:SYSCALL flushed",
  ]);
});

t.test("CID-63: a CONTAINER_ID record behind a user record joins its event", async (t) => {
  t.strictSame(assembled("USER_LOGIN CONTAINER_ID USER_LOGIN:2 USER:3 CONTAINER_ID:3"), [
    "1:USER_LOGIN+CONTAINER_ID single",
    "2:USER_LOGIN single",
    "3:USER+CONTAINER_ID single",
  ]);
});

t.test("AUD-149: LOGIN does not stand alone, as in audit 4.x; user records do", async (t) => {
  t.strictSame(assembled("LOGIN CWD:2 SYSCALL PROCTITLE CWD:3"), [
    "1:LOGIN+SYSCALL+PROCTITLE proctitle",
    "2:CWD flushed",
    "3:CWD flushed",
  ]);
  for (const type of ["USER", "USER_LOGIN", "DAEMON_START", "KERNEL", "MAC_IPSEC_EVENT"]) {
    t.strictSame(assembled(`${type} CWD:2`), [`1:${type} single`, "2:CWD flushed"]);
  }
  for (const type of ["SYSCALL", "CONFIG_CHANGE", "AVC", "ANOM_PROMISCUOUS", "CONTAINER_OP"]) {
    t.strictSame(assembled(`${type} CWD:2`), [`1:${type} flushed`, "2:CWD flushed"]);
  }
});

t.test("a record that comes when its event is out makes an event marked late", async (t) => {
  const { parser, events } = parse(lines("SYSCALL PROCTITLE CWD:2 CONTAINER_ID CWD:3 PATH:1"));
  t.strictSame(shown(events), [
    "1:SYSCALL+PROCTITLE proctitle",
    "2:CWD flushed",
    "1:CONTAINER_ID+PATH flushed late",
    "3:CWD flushed",
  ]);
  t.equal(parser.late, 1);
});

t.test("only the same node, time and serial make an event late", async (t) => {
  const { events } = parse(
    lines("USER:1 USER:2 USER:1@1 USER:4097 USER:2@1") + lines("USER:1", { node: "a" }),
  );
  t.strictSame(
    events.filter((event) => event.late),
    [],
  );
  // 4097 has the place of 1 in the list of recent events: that 1 was there is forgotten.
  t.strictSame(shown(parse(lines("USER:1 USER:4097 USER:2 USER:1 USER:2")).events), [
    "1:USER single",
    "4097:USER single",
    "2:USER single",
    "1:USER single",
    "2:USER single late",
  ]);
});

t.test("AUD-150: an event ends when a record of its node is 2 s away in event time", async (t) => {
  t.strictSame(assembled("SYSCALL:1@0 CWD:2@1999 PATH:1@0 CWD:3@2000 PATH:1@0"), [
    "1:SYSCALL+PATH timeout",
    "3:CWD timeout",
    "2:CWD flushed",
    "1:PATH flushed late",
  ]);
});

t.test("a time that goes backwards ends events as well", async (t) => {
  t.strictSame(assembled("SYSCALL:1@5000 CWD:2@3001 CWD:3@3000 PATH:2@3001"), [
    "1:SYSCALL timeout",
    "2:CWD+PATH flushed",
    "3:CWD flushed",
  ]);
  t.strictSame(assembled("SYSCALL:1@5000 CWD:2@-5000 CWD:3@5000"), [
    "1:SYSCALL timeout",
    "2:CWD timeout",
    "3:CWD flushed",
  ]);
});

t.test("the timeout is counted per node: other nodes have clocks of their own", async (t) => {
  const text = lines("SYSCALL:1@0") + lines("CWD:2@60000", { node: "a" }) + lines("PATH:1@0");
  t.strictSame(shown(parse(text).events), ["1:SYSCALL+PATH flushed", "a/2:CWD flushed"]);
  const both = lines("SYSCALL:1@0", { node: "a" }) + text + lines("CWD:3@-60000", { node: "a" });
  t.strictSame(shown(parse(both).events), [
    "a/1:SYSCALL timeout",
    "a/2:CWD timeout",
    "1:SYSCALL+PATH flushed",
    "a/3:CWD flushed",
  ]);
});

t.test("a timeout that is reached again and again ends only what is too old", async (t) => {
  const { parser, events } = collector({ timeoutMs: 10 });
  for (let i = 0; i < 300; i++) parser.push(Buffer.from(lines(`CWD:${i}@${i}`)));
  t.equal(parser.open, 10);
  t.strictSame(
    events.map(({ serial, end }) => [serial, end]),
    Array.from({ length: 290 }, (_, serial) => [serial, "timeout"]),
  );
});

t.test("too many open events: the oldest is evicted, in order of its first record", async (t) => {
  t.strictSame(assembled("CWD:1 CWD:2 CWD:3 PATH:1 CWD:4 PATH:2", { maxOpenEvents: 2 }), [
    "1:CWD evicted",
    "2:CWD evicted",
    "3:CWD evicted",
    "1:PATH evicted late",
    "4:CWD flushed",
    "2:PATH flushed late",
  ]);
});

t.test("too many bytes: the oldest events are evicted until the rest fits", async (t) => {
  const size = lines("CWD:1").length - 1;
  const options = { maxOpenBytes: 3 * size };
  t.strictSame(assembled("CWD:1 CWD:2 CWD:3 CWD:4 CWD:3 CWD:4", options), [
    "1:CWD evicted",
    "2:CWD evicted",
    "3:CWD+CWD evicted",
    "4:CWD+CWD flushed",
  ]);
  t.strictSame(assembled("CWD:1 CWD:1 CWD:2", { maxOpenBytes: size - 1 }), [
    "1:CWD evicted",
    "1:CWD evicted late",
    "2:CWD evicted",
  ]);
});

t.test("an event that is complete keeps its end when it is evicted or times out", async (t) => {
  t.strictSame(assembled("SYSCALL:1 EOE:1", { maxOpenBytes: 1 }), ["1:SYSCALL evicted"]);
  t.strictSame(assembled("SYSCALL:1@0 EOE:1@0 CWD:2@9000"), ["1:SYSCALL eoe", "2:CWD flushed"]);
  t.strictSame(assembled("CWD:1 SYSCALL:2 PROCTITLE:2 CONTAINER_ID:2", { maxOpenBytes: 150 }), [
    "1:CWD evicted",
    "2:SYSCALL+PROCTITLE+CONTAINER_ID proctitle",
  ]);
});

t.test("what waits never has more bytes or events than the limits", async () => {
  const word = fc.tuple(fc.constantFrom("CWD", "PATH", "SYSCALL"), fc.integer({ min: 1, max: 9 }));
  const options = fc.record({
    maxOpenEvents: fc.integer({ min: 1, max: 5 }),
    maxOpenBytes: fc.integer({ min: 1, max: 600 }),
  });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), options, (words, limits) => {
      const { parser, events } = collector(limits);
      let waiting = 0;
      let seen = 0;
      for (const [type, serial] of words) {
        const text = lines(`${type}:${serial}`);
        parser.push(Buffer.from(text));
        waiting += text.length - 1;
        for (; seen < events.length; seen++) waiting -= events[seen]?.bytes ?? 0;
        ok(waiting <= limits.maxOpenBytes, `${waiting} bytes wait`);
        ok(parser.open <= limits.maxOpenEvents, `${parser.open} events wait`);
      }
    }),
  );
});

t.test("settle emits the complete event that waits, and no other", async (t) => {
  const { parser, events } = collector();
  parser.settle();
  parser.push(Buffer.from(lines("SYSCALL:1 SYSCALL:2 PROCTITLE:2")));
  t.equal(events.length, 0);
  parser.settle();
  t.strictSame(shown(events), ["2:SYSCALL+PROCTITLE proctitle"]);
  parser.settle();
  t.equal(events.length, 1);
  parser.push(Buffer.from(lines("CONTAINER_ID:2 PATH:1")));
  parser.end();
  t.strictSame(shown(events).slice(1), ["1:SYSCALL+PATH flushed", "2:CONTAINER_ID flushed late"]);
});

t.test("flush emits everything in order of arrival, and the assembler goes on", async (t) => {
  const { parser, events } = collector();
  parser.push(Buffer.from(lines("CWD:3 CWD:1 CWD:2")));
  parser.end();
  parser.push(Buffer.from(lines("CWD:4 CWD:1")));
  parser.end();
  t.strictSame(shown(events), [
    "3:CWD flushed",
    "1:CWD flushed",
    "2:CWD flushed",
    "4:CWD flushed",
    "1:CWD flushed late",
  ]);
});

t.test("own copies what waits, so that the buffer may be used again", async (t) => {
  const seen: Collected[] = [];
  const assembler = new Assembler((event) => seen.push(copyOf(event)));
  const node = new NodeState(0, "");
  const head = new Header();
  const buf = Buffer.alloc(200);
  const texts = ["SYSCALL:1", "CWD:1", "PATH:2", "PATH:1"].map((word) => lines(word).trimEnd());
  for (const text of texts) {
    buf.fill(0).write(text, 7, "latin1");
    t.equal(scanHeader(buf, 7, 7 + text.length, head), HeaderState.ok);
    assembler.add(node, head, buf, 7, 7 + text.length);
    assembler.own();
  }
  t.equal(assembler.open, 2);
  assembler.flush();
  t.strictSame(
    seen.map((event) => event.lines),
    [[texts[0], texts[1], texts[3]], [texts[2]]],
  );
  t.strictSame(seen[0]?.serials, ["1", "1", "1"]);
});
