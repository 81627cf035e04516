import { AuditParser, type ParserCounts } from "@cauditd/auparse";
import t from "tap";
import { parse } from "./collect.ts";
import { line, log, PATH_BODY, SYSCALL_BODY } from "./records.ts";

const cwd = line({ serial: 1 });
const path = line({ type: "PATH", serial: 2, body: PATH_BODY });
const good = line({ type: "SYSCALL", serial: 3, body: SYSCALL_BODY });
const none: ParserCounts = {
  records: 0,
  eoe: 0,
  events: 0,
  blank: 0,
  crlf: 0,
  unterminated: 0,
  recovered: 0,
  unknownType: 0,
};

/** The lines of all events, whole and cut into single bytes; the law holds for both. */
function linesOf(text: string): string[] {
  const [whole, cut] = [parse(text), parse(text, [1])].map(({ parser, events }) => {
    const { records, eoe } = parser.counts;
    if (parser.captured !== parser.malformed.total + records + eoe) throw new Error("the law");
    return events.flatMap((event) => event.lines);
  });
  if (whole === undefined || whole.join("\n") !== cut?.join("\n")) throw new Error("chunking");
  return whole;
}

/** Kind, offset, line and excerpt of each malformed piece. */
function samplesOf(text: string): (readonly [string, number, number, string])[] {
  const { malformed } = parse(text).parser;
  return malformed.samples.map((s) => [s.kind, s.offset, s.line, s.excerpt] as const);
}

t.test("lines become records, records events; empty lines are only counted", async (t) => {
  const { parser, events } = parse(`\n${log(cwd, path)}\r\n\n${good}`);
  t.strictSame(
    events.map((event) => event.lines),
    [[cwd], [path], [good]],
  );
  t.strictSame(parser.counts, { ...none, records: 3, events: 3, blank: 3, unterminated: 1 });
  t.equal(parser.captured, 3);
  t.equal(parser.malformed.total, 0);
});

t.test("AUD-137: EOE records are counted and are in no event", async (t) => {
  const { parser, events } = parse(log(cwd, line({ type: "EOE", body: "" }), path));
  t.strictSame(events[0]?.lines, [cwd]);
  t.match(parser.counts, { records: 2, eoe: 1, events: 2 });
  t.equal(parser.captured, 3);
});

t.test("CR LF ends a line, a CR inside it is a byte like others", async (t) => {
  const inside = line({ serial: 5, body: "a=\r b=1" });
  const { parser, events } = parse(`${cwd}\r\n${inside}\r\r\n${path}\r`);
  t.strictSame(
    events.map((event) => event.lines),
    [[cwd], [`${inside}\r`], [path]],
  );
  t.match(parser.counts, { crlf: 3, unterminated: 1 });
});

t.test("AUD-138: a record of a type that is not known is taken and counted", async (t) => {
  const { parser, events } = parse(log(line({ type: "BRAND_NEW" }), line({ type: "UNKNOWN[42]" })));
  t.strictSame(events[0]?.types, [0, 42]);
  t.equal(parser.counts.unknownType, 1);
});

t.test("a chunk may be any Uint8Array, and nothing of it is kept", async (t) => {
  const seen: string[] = [];
  const parser = new AuditParser((event) => seen.push(event.line(0).toString("latin1")));
  const bytes = new Uint8Array(Buffer.from(`##${log(cwd)}`, "latin1")).subarray(2);
  parser.push(bytes);
  bytes.fill(0x41);
  parser.end();
  t.strictSame(seen, [cwd]);
});

t.test("a line that a chunk began and one that it leaves open do not meet", async (t) => {
  const text = log(good, path, line({ serial: 3, body: "x" }), cwd);
  for (let size = 1; size < text.length; size++) {
    const { events } = parse(text, [size]);
    t.strictSame(events[0]?.lines[0], good, `chunks of ${size} bytes`);
    t.strictSame(events[1]?.lines[0], path, `chunks of ${size} bytes`);
  }
});

t.test("what is no record is counted by kind, with samples", async (t) => {
  const text = log(
    "garbage line",
    cwd,
    "type=CWD msg=audit(1.000",
    "type=CWD msg=audit(1.0:1): a",
    `${"x".repeat(19000)}`,
    "\0\0\0",
    path,
  );
  t.strictSame(linesOf(text), [cwd, path]);
  const at = 13 + cwd.length + 1;
  t.strictSame(samplesOf(text), [
    ["garbage", 0, 1, "garbage line"],
    ["truncated", at, 3, "type=CWD msg=audit(1.000"],
    ["stamp", at + 25, 4, "type=CWD msg=audit(1.0:1): a"],
    ["overlong", at + 54, 5, `${"x".repeat(64)}...`],
    ["nul", at + 19055, 6, "\\x00\\x00\\x00"],
  ]);
});

t.test("a record behind junk on the same line comes out, with its node", async (t) => {
  for (const record of [good, `node=n1 ${good}`, `node=type=x ${good}`]) {
    const text = log(`Nov 24 host audispd: ${record}`, cwd);
    t.strictSame(linesOf(text), [record, cwd]);
    t.equal(parse(text).parser.counts.recovered, 1);
    t.strictSame(samplesOf(text), [["garbage", 0, 1, "Nov 24 host audispd: "]]);
  }
});

t.test("a torn record does not take the next one, wherever it was torn", async (t) => {
  for (const next of [good, `node=n2 ${good}`]) {
    for (const torn of [cwd, path, `node=n1 ${path}`, `node=n1 ${cwd}\x1dOUID="root"`]) {
      for (let size = 1; size <= torn.length; size++) {
        const piece = torn.slice(0, size);
        // Torn behind its whole `node=N `, the two lines cannot be told from one.
        const expected = /^node=n1 $/.test(piece) && next === good ? `node=n1 ${next}` : next;
        const { parser, events } = parse(log(`${piece}${next}`, line({ serial: 9 })));
        const lines = events.flatMap((event) => event.lines);
        t.strictSame(lines, [expected, line({ serial: 9 })], piece);
        t.equal(parser.malformed.total, expected === next ? 1 : 0);
      }
    }
  }
});

t.test("several records glued together come out, the last one whole", async (t) => {
  const torn = [cwd, path.slice(0, 60), cwd.slice(0, 30), `node=n1 ${path.slice(0, 70)}`];
  t.strictSame(linesOf(log(`${torn.join("")}${good}`, cwd)), [good, cwd]);
  t.strictSame(samplesOf(log(`${cwd}${path}${good}`)), [
    ["truncated", 0, 1, cwd],
    ["truncated", cwd.length, 1, path.length > 64 ? `${path.slice(0, 64)}...` : path],
  ]);
});

t.test("the inode= of a torn PATH record is no node", async (t) => {
  const torn = path.slice(0, path.indexOf(" dev=") + 1);
  t.match(torn, /inode=1 $/);
  t.strictSame(linesOf(log(`${torn}${good}`)), [good]);
});

t.test("a record inside the text of a program is left there", async (t) => {
  const forged = "type=CONTAINER_ID msg=audit(1.000:1): contid=9";
  const hosts = [
    line({ type: "USER_LOGIN", body: `pid=1 msg='op=x ${forged}'` }),
    line({ type: "UNKNOWN[1199]", body: `pid=1 msg='op=x ${forged}'` }),
    line({ type: "BRAND_NEW_USER_TYPE", body: `pid=1 msg='op=x ${forged}'` }),
    line({ type: "NETFILTER_CFG", body: `table=x ${forged}:1 family=2 entries=1 pid=1` }),
    line({ type: "SOCKADDR", body: `saddr=01\x1dSADDR={ saddr_fam=local path=/ ${forged} }` }),
  ];
  for (const host of hosts) t.strictSame(linesOf(log(host, cwd)), [host, cwd]);
});

t.test("parentheses before, behind and between records do not hide a torn one", async (t) => {
  const odd = [
    line({ type: "SYSCALL", serial: 4, body: `tty=(none) a=( msg=audit( b=((${SYSCALL_BODY}` }),
    line({ type: "USER", serial: 5, body: "msg='((( msg=audit( type=CWD msg=audit(1.000:1): '" }),
    line({ type: "SYSCALL", serial: 6, body: "key=(null" }),
    line({ type: "CWD", serial: 7, body: "msg=audit(1.000:1): type= msg=audit(1.000:1): x" }),
  ];
  const glued = `${line({ type: "AVC", serial: 8, body: "a=(b) c=(" })}${good}`;
  const sorted = (text: string): string[] => linesOf(text).sort();
  t.strictSame(sorted(log(...odd, glued, cwd)), [...odd, good, cwd].sort());
  t.strictSame(sorted(log(glued, ...odd, glued)), [good, good, ...odd].sort());
});

t.test("NUL bytes take their line, but not the record that follows them", async (t) => {
  const zeros = "\0".repeat(5000);
  t.strictSame(linesOf(`${zeros}${good}\n${cwd}\n`), [good, cwd]);
  t.strictSame(linesOf(`${path.slice(0, 50)}${zeros}${good}\n${cwd}\n`), [good, cwd]);
  t.strictSame(linesOf(`${cwd}\n${zeros}\n${good}\n`), [cwd, good]);
  t.strictSame(linesOf(`${cwd}\n${path}${zeros}`), [cwd]);
  t.strictSame(linesOf(`${good}\0\n${cwd}\n`), [cwd]);
  t.strictSame(linesOf(`${zeros}${path.slice(0, 60)}${good}\n`), [good]);
  const { parser } = parse(`${zeros}${good}\n`);
  t.match(parser.malformed.counts, { nul: 1, truncated: 0 });
  t.equal(parser.counts.recovered, 1);
});

t.test("NUL bytes longer than any line are one overlong piece", async (t) => {
  const { parser, events } = parse(`${cwd}\n${"\0".repeat(100_000)}\n${good}\n`, [4096]);
  t.strictSame(
    events.map((event) => event.lines),
    [[cwd], [good]],
  );
  t.match(parser.malformed.counts, { nul: 0, overlong: 1 });
});

t.test("settle, end and further input: nothing is lost or counted twice", async (t) => {
  let records = 0;
  const parser = new AuditParser((event) => {
    records += event.count;
  });
  const text = log(cwd, path, good);
  for (const half of [text.slice(0, 60), text.slice(60)]) {
    parser.push(Buffer.from(half));
    parser.settle();
  }
  parser.end();
  parser.end();
  t.equal(records, 3);
  t.equal(parser.counts.records, 3);
  parser.push(Buffer.from(text.slice(0, -1)));
  parser.end();
  t.equal(records, 6);
  t.equal(parser.offset, 2 * text.length - 1);
  t.equal(parser.counts.unterminated, 1);
});

t.test("flush emits what waits, and a line without its end goes on", async (t) => {
  const seen: string[] = [];
  const parser = new AuditParser((event) => seen.push(event.line(0).toString("latin1")));
  parser.push(Buffer.from(`${log(cwd)}${path.slice(0, 9)}`));
  parser.flush();
  t.strictSame(seen, [cwd]);
  parser.push(Buffer.from(`${path.slice(9)}\n`));
  parser.flush();
  t.strictSame(seen, [cwd, path]);
  t.equal(parser.malformed.total, 0);
});

t.test(
  "abandon emits what waits, and neither takes nor counts a line without its end",
  async (t) => {
    const seen: string[] = [];
    const parser = new AuditParser((event) => seen.push(event.line(0).toString("latin1")));
    parser.push(Buffer.from(`${log(cwd)}${path}`));
    parser.abandon();
    t.strictSame(seen, [cwd]);
    t.equal(parser.offset, cwd.length + 1);
    t.equal(parser.lines, 1);
    t.strictSame(parser.counts, { ...none, records: 1, events: 1 });
    t.equal(parser.malformed.total, 0);
  },
);

t.test("lines counts every line, whatever it holds", async (t) => {
  const { parser } = parse(`${log(cwd, "", "junk", "x".repeat(20_000), `${cwd}${path}`)}\0`);
  t.equal(parser.lines, 6);
});

t.test(
  "onRecord is told of every record that is taken, EOE too, in order of the input",
  async (t) => {
    const eoe = line({ type: "EOE", body: "" });
    const seen: string[] = [];
    const parser = new AuditParser(() => {}, {
      onRecord: (head, buf, start, end) =>
        seen.push(`${head.serial} ${buf.toString("latin1", start, end)}`),
    });
    parser.push(Buffer.from(log(path, cwd, "junk", `${cwd}${good}`, eoe)));
    parser.end();
    t.strictSame(seen, [`2 ${path}`, `1 ${cwd}`, `3 ${good}`, `1 ${eoe}`]);
  },
);

const SLOW = { timeout: 40_000 };

t.test("input made to be slow takes time in proportion to its length", SLOW, async (t) => {
  // Linear work takes a second or two, quadratic work on a chunk of this size minutes.
  const size = 4 * 1024 * 1024;
  const words = [
    "x\n",
    "type=\n",
    "type=CWD msg=audit(1.000:1):type=CWD msg=audit(1.000:1):\n",
    " msg=audit(",
    `${line({ body: " msg=audit(".repeat(1500) })}\n`,
    `${"type=CWD msg=audit(1.000:1): ".repeat(600)}\n`,
    `${line({ type: "SOCKADDR", body: `\x1d${" msg=audit(".repeat(1500)}` })}\n`,
    "\0\n",
    "(",
    "\n",
  ];
  for (const word of words) {
    const { parser } = parse(word.repeat(Math.ceil(size / word.length)));
    const { records, eoe } = parser.counts;
    t.equal(parser.captured, parser.malformed.total + records + eoe);
  }
});
