import { ByteWriter } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";

t.test("bytes, parts of buffers and texts come out one after another", async (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.string({
      maxLength: 80,
      unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
    }),
    fc.integer({ min: 0, max: 255 }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const out = new ByteWriter(1);
      const expected: Buffer[] = [];
      for (const part of pieces) {
        if (typeof part === "number") {
          out.byte(part);
          expected.push(Buffer.of(part));
        } else if (typeof part === "string") {
          out.text(part);
          expected.push(Buffer.from(part, "latin1"));
        } else {
          out.copy(Buffer.concat([Buffer.of(1), part, Buffer.of(2)]), 1, 1 + part.length);
          expected.push(Buffer.from(part));
        }
      }
      return out.bytes().equals(Buffer.concat(expected));
    }),
  );
  t.pass();
});

t.test("what was written can be read, cut and forgotten", async (t) => {
  const out = new ByteWriter(2);
  out.text("abc");
  t.equal(out.length, 3);
  t.equal(out.at(1), 0x62);
  const table = new Uint8Array(256);
  t.equal(out.find(0, table), 3);
  table[0x63] = 1;
  t.equal(out.find(0, table), 2);
  out.clear(1);
  out.text("z");
  out.copy(Buffer.from("x"), 1, 0);
  t.equal(out.bytes().toString(), "az");
  out.clear();
  t.equal(out.length, 0);
});

t.test("what another writer has is added as it is", async (t) => {
  const [out, other] = [new ByteWriter(1), new ByteWriter()];
  out.text("a");
  other.text("b".repeat(300));
  out.append(other);
  t.equal(out.bytes().toString(), `a${"b".repeat(300)}`);
});
