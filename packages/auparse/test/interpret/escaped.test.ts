import { ByteWriter } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";
import { hexEnd, writeEscaped, writeProctitle } from "../../src/interpret/escaped.ts";

type Writer = (buf: Buffer, start: number, end: number, out: ByteWriter) => void;

function text(write: Writer, value: string): string {
  const out = new ByteWriter();
  const buf = Buffer.from(`${value}41`, "latin1");
  write(buf, 0, value.length, out);
  return out.bytes().toString("latin1");
}

t.test("text in quotes is literal, hex is decoded, the rest stands as it is", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['"a b"', "a b"],
    ['"a', " "],
    ['""', ""],
    ["2F746D70", "/tmp"],
    ["6162zz", "ab"],
    ["616", "a`"],
    ["6", "6"],
    ["", ""],
    ["(null)", "(null)"],
    ["(nul", "(nul"],
    ["/x", "/x"],
    ["006162", "ab"],
    ["00", "00"],
    ["610062", "a"],
  ];
  for (const [value, expected] of cases) t.equal(text(writeEscaped, value), expected, value);
});

t.test("a command line has a blank between its arguments", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['"ls"', "ls"],
    ["6C73002D6C", "ls -l"],
    ["6C7300", "ls "],
    ["6100623", "a b0"],
    ["(null)", "(null)"],
    ["6162zz", "ab "],
    ["006162", "ab 2"],
    ["0", "0"],
    ["", ""],
  ];
  for (const [value, expected] of cases) t.equal(text(writeProctitle, value), expected, value);
});

t.test("any value is taken, and only its own bytes are read", async (t) => {
  const value = fc.string({ unit: fc.constantFrom("0", "6", "1", '"', "(", ")", "z", " ") });
  fc.assert(
    fc.property(value, fc.string(), (value, behind) => {
      for (const write of [writeEscaped, writeProctitle]) {
        const out = new ByteWriter();
        const buf = Buffer.from(value + behind, "latin1");
        write(buf, 0, value.length, out);
        const alone = new ByteWriter();
        write(Buffer.from(value, "latin1"), 0, value.length, alone);
        if (!out.bytes().equals(alone.bytes())) return false;
      }
      return true;
    }),
  );
  t.pass();
});

t.test("hex digits end at the first other byte", async (t) => {
  t.equal(hexEnd(Buffer.from("0aFg"), 0, 4), 3);
  t.equal(hexEnd(Buffer.from("0aFg"), 0, 2), 2);
});
