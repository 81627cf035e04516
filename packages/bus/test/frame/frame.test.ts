import { ok } from "node:assert/strict";
import {
  decodeFrame,
  FRAME_VERSION,
  FrameBuilder,
  FrameError,
  MAX_FRAME_BYTES,
  MAX_FRAME_EVENTS,
  MAX_FRAME_RECORDS,
  SCOPE_PATTERN,
} from "@cauditd/bus";
import { CONTID_TEXT_MAX } from "@cauditd/libaudit";
import fc from "fast-check";
import { Packr } from "msgpackr";
import t from "tap";
import { chainText, eventLines, frameEvent, line, unpack } from "../frame-event.ts";

const packr = new Packr({ useRecords: false });

/** A valid frame's elements: two events, of two records and of one. */
interface Parts {
  version: unknown;
  scope: unknown;
  sequence: unknown;
  lost: unknown;
  chains: unknown;
  events: Uint32Array;
  records: Uint32Array;
  blob: Buffer;
}

const [cwd, path, other] = [line(12, 50), line(12, 60), line(345, 46)];
const SERIAL_AT = cwd.indexOf("12)");

function parts(): Parts {
  const word = (length: number, digits: number): number =>
    (length | (SERIAL_AT << 16) | (digits << 28)) >>> 0;
  return {
    version: FRAME_VERSION,
    scope: "7",
    sequence: 1,
    lost: 0,
    chains: ["", "9,^7"],
    events: Uint32Array.of(1700000000, 12, 123 | (2 << 16), 1, 1700000000, 345, 123 | (1 << 16), 0),
    records: Uint32Array.of(1307, word(50, 2), 1302, word(60, 2), 1307, word(46, 3)),
    blob: Buffer.from(`${cwd}\n${path}\n${other}\n`, "latin1"),
  };
}

function bin(words: Uint32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}

function encode(change: (frame: Parts) => void = () => {}): Buffer {
  const frame = parts();
  change(frame);
  const { version, scope, sequence, lost, chains, events, records, blob } = frame;
  const bytes = [bin(events), bin(records), blob];
  return packr.pack([version, scope, sequence, lost, chains, ...bytes]);
}

/** The element that decoding complains about; "" when it does not. */
function refused(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
    return "";
  } catch (error) {
    if (error instanceof FrameError) return error.element;
    throw error;
  }
}

const values = {
  nothing: null,
  flag: true,
  text: "x",
  list: [1],
  map: { a: 1 },
  fraction: 0.5,
  negative: -1,
  large: 2 ** 53,
  big: 2n ** 64n - 1n,
  bytes: Buffer.from([1]),
  date: new Date(0),
  none: Number.NaN,
};

t.test("a frame is decoded, element by element", async (t) => {
  const frame = decodeFrame(encode());
  t.match(frame, { version: 1, scope: "7", sequence: 1, lost: 0, chains: ["", "9,^7"] });
  t.strictSame(
    unpack(frame).map(({ serial, chain, types, lines, serials }) => [
      serial,
      chain,
      types,
      lines,
      serials,
    ]),
    [
      [12, "9,^7", [1307, 1302], [cwd, path], ["12", "12"]],
      [345, "", [1307], [other], ["345"]],
    ],
  );
});

t.test("bytes may be any Uint8Array at any address, and blob is a view of them", async (t) => {
  const bytes = encode();
  for (let shift = 0; shift < 8; shift++) {
    const moved = new Uint8Array(bytes.length + 8).subarray(shift, shift + bytes.length);
    moved.set(bytes);
    const frame = decodeFrame(moved);
    t.equal(unpack(frame)[1]?.lines[0], other);
    moved.fill(0);
    t.equal(frame.blob[0], 0);
    t.equal(frame.events[1], 12, "columns are copies");
  }
});

t.test("what is no msgpack, or no array of eight, is refused", async (t) => {
  t.equal(refused(new Uint8Array()), "encoding");
  t.equal(refused(Buffer.from([0x98])), "encoding");
  t.equal(refused(encode().subarray(0, -1)), "encoding");
  t.equal(refused(Buffer.concat([encode(), Buffer.from([0])])), "encoding");
  for (const value of [...Object.values(values), [], [1, 2, 3, 4, 5, 6, 7], Array(9).fill(1)]) {
    t.equal(refused(packr.pack(value)), "shape");
  }
});

t.test("a frame above the limit is refused before it is decoded", async (t) => {
  const valid = encode();
  // Bytes behind the first value are no encoding: decoding would say so.
  t.equal(refused(Buffer.alloc(MAX_FRAME_BYTES + 1)), "size");
  t.equal(refused(Buffer.alloc(MAX_FRAME_BYTES)), "encoding");
  t.equal(refused(Buffer.concat([valid, Buffer.alloc(MAX_FRAME_BYTES)])), "size");
});

t.test("every element of another type is refused by its name", async (t) => {
  const elements = ["version", "scope", "sequence", "lost", "chains", "events", "records", "blob"];
  for (const [index, element] of elements.entries()) {
    for (const [name, value] of Object.entries(values)) {
      const { events, records, blob, ...rest } = parts();
      const list: unknown[] = [...Object.values(rest), bin(events), bin(records), blob];
      list[index] = value;
      t.equal(refused(packr.pack(list)), element, `${element} is ${name}`);
    }
  }
});

t.test("another version is refused, whatever it is", async (t) => {
  for (const version of [0, 2, "1", 1n, 1.5, [[1]], new Error("x"), { toString: 1 }]) {
    t.equal(refused(encode((frame) => (frame.version = version))), "version");
  }
  t.throws(() => decodeFrame(encode((frame) => (frame.version = 2))), {
    message: "frame: version: 2, only 1 is known",
    name: "FrameError",
  });
});

t.test("a version that cannot be shown as text is refused like others", async (t) => {
  // A record extension of msgpack can make an object whose toString is no function.
  const records = new Packr({ useRecords: true });
  const bytes = records.pack([{ toString: 1, valueOf: 1 }, 1, 1, 1, 1, 1, 1, 1]);
  t.ok(["version", "encoding"].includes(refused(bytes)));
});

t.test("a scope is host or up to twenty digits", async (t) => {
  for (const scope of ["host", "0", "18446744073709551615"]) {
    t.equal(refused(encode((frame) => (frame.scope = scope))), "");
    t.match(scope, SCOPE_PATTERN);
  }
  for (const scope of ["", "Host", "host\n", "\n7", "-1", "a", "7.", ">", "*", "1".repeat(21)]) {
    t.equal(refused(encode((frame) => (frame.scope = scope))), "scope", JSON.stringify(scope));
  }
});

t.test("sequence counts from 1, lost from 0", async (t) => {
  const { MAX_SAFE_INTEGER } = Number;
  t.equal(refused(encode((frame) => (frame.sequence = 0))), "sequence");
  t.equal(refused(encode((frame) => (frame.sequence = MAX_SAFE_INTEGER))), "");
  t.equal(refused(encode((frame) => (frame.lost = MAX_SAFE_INTEGER))), "");
  t.equal(refused(encode((frame) => (frame.lost = -1))), "lost");
});

t.test("chains are texts of contids, the first one empty", async (t) => {
  const chains = (list: unknown): string => refused(encode((frame) => (frame.chains = list)));
  t.equal(chains(["", "9"]), "");
  t.equal(chains(["", "7,666,^3"]), "");
  const longest = `${"1".repeat(20)}${",^1234".repeat(2000)}`.slice(0, CONTID_TEXT_MAX - 2);
  t.equal(chains(["", `${longest}1`]), "", "as long as a record may name");
  t.equal(chains(["", `${longest}${",^1".repeat(2)}`]), "chains", "longer");
  t.equal(chains(["", ...Array(MAX_FRAME_EVENTS).fill("1")]), "");
  t.equal(chains(["", ...Array(MAX_FRAME_EVENTS + 1).fill("1")]), "chains");
  for (const list of [[], ["9", "9"], ["9"], [1, "9"], ["", ""], ["", 9], ["", null]]) {
    t.equal(chains(list), "chains", JSON.stringify(list));
  }
  for (const text of ["-1", "^1", "1,", ",1", "1 ", "1,,2", "1\n", "x", "1".repeat(21), "1;2"]) {
    t.equal(chains(["", text]), "chains", JSON.stringify(text));
  }
});

/** Changes one word of a column. */
function word(column: "events" | "records", index: number, value: number): string {
  return refused(
    encode((frame) => {
      frame[column][index] = value;
    }),
  );
}

t.test("columns are whole entries, and not more than the limits", async (t) => {
  for (const cut of [1, 2, 3, 4, 8, 15]) {
    const { events, records, blob, ...rest } = parts();
    const short = (column: Uint32Array): Buffer => bin(column).subarray(0, -cut);
    const pack = (e: Buffer, r: Buffer): Buffer => packr.pack([...Object.values(rest), e, r, blob]);
    t.equal(refused(pack(short(events), bin(records))), "events");
    t.equal(refused(pack(bin(events), short(records))), "records");
  }
  const many = (size: number): Uint32Array => new Uint32Array(size);
  const tooMany = (frame: Parts): void => {
    frame.events = many(4 * (MAX_FRAME_EVENTS + 1));
  };
  t.equal(refused(encode(tooMany)), "events");
  t.equal(refused(encode((frame) => (frame.records = many(2 * MAX_FRAME_RECORDS + 2)))), "records");
});

t.test("an event has milliseconds below 1000, records, and a chain that is there", async (t) => {
  t.equal(word("events", 2, 999 | (2 << 16)), "");
  t.equal(word("events", 2, 1000 | (2 << 16)), "events");
  t.equal(word("events", 2, 65535 | (2 << 16)), "events");
  t.equal(word("events", 2, 123), "events", "no records");
  t.equal(word("events", 3, 2), "events", "no such chain");
  t.equal(word("events", 7, 4294967295), "events");
  t.equal(word("events", 2, 123 | (1 << 16)), "records", "fewer than there are");
  t.equal(word("events", 6, 123 | (0xffff << 16)), "records", "more than there are");
});

t.test("a record's serial lies inside its line", async (t) => {
  const at = (length: number, offset: number, digits: number): string =>
    word("records", 1, (length | (offset << 16) | (digits << 28)) >>> 0);
  t.equal(at(50, SERIAL_AT, 2), "");
  t.equal(at(50, SERIAL_AT, 0), "records");
  t.equal(at(50, SERIAL_AT, 11), "records");
  t.equal(at(50, SERIAL_AT, 15), "records");
  t.equal(at(50, 48, 2), "records", "no room for what ends it");
  t.equal(at(50, 4095, 2), "records");
  t.equal(at(0, 0, 1), "records", "an empty line");
  t.equal(at(50, 0, 2), "blob", "nothing stands in front");
  t.equal(at(50, SERIAL_AT - 1, 2), "blob");
  t.equal(at(50, SERIAL_AT + 1, 1), "blob");
  t.equal(at(50, SERIAL_AT, 3), "blob");
  t.equal(at(50, SERIAL_AT, 1), "blob");
});

t.test("a record's line ends at the first newline", async (t) => {
  const length = (size: number): string =>
    word("records", 1, (size | (SERIAL_AT << 16) | (2 << 28)) >>> 0);
  t.equal(length(49), "blob");
  t.equal(length(51), "blob");
  t.equal(length(111), "blob", "two lines in one");
  t.equal(length(65535), "blob");
  const changed = (index: number, byte: number): string =>
    refused(
      encode((frame) => {
        frame.blob[index] = byte;
      }),
    );
  t.equal(changed(45, 0x0a), "blob", "a newline inside");
  t.equal(changed(0, 0x0a), "blob", "a newline at the start");
  t.equal(changed(50, 0x20), "blob", "no newline at the end");
  t.equal(changed(45, 0x00), "");
});

t.test("the blob is as long as its records say", async (t) => {
  const blob = (change: (blob: Buffer) => Buffer): string =>
    refused(
      encode((frame) => {
        frame.blob = change(frame.blob);
      }),
    );
  t.equal(
    blob((all) => all.subarray(0, -1)),
    "blob",
  );
  t.equal(
    blob((all) => all.subarray(0, 10)),
    "blob",
  );
  t.equal(
    blob((all) => Buffer.concat([all, all])),
    "blob",
  );
  t.equal(
    blob((all) => Buffer.concat([all, Buffer.from("\n")])),
    "blob",
  );
  t.equal(
    blob(() => Buffer.alloc(0)),
    "blob",
  );
});

t.test("random bytes are refused with a FrameError, nothing else is thrown", async () => {
  const array = fc.uint8Array({ maxLength: 80 }).map((rest) => Buffer.from([0x98, ...rest]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), array), (bytes) => {
      ok(refused(bytes) !== "");
    }),
    { numRuns: 20_000 },
  );
});

t.test("random msgpack is refused with a FrameError, nothing else is thrown", async () => {
  const value = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true });
  const packed = fc.array(value, { minLength: 8, maxLength: 8 }).map((list) => {
    list[0] = list[0] === 0 ? 1 : list[0];
    try {
      return new Packr({ useRecords: true, moreTypes: true }).pack(list);
    } catch {
      return Buffer.from([0xc1]);
    }
  });
  fc.assert(
    fc.property(packed, (bytes) => {
      ok(refused(bytes) !== "");
    }),
    { numRuns: 2000 },
  );
});

t.test("a frame with bits flipped, bytes cut or put in: a frame or a FrameError", async () => {
  const frame = fc.array(fc.tuple(eventLines, chainText), { maxLength: 4 }).map((events) => {
    const builder = new FrameBuilder("host");
    for (const [lines, chain] of events) builder.append(frameEvent(lines), chain);
    return Buffer.from(builder.take(1, 0));
  });
  const change = fc.record({
    what: fc.constantFrom("flip", "flip", "flip", "set", "cut", "put"),
    at: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.nat()),
    bits: fc.integer({ min: 1, max: 255 }),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(frame, changes, (valid, list) => {
      let bytes = valid;
      for (const { what, at, bits } of list) {
        const index = at % bytes.length;
        if (what === "flip") bytes[index] = (bytes[index] ?? 0) ^ bits;
        else if (what === "set") bytes[index] = bits;
        else {
          const rest = bytes.subarray(what === "cut" ? index + 1 : index);
          const put = Buffer.from(what === "cut" ? [] : [bits]);
          bytes = Buffer.concat([bytes.subarray(0, index), put, rest]);
          if (bytes.length === 0) return;
        }
      }
      if (refused(bytes) !== "") return;
      // What is still taken for a frame is one that the columns describe wholly.
      const decoded = decodeFrame(bytes);
      const events = unpack(decoded);
      const lines = events.flatMap((event) => event.lines);
      ok(lines.map((text) => `${text}\n`).join("") === decoded.blob.toString("latin1"));
      for (const text of lines) ok(!text.includes("\n"));
    }),
    { numRuns: 5000 },
  );
});
