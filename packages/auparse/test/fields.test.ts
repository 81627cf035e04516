import { deepStrictEqual as deepEqual, equal, ok } from "node:assert/strict";
import { decodeValue, encodeValue, FieldScanner, fieldsOf } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";

/** The fields as `name=raw`, those of the enrichment with a `+` in front. */
function fields(body: string): string[] {
  const buf = Buffer.from(`x=0 ${body} y="1'}`, "latin1");
  return fieldsOf(buf, 4, 4 + body.length).map(
    ({ name, raw, enriched }) => `${enriched ? "+" : ""}${name}=${raw}`,
  );
}

function decode(text: string): string {
  const buf = Buffer.from(`"${text}"`, "latin1");
  return decodeValue(buf, 1, 1 + text.length).toString("latin1");
}

t.test("fields are name=value, separated by blanks; words without = are skipped", async (t) => {
  t.strictSame(fields("arch=c000003e syscall=59  key=(null) "), [
    "arch=c000003e",
    "syscall=59",
    "key=(null)",
  ]);
  t.strictSame(fields("avc:  denied  { read } for  pid=1 tclass=file"), ["pid=1", "tclass=file"]);
  t.strictSame(fields("user pid=1 a= b=c=d =e=f ="), ["pid=1", "a=", "b=c=d", "e=f"]);
  t.strictSame(fields(""), []);
  t.strictSame(fields("tty"), []);
});

t.test("a value in double quotes ends at the next one, an open quote at the blank", async (t) => {
  t.strictSame(fields('comm="a b" exe="/x"y=1'), ['comm="a b"', 'exe="/x"', "y=1"]);
  t.strictSame(fields('comm="" exe="/a b'), ['comm=""', 'exe="/a']);
});

t.test(
  "msg='...' is one value up to its last apostrophe, and its fields come after it",
  async (t) => {
    const body = `pid=1 msg='op=it's ok acct="root" res=success'`;
    t.strictSame(fields(body), [
      "pid=1",
      `msg='op=it's ok acct="root" res=success'`,
      "op=it's",
      'acct="root"',
      "res=success",
    ]);
    t.strictSame(fields("msg='' a=1"), ["msg=''", "a=1"]);
  },
);

t.test(
  "AUD-140: what stands behind 0x1d is enrichment, apostrophes there end no msg",
  async (t) => {
    t.strictSame(fields(`pid=1 msg='op=x id=5'\x1dUID="o'hara" ID="a b"`), [
      "pid=1",
      "msg='op=x id=5'",
      "op=x",
      "id=5",
      `+UID="o'hara"`,
      '+ID="a b"',
    ]);
    t.strictSame(fields("key=(null)\x1dARCH=x86_64"), ["key=(null)", "+ARCH=x86_64"]);
    t.strictSame(fields("word\x1dARCH=x86_64"), ["+ARCH=x86_64"]);
    t.strictSame(fields('a="1\x1dB="2"'), ['a="1', '+B="2"']);
  },
);

t.test("the braces of SADDR are one value", async (t) => {
  const saddr = "SADDR={ saddr_fam=inet laddr=192.168.1.1 lport=80 }";
  t.strictSame(fields(`saddr=0200\x1d${saddr} UID="root"`), [
    "saddr=0200",
    `+${saddr}`,
    '+UID="root"',
  ]);
  t.strictSame(fields("a={ b={ c=1"), ["a={", "b={", "c=1"]);
  t.strictSame(fields("a={ b=1\x1dC={ d=1 }"), ["a={", "b=1", "+C={ d=1 }"]);
});

t.test("AUD-117: a msg that was cut short still holds all that stands behind it", async (t) => {
  t.strictSame(fields("pid=1 msg='op=x pid=2"), ["pid=1", "msg='op=x pid=2", "op=x", "pid=2"]);
  t.strictSame(fields('pid=1 msg=\'op=x pid=2\x1dUID="root"'), [
    "pid=1",
    "msg='op=x pid=2",
    "op=x",
    "pid=2",
    '+UID="root"',
  ]);
  t.strictSame(fields("msg='"), ["msg='"]);
  t.strictSame(fields("op='a pid=2"), ["op='a", "pid=2"]);
});

t.test("a scanner can be used again, and compares names by their bytes", async (t) => {
  const scanner = new FieldScanner().reset(Buffer.from("a=1\x1dpid=2"), 0, 9);
  t.equal(scanner.next() && scanner.next(), true);
  t.equal(scanner.enriched, true);
  t.equal(scanner.named(Buffer.from("pid")), true);
  t.equal(scanner.named(Buffer.from("pi")), false);
  t.equal(scanner.named(Buffer.from("pidx")), false);
  t.equal(scanner.named(Buffer.from("uid")), false);
  t.equal(scanner.next(), false);
  t.equal(scanner.next(), false);
  scanner.reset(Buffer.from("b=3"), 0, 3);
  t.equal(scanner.next(), true);
  t.equal(scanner.enriched, false);
  t.strictSame([scanner.name(), scanner.raw()], ["b", "3"]);
});

t.test("any bytes: fields lie inside the body, in order, and none overlap", async () => {
  const letters = fc.constantFrom(..."a='\"{} \x1dmsg=b\0\xff");
  const body = fc.oneof(
    fc.array(letters).map((all) => all.join("")),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(body, (text) => {
      const buf = Buffer.from(`'}"${text}'}"`, "latin1");
      const end = buf.length - 3;
      const scanner = new FieldScanner().reset(buf, 3, end);
      let at = 3;
      let enriched = false;
      while (scanner.next()) {
        ok(scanner.nameStart >= at && scanner.nameEnd > scanner.nameStart);
        equal(buf[scanner.nameEnd], 0x3d);
        equal(scanner.valueStart, scanner.nameEnd + 1);
        ok(scanner.valueEnd >= scanner.valueStart && scanner.valueEnd <= end);
        ok(!scanner.name().includes(" ") && !scanner.raw().includes("\x1d"));
        ok(scanner.enriched || !enriched, "nothing but enrichment follows enrichment");
        enriched = scanner.enriched;
        at = scanner.valueEnd;
      }
    }),
    { numRuns: 1000 },
  );
});

t.test("open braces and quotes over and over do not take more than linear time", async (t) => {
  // Quadratic work would be 10^11 steps: the test would run into its time limit.
  for (const word of ["a={ ", 'a=" ', "a=' ", "{", "msg=' ", "a={\x1d", "= "]) {
    const body = word.repeat(1_000_000 / word.length);
    const scanner = new FieldScanner().reset(Buffer.from(body, "latin1"), 0, body.length);
    let count = 0;
    while (scanner.next()) count++;
    t.ok(count <= body.length);
  }
});

t.test("AUD-143: text with a blank is written as hex, other text in quotes", async (t) => {
  const encode = (text: string): string => encodeValue(Buffer.from(text, "latin1"));
  t.equal(encode("a b"), "612062");
  t.equal(encode("ab"), '"ab"');
  t.equal(encode(""), '""');
  t.equal(encode("~!"), '"~!"');
  for (const text of ['"', "\x7f", "\x20", "\x00", "\x1d", "\n", "\xe9"]) {
    t.equal(encode(text), Buffer.from(text, "latin1").toString("hex").toUpperCase());
  }
});

t.test("AUD-144: several keys are hex of text joined with 0x01", async (t) => {
  t.equal(decode("6B31016B32"), "k1\x01k2");
  t.equal(encodeValue(Buffer.from("k1\x01k2")), "6B31016B32");
});

t.test("a value in quotes is literal, an even run of hex digits is decoded", async (t) => {
  t.equal(decode('"612062"'), "612062");
  t.equal(decode('""'), "");
  t.equal(decode("612062"), "a b");
  t.equal(decode("c3a9C3A9"), "\xc3\xa9\xc3\xa9");
});

t.test("other values are literal", async (t) => {
  for (const text of ["(null)", "(none)", "?", "", "6", "61206", '"', '"abc', "6g", "g6", "0x10"]) {
    t.equal(decode(text), text);
  }
});

t.test("what encodeValue writes is read back, also text that looks like hex", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.stringMatching(/^[0-9A-Fa-f]{0,8}$/).map((text) => Buffer.from(text, "latin1")),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      const text = encodeValue(value);
      ok(/^(?:"[!#-~]*"|(?:[0-9A-F]{2})+)$/.test(text), text);
      const buf = Buffer.from(text, "latin1");
      deepEqual(new Uint8Array(decodeValue(buf, 0, buf.length)), new Uint8Array(value));
    }),
  );
});

t.test("text without quotes is ambiguous: the kernel's own text may look like hex", async (t) => {
  // `a0=10` of a SYSCALL is the number 0x10; only who knows the field can tell.
  t.equal(decode("10"), "\x10");
  t.equal(decode("beef"), "\xbe\xef");
});
