import fc from "fast-check";
import t from "tap";
import { BoundedLines } from "../../src/control/line-reader.ts";

t.test("lines do not depend on how the bytes are cut", async () => {
  const chunks = fc.array(fc.stringMatching(/^[ab\n]{0,8}$/), { maxLength: 12 });
  fc.assert(
    fc.property(chunks, (parts) => {
      const lines = new BoundedLines(1000);
      const got = parts.flatMap((part) => lines.push(Buffer.from(part))?.map(String) ?? ["?"]);
      const expected = parts.join("").split("\n").slice(0, -1);
      return JSON.stringify(got) === JSON.stringify(expected);
    }),
  );
});

t.test("a line over the bound is told at once, whether it ends or not", async (t) => {
  t.same(new BoundedLines(3).push(Buffer.from("abc\n"))?.map(String), ["abc"]);
  t.equal(new BoundedLines(3).push(Buffer.from("abcd\n")), undefined);
  const lines = new BoundedLines(3);
  t.same(lines.push(Buffer.from("ab")), []);
  t.equal(lines.push(Buffer.from("cd")), undefined);
});
