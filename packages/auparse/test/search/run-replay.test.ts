import fc from "fast-check";
import t from "tap";
import { EventScan } from "../../src/search/event-scan.ts";
import { Matcher } from "../../src/search/match.ts";
import { SearchPlan } from "../../src/search/plan.ts";
import { newQuery, type Query } from "../../src/search/query.ts";
import { RecordLines } from "../../src/search/record-lines.ts";
import { RunReplay } from "../../src/search/run-replay.ts";
import { decodeSegment, type Segment } from "../../src/search/segment.ts";
import { SegmentBuilder } from "../../src/search/segment-builder.ts";
import { line, PATH_BODY, SYSCALL_BODY } from "../records.ts";

/** The events that the query finds by reading everything, in the order in which they come out. */
function scanned(text: string, query: Query): string[] {
  const matcher = new Matcher(query);
  const out: string[] = [];
  const scan = new EventScan(query, (event) => {
    if (matcher.matches(event)) {
      out.push(Array.from({ length: event.count }, (_, i) => event.line(i)).join("\n"));
    }
    return true;
  });
  scan.push(Buffer.from(text, "latin1"));
  scan.endLog();
  scan.end();
  return out;
}

/** The texts of all that the index leads to. */
function indexed(text: string, query: Query, cut: number): string[] {
  const log = Buffer.from(text, "latin1");
  const at = log.indexOf("\n", Math.min(cut, log.length)) + 1;
  const plan = new SearchPlan(query, () => undefined);
  const out: string[] = [];
  const replay = new RunReplay(query, plan, (runs) => {
    const parts = runs.map(({ segment, run }) => {
      const start = segment.from + (segment.columns.offset[run] as number);
      return log.toString("latin1", start, start + (segment.columns.length[run] as number));
    });
    out.push(parts.join("\n"));
    return true;
  });
  for (const [from, to] of [
    [0, at],
    [at, log.length],
  ] as const) {
    const segment = build(log, from, to);
    replay.add(0, segment, plan.marks(segment));
  }
  replay.end();
  return out;
}

function build(log: Buffer, from: number, to: number): Segment {
  const builder = new SegmentBuilder(from);
  const lines = new RecordLines(
    (head, buf, start, end, offset) => builder.add(head, buf, start, end, offset),
    from,
  );
  lines.push(log.subarray(from, to));
  lines.end();
  const segment = decodeSegment(builder.encode(to));
  if (segment === undefined) throw new Error("no segment");
  return segment;
}

const USER =
  'pid=7 uid=0 auid=5 ses=2 msg=\'op=x acct="a" exe="/x" hostname=h addr=? terminal=t res=failed\'';
const bodies = fc.constantFrom(
  ["SYSCALL", SYSCALL_BODY],
  ["SYSCALL", SYSCALL_BODY.replace("success=yes exit=0", "success=no exit=-2")],
  ["SYSCALL", SYSCALL_BODY.replace("pid=901", "pid=7").replace('key="k"', "key=6B31016B32")],
  ["SYSCALL", SYSCALL_BODY.replace("ppid=900 ", "")],
  ["PATH", PATH_BODY],
  ["PATH", 'item=0 name="./rel" nametype=CREATE'],
  ["CWD", 'cwd="/home"'],
  ["PROCTITLE", "proctitle=61"],
  ["EOE", ""],
  ["LOGIN", "pid=7 uid=0 old-auid=1 auid=5 old-ses=1 ses=2 res=1"],
  ["USER_LOGIN", USER],
  ["CONFIG_CHANGE", 'auid=5 ses=2 op=add key="k" res=1'],
  ["NETFILTER_CFG", 'table=x pid=7 comm="i"'],
  ["SOCKADDR", "saddr=020000500A00000F0000000000000000"],
  ["CONTAINER_ID", "record=1 contid=4,^2"],
);
const record = fc
  .tuple(bodies, fc.integer({ min: 10, max: 15 }), fc.integer({ min: 1, max: 4 }))
  .map(([[type = "", body = ""], sec, serial]) => line({ type, body, sec, serial }));
const query = fc
  .record(
    {
      key: fc.constantFrom("k", "k1", "x"),
      file: fc.constantFrom("etc", "home/./rel", "rel", "zz"),
      exe: fc.constantFrom("/x", "sh", "null"),
      comm: fc.constantFrom("sh", "i"),
      host: fc.constantFrom("h", "10.0"),
      terminal: fc.constantFrom("none", "t"),
      pid: fc.constantFrom(7, 901, 3),
      uid: fc.constantFrom(0, 5, 1000),
      auid: fc.constantFrom(5, 1000),
      session: fc.constantFrom(1, 2),
      syscall: fc.constantFrom(0, 59),
      exit: fc.constantFrom(0n, -2n),
      success: fc.constantFrom(0, 1),
      types: fc.constantFrom<number[]>([1300], [1112, 1006]),
      serial: fc.integer({ min: 1, max: 4 }),
      start: fc.integer({ min: 9, max: 16 }),
      end: fc.integer({ min: 9, max: 16 }),
      contid: fc.constantFrom(4n, 2n, 3n),
      word: fc.boolean(),
      timeout: fc.constantFrom(1, 2, 5),
    },
    { requiredKeys: [] },
  )
  .map((part): Query => ({ ...newQuery(), ...part }));

t.test("an index leads to all that a search of everything finds, in its order", async () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 25 }), query, fc.nat(3000), (lines, asked, cut) => {
      const text = lines.map((one) => `${one}\n`).join("");
      const found = scanned(text, asked);
      const led = indexed(text, asked, cut);
      // What it leads to beyond that would be left out by the matcher.
      const rest = led.filter((one) => found.includes(one));
      t.strictSame(rest.filter((one, i) => rest.indexOf(one) === i).length > 0, found.length > 0);
      let at = 0;
      for (const one of led) if (one === found[at]) at++;
      t.equal(at, found.length);
    }),
    { numRuns: 400 },
  );
});

/** Records whose time goes on, with some that come late or twice. */
const course = fc
  .array(fc.tuple(bodies, fc.integer({ min: -3, max: 4 }), fc.integer({ min: 1, max: 2 })), {
    minLength: 20,
    maxLength: 60,
    size: "max",
  })
  .map((steps) => {
    let sec = 100;
    return steps.map(([[type = "", body = ""], step, serial]) => {
      sec += step;
      return line({ type, body, sec, serial });
    });
  });

/** What few of those records have. */
const rare = fc
  .record({
    what: fc.constantFrom<Partial<Query>>(
      { key: "k1" },
      { types: [1112] },
      { types: [1300], exit: -2n },
      { contid: 4n },
      { session: 1 },
      { file: "rel" },
    ),
    timeout: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ what, timeout }): Query => ({ ...newQuery(), ...what, timeout }));

t.test("the runs around what may be found are enough, though records come late", async () => {
  fc.assert(
    fc.property(course, rare, fc.nat(9000), (lines, asked, cut) => {
      const text = lines.map((one) => `${one}\n`).join("");
      const found = scanned(text, asked);
      let at = 0;
      for (const one of indexed(text, asked, cut)) if (one === found[at]) at++;
      t.equal(at, found.length);
    }),
    { numRuns: 600 },
  );
});
