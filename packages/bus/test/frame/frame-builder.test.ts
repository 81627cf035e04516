import { deepStrictEqual as deepEqual } from "node:assert/strict";
import {
  decodeFrame,
  FRAME_TARGET_BYTES,
  FrameBuilder,
  MAX_FRAME_BLOB,
  MAX_FRAME_BYTES,
  MAX_FRAME_EVENTS,
  MAX_FRAME_RECORDS,
} from "@cauditd/bus";
import { CONTID_TEXT_MAX } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { chainText, eventLines, frameEvent, line, unpack } from "../frame-event.ts";

t.test("any events come out of the frame as they went in", async () => {
  const events = fc.array(fc.tuple(eventLines, chainText, fc.boolean()), { maxLength: 20 });
  const sequence = fc.oneof(
    fc.constantFrom(1, 4294967296, Number.MAX_SAFE_INTEGER),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  );
  const scope = fc.constantFrom("host", "0", "18446744073709551615");
  fc.assert(
    fc.property(events, sequence, scope, (all, sequence, scope) => {
      const builder = new FrameBuilder(scope);
      for (const [lines, chain, shared] of all) builder.append(frameEvent(lines, shared), chain);
      const frame = decodeFrame(builder.take(sequence, sequence - 1));
      deepEqual([frame.scope, frame.sequence, frame.lost], [scope, sequence, sequence - 1]);
      deepEqual(
        unpack(frame),
        all.map(([lines, chain]) => {
          const { sec, milli, serial, types } = frameEvent(lines);
          const serials = lines.map(() => String(serial));
          return { sec, milli, serial, chain, types, lines, serials };
        }),
      );
    }),
  );
});

t.test("the buffers of events may be used again behind `own`, and behind `take`", async (t) => {
  const builder = new FrameBuilder("host");
  const event = frameEvent([line(1), line(1), line(1)]);
  builder.append(event, "");
  builder.own();
  event.buffers[0]?.fill(0);
  builder.own();
  const other = frameEvent([line(2)]);
  builder.append(other, "");
  const frame = decodeFrame(builder.take(1, 0));
  other.buffers[0]?.fill(0);
  const texts = unpack(frame).map(({ lines }) => lines);
  t.strictSame(texts, [[line(1), line(1), line(1)], [line(2)]]);
});

t.test("events that stand in one buffer, in any order, some passed over", async () => {
  const count = 12;
  const texts = Array.from({ length: count }, (_, i) => [line(i, 40 + i), line(i, 300 - i)]);
  const buf = Buffer.from(texts.flat().join("\n").concat("\n"), "latin1");
  const events = texts.map((lines) => {
    const one = frameEvent(lines);
    const from = buf.indexOf(lines[0] ?? "");
    const moved = (places: ArrayLike<number>): number[] => Array.from(places, (at) => at + from);
    const [starts, ends] = [moved(one.starts), moved(one.ends)];
    const [serialStarts, serialEnds] = [moved(one.serialStarts), moved(one.serialEnds)];
    return { ...one, buffers: [buf, buf], starts, ends, serialStarts, serialEnds };
  });
  const step = fc.oneof(fc.nat(count - 1), fc.constantFrom("own", "drop"));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const builder = new FrameBuilder("host");
      let wanted: (readonly string[])[] = [];
      for (const step of steps) {
        if (step === "own") builder.own();
        else if (step === "drop") {
          builder.drop();
          wanted = [];
        } else {
          builder.append(events[step as number] as (typeof events)[number], "");
          wanted.push(texts[step as number] as string[]);
        }
      }
      deepEqual(
        unpack(decodeFrame(builder.take(1, 0))).map(({ lines }) => lines),
        wanted,
      );
    }),
  );
});

t.test("lines with other bytes between them are not copied in one go", async (t) => {
  const texts = [line(1), line(1), line(1)];
  for (const gap of ["\r\n", "", "x", "\n\n"]) {
    const one = frameEvent(texts);
    const buf = Buffer.from(texts.join(gap), "latin1");
    const starts = texts.map((text, i) => i * (text.length + gap.length));
    const event = {
      ...one,
      buffers: texts.map(() => buf),
      starts,
      ends: texts.map((text, i) => (starts[i] ?? 0) + text.length),
      serialStarts: starts.map((start) => start + 34),
      serialEnds: starts.map((start) => start + 35),
    };
    const builder = new FrameBuilder("host");
    builder.append(event, "");
    const [seen] = unpack(decodeFrame(builder.take(1, 0)));
    t.strictSame([seen?.lines, seen?.serials], [texts, ["1", "1", "1"]], JSON.stringify(gap));
  }
});

t.test("a frame that was taken stays as it is while the next one is built", async (t) => {
  const builder = new FrameBuilder("7");
  builder.append(frameEvent([line(1)]), "9,^7");
  const first = builder.take(1, 0);
  const copy = Buffer.from(first);
  t.equal(builder.events, 0);
  t.equal(builder.bytes, 0);
  builder.append(frameEvent([line(2, 5000)]), "8,^7");
  const second = builder.take(2, 3);
  t.equal(copy.equals(first), true);
  t.strictSame(
    unpack(decodeFrame(first)).map(({ serial, chain }) => [serial, chain]),
    [[1, "9,^7"]],
  );
  const frame = decodeFrame(second);
  t.strictSame(frame.chains, ["", "8,^7"]);
  t.equal(frame.lost, 3);
});

t.test("each chain text is in the frame once, number 0 is no chain", async (t) => {
  const builder = new FrameBuilder("host");
  const chains = ["", "4,^1", "4,^1", "", "5", "4,^1", "5", ""];
  for (const [i, chain] of chains.entries()) builder.append(frameEvent([line(i)]), chain);
  const frame = decodeFrame(builder.take(1, 0));
  t.strictSame(frame.chains, ["", "4,^1", "5"]);
  t.strictSame(
    unpack(frame).map((event) => event.chain),
    chains,
  );
});

t.test("drop throws the events and chains away, and the builder goes on", async (t) => {
  const builder = new FrameBuilder("host");
  builder.append(frameEvent([line(1)]), "5");
  t.equal(builder.events, 1);
  t.equal(builder.bytes, 61);
  builder.drop();
  t.equal(builder.events, 0);
  t.equal(builder.bytes, 0);
  builder.append(frameEvent([line(2)]), "6");
  const frame = decodeFrame(builder.take(1, 0));
  t.strictSame(frame.chains, ["", "6"]);
  t.strictSame(
    unpack(frame).map(({ serial, chain }) => [serial, chain]),
    [[2, "6"]],
  );
});

t.test("an empty frame is a frame", async (t) => {
  const frame = decodeFrame(new FrameBuilder("host").take(1, 5));
  t.match(frame, { scope: "host", sequence: 1, lost: 5, chains: [""] });
  t.strictSame(unpack(frame), []);
});

t.test("a frame is full at its number of events", async (t) => {
  const builder = new FrameBuilder("host");
  for (let i = 0; i < MAX_FRAME_EVENTS; i++) {
    t.equal(builder.full || !builder.fits(frameEvent([line(i)])), false);
    builder.append(frameEvent([line(i)]), "");
  }
  t.equal(builder.full, true);
  t.equal(builder.fits(frameEvent([line(1)])), false);
  t.equal(unpack(decodeFrame(builder.take(1, 0))).length, MAX_FRAME_EVENTS);
  t.equal(builder.full, false);
});

t.test("a frame is full at its target of bytes", async (t) => {
  const builder = new FrameBuilder("host");
  builder.append(frameEvent(Array(63).fill(line(1, 8191))), "");
  t.equal(builder.full, false);
  builder.append(frameEvent([line(2, 8190)]), "");
  t.equal(builder.bytes, FRAME_TARGET_BYTES - 1);
  t.equal(builder.full, false);
  builder.drop();
  builder.append(frameEvent(Array(64).fill(line(1, 8191))), "");
  t.equal(builder.bytes, FRAME_TARGET_BYTES);
  t.equal(builder.full, true);
});

t.test("records of a frame are limited, and the column grows up to the limit", async (t) => {
  const builder = new FrameBuilder("host");
  const many = frameEvent(Array(1024).fill(line(1, 36)));
  for (let i = 0; i < MAX_FRAME_RECORDS / 1024; i++) {
    t.equal(builder.fits(many), true);
    builder.append(many, "");
  }
  t.equal(builder.fits(frameEvent([line(1)])), false);
  const events = unpack(decodeFrame(builder.take(1, 0)));
  t.equal(events.length, 16);
  for (const event of events) t.equal(new Set(event.lines).size, 1);
});

t.test(
  "the largest event fits into an empty frame, and into one that is nearly full",
  async (t) => {
    // An event of auparse has at most 1024 records and 512 KiB.
    const largest = frameEvent(Array(32).fill(line(1, 16 * 1024)));
    t.equal(largest.bytes, 512 * 1024);
    const builder = new FrameBuilder("host");
    t.equal(builder.fits(largest), true);
    for (let i = 0; i < 31; i++) builder.append(frameEvent([line(i, 8191)]), "");
    t.equal(builder.full, false);
    t.equal(builder.fits(largest), true);
    builder.append(largest, "");
    t.equal(builder.fits(largest), false);
    const events = unpack(decodeFrame(builder.take(1, 0)));
    t.equal(events.length, 32);
    t.strictSame(events[31]?.lines[31], line(1, 16 * 1024));
  },
);

t.test("a blob of MAX_FRAME_BLOB fits, one more byte does not", async (t) => {
  const builder = new FrameBuilder("host");
  for (let i = 0; i < 95; i++) builder.append(frameEvent([line(i, 8191)]), "");
  t.equal(builder.bytes, MAX_FRAME_BLOB - 8192);
  t.equal(builder.fits(frameEvent([line(1, 8192)])), false);
  const last = frameEvent([line(1, 8191)]);
  t.equal(builder.fits(last), true);
  builder.append(last, "");
  t.equal(builder.fits(frameEvent([line(1, 36)])), false);
  const bytes = builder.take(1, 0);
  t.equal(decodeFrame(bytes).blob.length, MAX_FRAME_BLOB);
});

t.test("what fits is never larger than MAX_FRAME_BYTES, however long the chains", async (t) => {
  const chain = (first: number, size: number): string => {
    const text = `9${String(first).padStart(19, "0")}${",^12345678901234567890".repeat(500)}`;
    return text.slice(0, size);
  };
  for (const [size, text] of [
    [CONTID_TEXT_MAX, line(1, 36)],
    [130, line(1, 700)],
    [83, line(1, 720)],
  ] as const) {
    const builder = new FrameBuilder("host");
    // Events of 16 small records fill the column of records as well.
    const lines = [...Array(15).fill(line(1, 36)), text];
    let events = 0;
    while (builder.fits(frameEvent(lines)))
      builder.append(frameEvent(lines), chain(events++, size));
    const bytes = builder.take(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    t.ok(bytes.length <= MAX_FRAME_BYTES, `${bytes.length} bytes`);
    const frame = decodeFrame(bytes);
    t.equal(frame.chains.length, events + 1);
    t.equal(frame.chains[1]?.length, size);
  }
});
