import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { recordTypeNumber } from "@cauditd/libaudit";
import t from "tap";
import { type Collected, parse } from "./collect.ts";
import { line, log } from "./records.ts";

const GOLDEN = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../test/golden");

function read(...names: readonly string[]): string {
  return readFileSync(path.join(GOLDEN, ...names), "latin1");
}

const input = read("event-assembly", "il.log");

/** The events as sorted groups of lines, one text each. */
function grouped(events: readonly { readonly lines: readonly string[] }[]): string[] {
  return events.map(({ lines }) => lines.join("\n")).sort();
}

/**
 * The events of ausearch 3.0.9: its text output separates them, and has the records of each in
 * reverse (AUD-151).
 */
function ausearchEvents(): { lines: string[] }[] {
  return read("event-assembly", "ausearch-3.0.9.out")
    .split("----\n")
    .filter((text) => text !== "")
    .map((text) => {
      const [time, ...lines] = text.trimEnd().split("\n");
      if (!time?.startsWith("time->")) throw new Error("a time was expected");
      return { lines: lines.reverse() };
    });
}

const isLogin = (event: { lines: readonly string[] }): boolean =>
  event.lines.some((text) => text.includes("1700000001.000:12"));
const isLate = (event: { lines: readonly string[] }): boolean =>
  event.lines.some((text) => text.includes("1700000000.100:11"));

t.test("the outputs of ausearch hold the same records, --raw in their order", async (t) => {
  const raw = read("event-assembly", "ausearch-3.0.9.raw.out").trimEnd().split("\n");
  t.strictSame(
    raw,
    ausearchEvents().flatMap((event) => event.lines),
  );
  const { parser, events } = parse(input);
  t.strictSame(events.flatMap((event) => event.lines).sort(), [...raw].sort(), "none is lost");
  t.strictSame(parser.malformed.samples, [
    { kind: "garbage", offset: 2088, line: 17, excerpt: "garbage line" },
  ]);
});

t.test("il.log: events are those of ausearch 3.0.9 but for two differences", async (t) => {
  const { events } = parse(input);
  const theirs = ausearchEvents();
  const other = (event: { lines: readonly string[] }): boolean => !isLogin(event) && !isLate(event);
  t.strictSame(grouped(events.filter(other)), grouped(theirs.filter(other)));

  await t.test("AUD-149: LOGIN and the SYSCALL of its serial are one event", async (t) => {
    const [login, ...more] = events.filter(isLogin);
    t.equal(more.length, 0);
    const [alone, rest] = theirs.filter(isLogin);
    t.strictSame(login?.lines, [...(alone?.lines ?? []), ...(rest?.lines ?? [])]);
    t.equal(login?.end, "proctitle");
  });

  await t.test("AUD-150: only records of the same node make an event time out", async (t) => {
    // The records 3 s later are of the nodes n1 and n2; ausearch counts their time too.
    const [whole, ...more] = events.filter(isLate);
    t.equal(more.length, 0);
    t.strictSame(
      whole?.lines,
      theirs.filter(isLate).flatMap((event) => event.lines),
    );
    t.equal(whole?.late, false);
  });
});

t.test(
  "AUD-150: il.log without node names: the late SYSCALL is an event marked late",
  async (t) => {
    const { parser, events } = parse(input.replaceAll(/^node=n[12] /gm, ""));
    const theirs = ausearchEvents();
    const [first, late] = events.filter(isLate);
    t.strictSame(
      [first?.lines, late?.lines],
      theirs.filter(isLate).map((event) => event.lines),
    );
    t.strictSame([first?.end, first?.late], ["timeout", false]);
    t.strictSame([late?.end, late?.late], ["flushed", true]);
    t.equal(parser.late, 1);
  },
);

t.test("il.log: any chunking gives the same", async (t) => {
  const whole = parse(input).events;
  for (let size = 1; size < 300; size++) t.strictSame(parse(input, [size]).events, whole);
});

interface Expected {
  readonly name: string;
  readonly node: string;
  readonly stamp: string;
  readonly serial: number;
}

/** What a line's head says, read in another way. */
function expectedOf(text: string): Expected {
  const match = /^(?:node=(\S+) )?type=(\S+) msg=audit\((\d+\.\d{3}):(\d+)\): /.exec(text);
  const [, node = "", name = "", stamp = "", serial = ""] = match ?? [];
  return { name, node, stamp, serial: Number(serial) };
}

function seenOf(event: Collected | undefined): Omit<Expected, "name"> | undefined {
  if (event === undefined) return undefined;
  const { node, sec, milli, serial } = event;
  return { node, stamp: `${sec}.${String(milli).padStart(3, "0")}`, serial };
}

const logs = readdirSync(path.join(GOLDEN, "auditd"), { recursive: true, encoding: "utf8" })
  .filter((name) => path.basename(name).startsWith("audit.log"))
  .sort();

for (const name of logs) {
  t.test(
    `AUD-137, AUD-138, AUD-139, AUD-140: every line of auditd ${name} is a record`,
    async (t) => {
      const text = read("auditd", name);
      const lines = text.trimEnd().split("\n");
      const { parser, events } = parse(text, [700]);
      t.equal(parser.malformed.total, 0);
      t.equal(parser.counts.records, lines.length);
      t.equal(parser.counts.eoe, 0);
      t.equal(parser.counts.unknownType, 0);
      for (const line of lines) {
        const { name, ...rest } = expectedOf(line);
        const event = events.find((candidate) => candidate.lines.includes(line));
        t.strictSame(seenOf(event), rest, line.slice(0, 80));
        t.equal(event?.types[event.lines.indexOf(line)], recordTypeNumber(name), name);
      }
    },
  );
}

t.test("the logs of auditd cover RAW, ENRICHED, node names and a long line", async (t) => {
  t.equal(logs.length, 19);
  const texts = logs.map((name) => read("auditd", name));
  const lines = texts.flatMap((text) => text.trimEnd().split("\n"));
  t.ok(lines.some((text) => text.startsWith("node=mynode type=SYSCALL")));
  t.ok(lines.some((text) => text.includes("\x1dARCH=x86_64")));
  t.ok(lines.some((text) => text.includes("type=UNKNOWN[1399]")));
  t.equal(Math.max(...lines.map((text) => text.length)), 8077);
});

t.test("the longest lines that auditd writes are records", async (t) => {
  // 8937 bytes of payload text in RAW without node, 8969 with node (spec/auditd.md 4.1).
  for (const [node, size] of [
    ["", 8937],
    ["mynode", 8969],
  ] as const) {
    const head = line({ node, type: "USER", body: "pid=1 uid=0 auid=0 ses=1 msg='" });
    const payload = head.length - head.indexOf("audit(");
    const text = `${head}${"A".repeat(size - payload)}`;
    const { parser, events } = parse(log(text, line({ node, serial: 2 })), [4096]);
    t.strictSame(
      events.map((event) => event.lines),
      [[text], [line({ node, serial: 2 })]],
    );
    t.equal(parser.malformed.total, 0);
  }
});
