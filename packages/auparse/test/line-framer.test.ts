import { LineFramer, MAX_LINE_BYTES } from "@cauditd/auparse";
import t from "tap";

type Seen = readonly [what: "line" | "cut" | "overlong", text: string, offset: number, n?: number];

function framer(limit?: number): { framer: LineFramer; seen: Seen[] } {
  const seen: Seen[] = [];
  const sink = {
    line(buf: Buffer, start: number, end: number, offset: number, terminated: boolean): void {
      seen.push([terminated ? "line" : "cut", buf.toString("latin1", start, end), offset]);
    },
    overlong(head: Buffer, offset: number, bytes: number): void {
      seen.push(["overlong", head.toString("latin1"), offset, bytes]);
    },
  };
  return { framer: new LineFramer(sink, limit), seen };
}

function frame(chunks: readonly string[], limit?: number): Seen[] {
  const { framer: lines, seen } = framer(limit);
  for (const chunk of chunks) lines.push(Buffer.from(chunk, "latin1"));
  lines.end();
  return seen;
}

t.test(
  "lines come out with their position, empty ones and a last one without newline too",
  async (t) => {
    const expected = [
      ["line", "ab", 0],
      ["line", "", 3],
      ["line", "c", 4],
      ["cut", "d", 6],
    ];
    t.strictSame(frame(["ab\n\nc\nd"]), expected);
    t.strictSame(frame([..."ab\n\nc\nd"]), expected);
    t.strictSame(frame(["", "ab", "", "\n\nc\n", "d", ""]), expected);
  },
);

t.test("no input has no line, and a final newline begins none", async (t) => {
  t.strictSame(frame([]), []);
  t.strictSame(frame([""]), []);
  t.strictSame(frame(["a\n"]), [["line", "a", 0]]);
});

t.test(
  "a line of the limit comes out, a longer one is reported with its head and length",
  async (t) => {
    const expected = [
      ["line", "12345", 0],
      ["overlong", "12345", 6, 6],
      ["line", "x", 13],
      ["overlong", "abcde", 15, 12],
    ];
    const text = "12345\n123456\nx\nabcdefghijkl";
    t.strictSame(frame([text], 5), expected);
    t.strictSame(frame([...text], 5), expected);
    t.strictSame(frame(["1234", "5\n12345", "6\nx\nabc", "defgh", "ijkl"], 5), expected);
    t.strictSame(frame(["12345", "\n", "12345", "6", "\nx\nabcdef", "ghijkl"], 5), expected);
  },
);

t.test("the limit is MAX_LINE_BYTES when none is given", async (t) => {
  const longest = "x".repeat(MAX_LINE_BYTES);
  t.strictSame(frame([`${longest}\n${longest}y\n`]), [
    ["line", longest, 0],
    ["overlong", longest, MAX_LINE_BYTES + 1, MAX_LINE_BYTES + 1],
  ]);
});

t.test("an endless line holds no more than the limit and is counted to its end", async (t) => {
  const { framer: lines, seen } = framer(64);
  const chunk = Buffer.alloc(1024 * 1024, 0x61);
  for (let i = 0; i < 64; i++) lines.push(chunk);
  t.equal(lines.partial, true);
  t.equal(lines.offset, 64 * 1024 * 1024);
  t.strictSame(seen, []);
  lines.push(Buffer.from("\nb\n"));
  t.strictSame(seen, [
    ["overlong", "a".repeat(64), 0, 64 * 1024 * 1024],
    ["line", "b", 64 * 1024 * 1024 + 1],
  ]);
});

t.test("partial and offset tell where the input stands", async (t) => {
  const { framer: lines } = framer();
  t.equal(lines.partial, false);
  lines.push(Buffer.from("ab"));
  t.equal(lines.partial, true);
  t.equal(lines.offset, 2);
  lines.push(Buffer.from("c\n"));
  t.equal(lines.partial, false);
  lines.push(Buffer.from("d"));
  lines.end();
  t.equal(lines.partial, false);
  t.equal(lines.offset, 5);
});

t.test("a line's bytes stay readable until the push that brought them returns", async (t) => {
  const kept: (() => string)[] = [];
  const lines = new LineFramer({
    line: (buf, start, end) => kept.push(() => buf.toString("latin1", start, end)),
    overlong: () => t.fail("no line is too long"),
  });
  lines.push(Buffer.from("first li"));
  lines.push(Buffer.from("ne\nsecond line that is kept"));
  t.equal(kept[0]?.(), "first line");
  lines.push(Buffer.from("\nthird"));
  t.equal(kept[1]?.(), "second line that is kept");
  lines.end();
  t.equal(kept[2]?.(), "third");
});

t.test("input may go on after end, with its position", async (t) => {
  const { framer: lines, seen } = framer(3);
  lines.push(Buffer.from("ab"));
  lines.end();
  lines.push(Buffer.from("cdef"));
  lines.end();
  lines.push(Buffer.from("g\n"));
  t.strictSame(seen, [
    ["cut", "ab", 0],
    ["overlong", "cde", 2, 4],
    ["line", "g", 6],
  ]);
});

t.test("drop forgets a line whose end has not come; the position is where it began", async (t) => {
  for (const begun of ["cd", "cdefgh"]) {
    const { framer: lines, seen } = framer(3);
    lines.push(Buffer.from(`ab\n${begun}`));
    lines.drop();
    t.equal(lines.offset, 3);
    t.equal(lines.partial, false);
    lines.push(Buffer.from("x\n"));
    lines.end();
    t.strictSame(seen, [
      ["line", "ab", 0],
      ["line", "x", 3],
    ]);
  }
});
