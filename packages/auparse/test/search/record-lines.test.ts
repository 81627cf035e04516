import fc from "fast-check";
import t from "tap";
import { PIECE_BYTES, RecordLines } from "../../src/search/record-lines.ts";
import { line, log } from "../records.ts";

function read(text: string, cuts: readonly number[] = []): { lines: string[]; offsets: number[] } {
  const lines: string[] = [];
  const offsets: number[] = [];
  const reader = new RecordLines((_head, buf, start, end, offset) => {
    lines.push(buf.toString("latin1", start, end));
    offsets.push(offset);
  });
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const to = Math.min(cut, text.length);
    if (to > from) reader.push(Buffer.from(text.slice(from, to), "latin1"));
    from = Math.max(from, to);
  }
  reader.push(Buffer.from(text.slice(from), "latin1"));
  reader.end();
  t.equal(reader.consumed, text.length);
  return { lines, offsets };
}

const a = line({ serial: 1 });
const b = line({ serial: 2, node: "n" });

t.test("lines that begin as records come out, with their offsets", async (t) => {
  t.strictSame(read(log(a, "garbage", "", b)), { lines: [a, b], offsets: [0, a.length + 10] });
  t.strictSame(read(`${log(a)}${b}`).lines, [a, b], "the last newline may be missing");
});

t.test("a line ends at its first NUL", async (t) => {
  t.strictSame(read(log(`${a}\0tail`, b)).lines, [a, b]);
});

t.test("a long line is several lines to ausearch", async (t) => {
  const long = line({ body: `x="${"a".repeat(PIECE_BYTES)}"` });
  const { lines } = read(log(long, b));
  t.strictSame(lines, [long.slice(0, PIECE_BYTES), b]);
  t.equal(read(`${"z".repeat(3 * PIECE_BYTES)}`).lines.length, 0);
});

t.test("however the log is cut into chunks, the lines are the same", async (t) => {
  const piece = fc.constantFrom(
    `${a}\n`,
    `${b}\n`,
    "x\n",
    "\n",
    `${a}\0\n`,
    "type=",
    "y".repeat(9000),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(30_000)), (pieces, cuts) => {
      const text = pieces.join("");
      t.strictSame(read(text, cuts), read(text));
    }),
    { numRuns: 60 },
  );
});
