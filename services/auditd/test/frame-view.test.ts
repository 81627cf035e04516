import { AuditParser } from "@cauditd/auparse";
import { decodeFrame } from "@cauditd/bus";
import fc from "fast-check";
import t from "tap";
import { FrameView } from "../src/frame-view.ts";
import { encode, type FramedEvent } from "./frames.ts";

/** What a rule can see of an event. */
interface Seen {
  readonly chain: string;
  readonly stamp: readonly number[];
  readonly bytes: number;
  readonly records: readonly (readonly [type: number, line: string, body: string])[];
}

function seenIn(event: FrameView["event"], chain: string): Seen {
  const records = Array.from({ length: event.count }, (_, i) => {
    const line = event.line(i).toString("latin1");
    const body = line.slice((event.bodies[i] as number) - (event.starts[i] as number));
    return [event.types[i] as number, line, body] as const;
  });
  const { sec, milli, serial, bytes } = event;
  return { chain, stamp: [sec, milli, serial], bytes, records };
}

/** The events of a frame as the view shows them. */
function view(events: readonly FramedEvent[]): Seen[] {
  const frame = decodeFrame(encode("4", 1, events));
  const view = new FrameView(frame);
  const seen: Seen[] = [];
  while (view.next()) seen.push(seenIn(view.event, frame.chains[view.chain] as string));
  if (view.next()) throw new Error("an event behind the last");
  return seen;
}

/** The same events as the parser makes them. */
function parsed(events: readonly FramedEvent[]): Seen[] {
  const seen: Seen[] = [];
  for (const { lines, chain = "" } of events) {
    const parser = new AuditParser((event) => seen.push(seenIn(event, chain)));
    parser.push(Buffer.from(`${lines.join("\n")}\n`, "latin1"));
    parser.end();
  }
  return seen;
}

t.test("a frame without events shows none", async (t) => {
  t.same(view([]), []);
});

t.test("records without a body, and with odd ones, have their places", async (t) => {
  const stamp = "msg=audit(1.002:3)";
  const events = [
    { lines: [`type=PATH ${stamp}:`] },
    { lines: [`type=PATH ${stamp}: `, `type=PATH ${stamp}:a=1`, `type=PATH ${stamp}:  a=1`] },
    { lines: [`node=n type=X ${stamp}: ):`], chain: "4" },
  ];
  t.same(
    view(events).map(({ records }) => records.map(([, , body]) => body)),
    [[""], ["", "a=1", " a=1"], ["):"]],
  );
  t.same(view(events), parsed(events));
});

t.test("events are shown as the parser had made them", async () => {
  const record = fc.record({
    type: fc.constantFrom("SYSCALL", "PATH", "EXECVE", "X", "UNKNOWN[1999]"),
    head: fc.constantFrom(": ", ":"),
    body: fc.string({ unit: fc.constantFrom("a", ":", "(", ")", " ", "=", "9", "\xff") }),
  });
  const event = fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 6 }),
    node: fc.constantFrom("", "node=alpha "),
    sec: fc.nat({ max: 0xffffffff }),
    milli: fc.nat({ max: 999 }),
    serial: fc.nat({ max: 0xffffffff }),
    chain: fc.constantFrom("", "4", "7,^4"),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 10 }), (events) => {
      const framed = events.map(({ records, node, sec, milli, serial, chain }) => {
        const stamp = `msg=audit(${sec}.${String(milli).padStart(3, "0")}:${serial})`;
        const lines = records.map(
          ({ type, head, body }) => `${node}type=${type} ${stamp}${head}${body}`,
        );
        return { lines, chain };
      });
      return JSON.stringify(view(framed)) === JSON.stringify(parsed(framed));
    }),
  );
});
