import fc from "fast-check";
import t from "tap";
import { TextCache } from "../../src/filter/text-cache.ts";

t.test("text of bytes is the same whether it was kept or not", (t) => {
  const cache = new TextCache();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 250, maxLength: 300 }),
  );
  fc.assert(
    fc.property(bytes, fc.nat({ max: 3 }), (part, before) => {
      const buf = Buffer.concat([Buffer.alloc(before), part, Buffer.from("!")]);
      const text = Buffer.from(part).toString("latin1");
      t.equal(cache.text(buf, before, before + part.length), text);
      t.equal(cache.text(buf, before, before + part.length), text);
    }),
    { numRuns: 2000 },
  );
  t.end();
});
