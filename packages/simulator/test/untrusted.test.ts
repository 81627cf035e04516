import fc from "fast-check";
import t from "tap";
import {
  byteText,
  commText,
  hexText,
  needsHex,
  proctitleText,
  untrusted,
} from "../src/untrusted.ts";

const bytes = fc.uint8Array({ maxLength: 200 }).map((list) => String.fromCharCode(...list));

t.test(
  "AUD 4.2: a string is quoted if all bytes are 0x21-0x7E without quotes, else hex",
  async (t) => {
    t.equal(untrusted("/bin/ls"), '"/bin/ls"');
    t.equal(untrusted("a b"), "612062");
    t.equal(untrusted('a"b'), "612262");
    t.equal(untrusted("\u007f"), "7F");
    t.equal(untrusted("~!"), '"~!"');
    t.equal(untrusted(""), '""');
    t.equal(untrusted(byteText("é")), "C3A9");
    fc.assert(
      fc.property(bytes, (text) => {
        const printed = untrusted(text);
        const plain = [...Buffer.from(text, "latin1")].every(
          (byte) => byte > 0x20 && byte < 0x7f && byte !== 0x22,
        );
        if (plain) return printed === `"${text}"` && !needsHex(text);
        return (
          printed === Buffer.from(text, "latin1").toString("hex").toUpperCase() && needsHex(text)
        );
      }),
    );
  },
);

t.test("byteText has one character per UTF-8 byte", async () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      return Buffer.from(byteText(text), "latin1").equals(Buffer.from(text, "utf8"));
    }),
  );
});

t.test("hexText is upper case, two digits a byte", async (t) => {
  t.equal(hexText("\u0000\u00ff\n"), "00FF0A");
});

t.test("commText keeps 15 bytes, even if that cuts a letter", async (t) => {
  t.equal(commText("run-service-with-a-long-name"), "run-service-wit");
  t.equal(commText(byteText("потребитель")).length, 15);
});

t.test(
  "proctitleText ends arguments in NUL, keeps 128 bytes and cuts what does not print",
  async (t) => {
    t.equal(proctitleText(["ls"]), '"ls"');
    t.equal(proctitleText(["ls", "-l"]), "6C73002D6C");
    t.equal(proctitleText(["x".repeat(500)]), `"${"x".repeat(128)}"`);
    t.equal(proctitleText(["ls", "\u0001"]), '"ls"');
    t.equal(proctitleText([]), '"(null)"');
  },
);
