import { excerpt, MALFORMED_KINDS, MalformedLog } from "@cauditd/auparse";
import t from "tap";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

t.test("counts are kept by kind, and total is their sum", async (t) => {
  const log = new MalformedLog();
  t.equal(log.total, 0);
  for (const [i, kind] of MALFORMED_KINDS.entries()) {
    for (let n = 0; n <= i; n++) log.add(kind, bytes("x"), 0, 1, 0, 1);
  }
  t.strictSame(log.counts, { garbage: 1, truncated: 2, stamp: 3, nul: 4, overlong: 5 });
  t.equal(log.total, 15);
});

t.test("eight samples of each kind are kept, with offset, line and excerpt", async (t) => {
  const log = new MalformedLog();
  for (let i = 0; i < 20; i++) {
    log.add("garbage", bytes(`junk ${i}`), 0, 6, 100 * i, i + 1);
    log.add("nul", bytes("ab\0"), 1, 3, 100 * i + 50, i + 1);
  }
  t.equal(log.samples.length, 16);
  t.strictSame(log.samples[0], { kind: "garbage", offset: 0, line: 1, excerpt: "junk 0" });
  t.strictSame(log.samples[3], { kind: "nul", offset: 150, line: 2, excerpt: "b\\x00" });
  t.equal(log.samples.filter((sample) => sample.kind === "nul").length, 8);
  t.equal(log.counts.nul, 20);
});

t.test(
  "an excerpt shows 64 bytes, escapes what is not printable and says when it was cut",
  async (t) => {
    t.equal(excerpt(bytes("a\\b\x1b[2J\x7f\xff\t~ "), 0, 12), "a\\x5cb\\x1b[2J\\x7f\\xff\\x09~ ");
    t.equal(excerpt(bytes("a".repeat(64)), 0, 64), "a".repeat(64));
    t.equal(excerpt(bytes("a".repeat(65)), 0, 65), `${"a".repeat(64)}...`);
    t.equal(excerpt(bytes("\0".repeat(1000)), 0, 1000), `${"\\x00".repeat(64)}...`);
    t.equal(excerpt(bytes("abc"), 1, 1), "");
  },
);
