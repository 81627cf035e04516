import { ByteWriter } from "@cauditd/auparse";
import fc from "fast-check";
import t from "tap";
import { ttyText, writeTtyData } from "../../src/interpret/tty-data.ts";

function typed(hex: string): string {
  const out = new ByteWriter();
  out.text("x");
  writeTtyData(Buffer.from(hex, "latin1"), 0, hex.length, out);
  return out.bytes().toString("latin1", 1);
}

t.test("what was typed is text in quotes and names of keys", async (t) => {
  t.equal(typed("6C730D"), '"ls",<ret>');
  t.equal(typed("1B5B411B5B41"), "<up>,<up>");
  t.equal(typed("225C"), '"\\"\\\\"');
  t.equal(typed("C3A900"), '"\\303\\251\\000"');
  t.equal(typed("1B"), "<esc>");
  t.equal(typed("zz"), "zz");
  t.equal(typed(""), "(null)");
});

t.test("a report says that data could not be read", async (t) => {
  t.equal(ttyText("6C730D"), '"ls",<ret>');
  t.equal(ttyText(""), "conversion error()");
});

t.test("any hex gives text that has no control characters", async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) =>
      /^[\x20-\x7e]+$/.test(typed(Buffer.from(bytes).toString("hex"))),
    ),
  );
  t.pass();
});
