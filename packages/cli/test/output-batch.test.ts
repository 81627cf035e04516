import t from "tap";
import { OutputBatch } from "../src/output-batch.ts";

t.test("bytes and text come out in order, in few pieces", async (t) => {
  const pieces: string[] = [];
  const batch = new OutputBatch((bytes) => pieces.push(Buffer.from(bytes).toString("latin1")));
  batch.text("a");
  batch.add([Buffer.from("b"), Buffer.from("c")]);
  batch.text("\xe9");
  t.strictSame(pieces, []);
  batch.flush();
  batch.flush();
  t.strictSame(pieces, ["abc\xe9"]);
  batch.text("x".repeat(70_000));
  batch.add([Buffer.alloc(70_000)]);
  t.equal(pieces.length, 3);
});
