import fc from "fast-check";
import t from "tap";
import { splitWords } from "../../src/scenario/words.ts";

const texts = (line: string): string[] | undefined => splitWords(line)?.map(({ text }) => text);

t.test("words are split at blanks, quotes keep them", async (t) => {
  t.same(texts("  task a\tby=init "), ["task", "a", "by=init"]);
  t.same(texts('contid a "12 3" by=init'), ["contid", "a", "12 3", "by=init"]);
  t.same(texts('a "" "x\\n\\"\\\\"'), ["a", "", 'x\n"\\']);
  t.equal(texts('a "b'), undefined);
  t.same(splitWords("ab  cd"), [
    { start: 0, text: "ab" },
    { start: 4, text: "cd" },
  ]);
});

t.test("any line is split or refused, and never throws", async () => {
  fc.assert(fc.property(fc.string(), (line) => splitWords(line) !== null));
});
