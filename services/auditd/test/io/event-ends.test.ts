import fc from "fast-check";
import t from "tap";
import {
  countEvents,
  countLines,
  eventEndBefore,
  eventEndFrom,
  lineEndBefore,
} from "../../src/io/event-ends.ts";

/** Events of 1 to 3 lines; the serials rise. */
const events = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("", "node=web-1 ")), {
    maxLength: 12,
  })
  .map((sizes) =>
    sizes.map(([lines, node], index) =>
      Array.from(
        { length: lines },
        (_, line) => `${node}type=T${line} msg=audit(1.000:${index + 1}): msg='audit(1.000:9)'\n`,
      ).join(""),
    ),
  );

function endsOf(texts: readonly string[]): number[] {
  let end = 0;
  return texts.map((text) => {
    end += text.length;
    return end;
  });
}

t.test("the ends that are found are those of the events, from every place", async (t) => {
  fc.assert(
    fc.property(events, (texts) => {
      const bytes = Buffer.from(texts.join(""), "latin1");
      const ends = endsOf(texts);
      for (let at = 1; at <= bytes.length; at++) {
        const next = ends.find((end) => end >= at);
        const last = ends.findLast((end) => end <= at) ?? 0;
        if (eventEndFrom(bytes, at) !== next || eventEndBefore(bytes, at) !== last) return false;
      }
      return eventEndBefore(bytes, 0) === 0 && countEvents(bytes) === texts.length;
    }),
  );
  t.pass();
});

t.test("any bytes have an answer inside them", async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc
      .string({ unit: fc.constantFrom("\n", " msg=audit(", "1:2", ")", " "), maxLength: 40 })
      .map((text) => Buffer.from(text, "latin1")),
  );
  fc.assert(
    fc.property(bytes, fc.nat(210), (buffer, at) => {
      const from = eventEndFrom(buffer, at);
      const before = eventEndBefore(buffer, at);
      const count = countEvents(buffer);
      return from <= buffer.length && before <= Math.min(at, buffer.length) && count >= 0;
    }),
  );
  t.pass();
});

t.test("lines are counted by their newlines, a cut one is none", async (t) => {
  const bytes = Buffer.from("a\nbc\nd", "latin1");
  t.equal(countLines(bytes), 2);
  t.same(
    [0, 1, 2, 4, 5, 6].map((limit) => lineEndBefore(bytes, limit)),
    [0, 0, 2, 2, 5, 5],
  );
});
