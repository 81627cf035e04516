import t from "tap";
import { OutputBatch } from "../../src/terminal/output-batch.ts";

t.test("bytes and text come out in order, in few pieces", async (t) => {
  const pieces: string[] = [];
  const batch = new OutputBatch((bytes) => pieces.push(Buffer.from(bytes).toString("latin1")));
  batch.text("a");
  batch.add(Buffer.from("bc"));
  batch.text("\xe9");
  t.strictSame(pieces, []);
  batch.flush();
  batch.flush();
  t.strictSame(pieces, ["abc\xe9"]);
  batch.text("x".repeat(70_000));
  batch.add(Buffer.alloc(70_000));
  t.equal(pieces.length, 2, "the buffer is full");
  const long = "y".repeat(200_000);
  batch.text(long);
  batch.add(Buffer.from(long));
  t.strictSame(pieces.slice(3), [long, long]);
  t.equal(pieces.join("").length, 4 + 140_000 + 400_000);
});

t.test("bytes of one buffer that stand together are one piece", async (t) => {
  const pieces: string[] = [];
  const batch = new OutputBatch((bytes) => pieces.push(Buffer.from(bytes).toString("latin1")));
  const buf = Buffer.from("abcdef");
  batch.range(buf, 0, 2);
  batch.range(buf, 2, 3);
  batch.range(buf, 4, 6);
  batch.text("x");
  batch.range(buf, 3, 4);
  batch.add(Buffer.from("y"));
  batch.flush();
  batch.range(buf, 1, 3);
  batch.range(buf, 3, 4);
  batch.flush();
  batch.flush();
  t.strictSame(pieces, ["abcefxdy", "bcd"]);
});
