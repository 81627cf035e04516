import { deepStrictEqual as deepEqual, equal, ok } from "node:assert/strict";
import { AuditParser, renderEvent } from "@cauditd/auparse";
import { recordTypeName } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { collector, copyOf, cut, parse, report } from "./collect.ts";
import { anyLine, junk, kernelLine, log, piece, prefix } from "./records.ts";

const damaged = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(""));
const sizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
  fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 9 }),
  fc.array(fc.integer({ min: 1, max: 30000 }), { minLength: 1, maxLength: 3 }),
);

t.test("any chunking gives the same events, counts and samples", async () => {
  fc.assert(
    fc.property(damaged, sizes, (text, cuts) => {
      deepEqual(report(parse(text, cuts)), report(parse(text)));
    }),
    { numRuns: 400 },
  );
});

t.test("any chunking gives the same under small limits", async () => {
  const options = { maxOpenEvents: 2, maxOpenBytes: 1500, timeoutMs: 1000 };
  fc.assert(
    fc.property(damaged, sizes, (text, cuts) => {
      deepEqual(report(parse(text, cuts, options)), report(parse(text, [], options)));
    }),
    { numRuns: 200 },
  );
});

t.test(
  "any bytes: every line is a record, an EOE or malformed, and memory is bounded",
  async () => {
    const bytes = fc.oneof(
      damaged.map((text) => Buffer.from(text, "latin1")),
      fc.uint8Array({ maxLength: 400 }),
    );
    fc.assert(
      fc.property(bytes, sizes, (input, cuts) => {
        const { parser, events } = collector({ maxOpenEvents: 3, maxOpenBytes: 4000 });
        let emitted = 0;
        let seen = 0;
        for (const chunk of cut(input, cuts)) {
          parser.push(chunk);
          const { records, eoe } = parser.counts;
          equal(parser.captured, parser.malformed.total + eoe + records);
          ok(parser.open <= 3, `${parser.open} events are open`);
          for (; seen < events.length; seen++) emitted += events[seen]?.lines.length ?? 0;
          ok(emitted <= records && (parser.open > 0 || emitted === records));
        }
        parser.end();
        const { records, eoe } = parser.counts;
        equal(parser.captured, parser.malformed.total + eoe + records);
        equal(parser.offset, input.length);
        equal(parser.open, 0);
        equal(parser.counts.events, events.length);
        equal(
          events.reduce((sum, event) => sum + event.lines.length, 0),
          records,
        );
        ok(parser.malformed.samples.length <= 5 * 8);
        for (const event of events) ok(event.lines.length > 0);
      }),
      { numRuns: 400 },
    );
  },
);

t.test("every event's records have its identity, in order of arrival", async () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => {
      const { parser, events } = parse(log(...lines));
      const order = lines.filter((text) => !text.includes("type=EOE "));
      equal(parser.malformed.total, 0);
      const out = events.flatMap((event) => event.lines);
      deepEqual([...out].sort(), [...order].sort());
      for (const event of events) {
        const stamp = `${event.sec}.${String(event.milli).padStart(3, "0")}:${event.serial}`;
        const node = event.node === "" ? "type=" : `node=${event.node} type=`;
        let at = -1;
        for (const [i, text] of event.lines.entries()) {
          ok(text.startsWith(node) && text.includes(` msg=audit(${stamp}):`), text);
          equal(event.serials[i], String(event.serial));
          ok(text.endsWith(`): ${event.bodies[i]}`));
          at = order.indexOf(text, at + 1);
          ok(at >= 0, "records of one event keep their order");
        }
      }
    }),
    { numRuns: 300 },
  );
});

t.test("parse, render, parse is the identity", async () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 25 }), (lines) => {
      const first: { rendered: string; lines: readonly string[] }[] = [];
      const parser = new AuditParser((event) => {
        const { lines } = copyOf(event);
        first.push({ rendered: renderEvent(event).toString("latin1"), lines });
      });
      parser.push(Buffer.from(log(...lines), "latin1"));
      parser.end();
      for (const { rendered, lines } of first) {
        equal(rendered, log(...lines));
        const [again, ...more] = parse(rendered).events;
        deepEqual(again?.lines, lines);
        equal(more.length, 0);
      }
    }),
    { numRuns: 200 },
  );
});

t.test("rendering with another serial, added and left-out records changes only those", async () => {
  const head = /^((?:node=\S+ )?type=\S+ msg=audit\(\d+\.\d{3}:)\d+/;
  const change = fc.record({
    serial: fc.option(fc.integer({ min: 0, max: 4294967295 }), { nil: undefined }),
    out: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    add: fc.array(
      fc.record({
        type: fc.constantFrom(1300, 1307, 1399),
        body: fc.constantFrom("a=1", "record=1 contid=1"),
        before: fc.integer({ min: 0, max: 6 }),
      }),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 20 }), change, (lines, change) => {
      const parser = new AuditParser((event) => {
        const { lines, node, sec, milli, serial: own } = copyOf(event);
        const serial = change.serial ?? own;
        const expected: string[] = [];
        for (let i = 0; i <= lines.length; i++) {
          for (const { type, body, before } of change.add) {
            if (before !== i && (i < lines.length || before < i)) continue;
            const stamp = `${sec}.${String(milli).padStart(3, "0")}:${serial}`;
            const start = node === "" ? "" : `node=${node} `;
            expected.push(`${start}type=${recordTypeName(type)} msg=audit(${stamp}): ${body}`);
          }
          const text = lines[i];
          if (text === undefined || change.out.includes(i)) continue;
          expected.push(text.replace(head, `$1${serial}`));
        }
        const options = { add: change.add, leaveOut: (i: number) => change.out.includes(i) };
        const rendered = renderEvent(event, { ...options, serial });
        equal(rendered.toString("latin1"), log(...expected));
      });
      parser.push(Buffer.from(log(...lines), "latin1"));
      parser.end();
    }),
    { numRuns: 200 },
  );
});

/** Lines of records that are told apart by their serials. */
const goodLines = fc
  .array(anyLine, { minLength: 1, maxLength: 12 })
  .map((lines) => lines.map((text, i) => text.replace(/:\d+\): /, `:${70000 + i}): `)))
  .map((lines) => lines.filter((text) => !text.includes("type=EOE ")));

t.test("junk lines never take a good neighbour with them", async () => {
  const lines = fc.array(junk, { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(goodLines, lines, sizes, (good, bad, cuts) => {
      const text = good.map((line, i) => `${bad[i]}\n${line}\n`).join("");
      const out = new Set(parse(text, cuts).events.flatMap((event) => event.lines));
      for (const line of good) ok(out.has(line), line);
    }),
    { numRuns: 300 },
  );
});

t.test("a torn record of the kernel, or NUL bytes, glued to a record do not take it", async () => {
  const torn = fc.oneof(
    kernelLine.chain((text) => prefix(text)),
    fc.integer({ min: 1, max: 5000 }).map((size) => "\0".repeat(size)),
  );
  const tears = fc.array(torn, { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(goodLines, tears, sizes, (good, bad, cuts) => {
      const text = good.map((line, i) => `${bad[i]}${line}\n`).join("");
      const { parser, events } = parse(text, cuts);
      const out = new Set(events.flatMap((event) => event.lines));
      for (const [i, line] of good.entries()) {
        // Torn behind its whole `node=N `, the two lines cannot be told from one.
        const before = bad[i] ?? "";
        const node = line.startsWith("type=") && /^node=\S+ $/.test(before) ? before : "";
        ok(out.has(`${node}${line}`), line);
      }
      equal(parser.captured, parser.malformed.total + parser.counts.eoe + parser.counts.records);
    }),
    { numRuns: 600 },
  );
});
