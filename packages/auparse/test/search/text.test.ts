import fc from "fast-check";
import t from "tap";
import { hex32, hexBytes, signed64, unescapeAt, unsigned32 } from "../../src/search/text.ts";

const u32 = (text: string): number => unsigned32(text, 0, text.length);

t.test("a number is read as strtoul reads it, and cut to 32 bits", async (t) => {
  t.equal(u32("42abc"), 42);
  t.equal(u32(" +7"), 7);
  t.equal(u32("-1"), 0xffffffff);
  t.equal(u32(""), 0);
  t.equal(u32("x"), 0);
  t.equal(u32("4294967296"), 0);
  t.equal(u32("18446744073709551615"), 0xffffffff);
  t.ok(Number.isNaN(u32("18446744073709551616")));
  t.equal(unsigned32("pid=12 ", 4, 5), 1);
});

t.test("a hex number may have its prefix", async (t) => {
  t.equal(hex32("c000003e", 0, 8), 0xc000003e);
  t.equal(hex32("0xff", 0, 4), 255);
  t.equal(hex32("zz", 0, 2), 0);
  t.equal(hex32("", 0, 0), 0);
  t.equal(hex32("ABCDEF0123456", 0, 13), 0xf0123456);
  t.equal(hex32("7ffdABCDEF012345", 0, 16), 0xef012345);
  t.ok(Number.isNaN(hex32("1".repeat(17), 0, 17)));
});

t.test("an exit code is read with the base that its prefix says", async (t) => {
  t.equal(signed64("-13"), -13n);
  t.equal(signed64("0x10"), 16n);
  t.equal(signed64("-010"), -8n);
  t.equal(signed64("0"), 0n);
  t.equal(signed64("?"), 0n);
  t.equal(signed64("9223372036854775808"), undefined);
});

t.test("an encoded string ends at its first NUL, and what is none is undefined", async (t) => {
  t.equal(unescapeAt("612062 x", 0), "a b");
  t.equal(unescapeAt("6100620A", 0), "a");
  t.equal(unescapeAt("(null) x", 0), "(null)");
  t.equal(unescapeAt("(null", 0), undefined);
  t.equal(unescapeAt("x", 0), undefined);
  t.equal(unescapeAt("614", 0), "a@");
  t.equal(hexBytes("6100", 0, 4), "a\0");
});

t.test("any bytes, encoded as the kernel does, are decoded", async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(bytes, (value) => {
      const plain = Buffer.from(value).toString("latin1");
      const hex = Buffer.from(value).toString("hex").toUpperCase();
      const nul = plain.indexOf("\0");
      return unescapeAt(`${hex} x`, 0) === (nul < 0 ? plain : plain.slice(0, nul));
    }),
  );
});
