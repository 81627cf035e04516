import fc from "fast-check";
import t from "tap";
import {
  decodeSegment,
  encodeSegment,
  SEGMENT_HEAD_BYTES,
  segmentHead,
} from "../../src/search/segment.ts";

const draft = {
  from: 5_000_000_000,
  to: 5_000_000_100,
  nodes: ["", "n1"],
  columns: [
    [10, 11, 12],
    [1, 2, 4294967295],
    [0, 5 + 1024, 999],
    [1300, 1302, 1112],
    [0, 20, 60],
    [10, 30, 40],
  ],
  groups: new Map([
    [
      "key" as const,
      new Map<string | undefined, number[]>([
        ["k\x01é", [0]],
        [undefined, [2]],
      ]),
    ],
    ["pid" as const, new Map<string | undefined, number[]>([["7", [0, 1, 2]]])],
  ]),
};

t.test("a segment is read as it was written", async (t) => {
  const bytes = encodeSegment(draft);
  t.strictSame(segmentHead(bytes.subarray(0, SEGMENT_HEAD_BYTES)), {
    size: bytes.length,
    from: draft.from,
    to: draft.to,
    count: 3,
    lowest: 10,
    highest: 12,
  });
  const segment = decodeSegment(bytes);
  t.match(segment, { from: draft.from, to: draft.to, nodes: ["", "n1"] });
  t.strictSame([...(segment?.columns.serial ?? [])], [1, 2, 4294967295]);
  const all = (): boolean => true;
  t.strictSame(segment?.terms("key", all), {
    any: Uint32Array.of(2),
    terms: [{ value: "k\x01é", runs: Uint32Array.of(0) }],
  });
  t.strictSame(
    segment?.terms("pid", all).terms,
    [{ value: "7", runs: undefined }],
    "too many to list",
  );
  t.strictSame(segment?.terms("exe", all), { any: new Uint32Array(0), terms: [] });
  t.strictSame(
    segment?.terms("key", (value) => value === "k"),
    { any: Uint32Array.of(2), terms: [] },
    "only what passes is read",
  );
});

t.test("bytes that were changed or cut are no segment", async (t) => {
  const bytes = encodeSegment(draft);
  for (let at = 0; at < bytes.length; at++) {
    const broken = Buffer.from(bytes);
    broken[at] = (broken[at] as number) ^ 0x41;
    t.equal(decodeSegment(broken), undefined, `byte ${at}`);
    t.equal(decodeSegment(bytes.subarray(0, at)), undefined, `cut at ${at}`);
    const isHead = at < SEGMENT_HEAD_BYTES && Math.floor(at / 4) !== 2;
    t.equal(segmentHead(broken) === undefined, isHead, `head: byte ${at}`);
  }
});

t.test("a run outside of its part is not believed", async (t) => {
  const columns = draft.columns.map((column) => [...column]);
  (columns[5] as number[])[2] = 41;
  t.equal(decodeSegment(encodeSegment({ ...draft, columns })), undefined);
  const nodes = [""];
  t.equal(decodeSegment(encodeSegment({ ...draft, nodes })), undefined);
});

t.test("no bytes make it throw", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      const bytes = Buffer.from(noise);
      decodeSegment(bytes);
      const framed = Buffer.concat([Buffer.from("CIX3"), Buffer.alloc(4), bytes]);
      if (framed.length >= 8) framed.writeUInt32LE(framed.length, 4);
      decodeSegment(framed);
    }),
  );
});
