import t from "tap";
import { WordView, wordOf } from "../../src/filter/word-view.ts";

t.test("a word reads as the view reads it where it stands, aligned or not", (t) => {
  const words = new WordView();
  const whole = Buffer.from("xxtype=SYSCALL", "latin1");
  for (const buf of [whole, whole.subarray(1), Buffer.from(whole)]) {
    const view = words.of(buf);
    t.equal(view.byteLength, buf.length);
    for (let at = 0; at + 4 <= buf.length; at++) {
      t.equal(view.getInt32(at, true), wordOf(buf.toString("latin1", at, at + 4)));
    }
  }
  t.equal(wordOf("\xff\xff\xff\xff"), -1);
  t.end();
});

t.test("the view of the same buffer is the same, another buffer has its own", (t) => {
  const words = new WordView();
  const one = Buffer.from("one record");
  const view = words.of(one);
  t.equal(words.of(one), view);
  t.equal(words.of(Buffer.from("four")).getInt32(0, true), wordOf("four"));
  t.throws(() => words.of(Buffer.from("abc")).getInt32(0, true), RangeError);
  t.end();
});
