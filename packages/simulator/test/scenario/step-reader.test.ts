import t from "tap";
import { StepError, StepReader } from "../../src/scenario/step-reader.ts";
import { splitWords } from "../../src/scenario/words.ts";

function reader(line: string, ...keys: string[]): StepReader {
  return new StepReader(line, splitWords(line) ?? [], keys, new Set(["init"]));
}

t.test("keys come in any order; other words with = are words", async (t) => {
  const r = reader("a=1 first by=init x=y", "by", "a");
  t.same([r.word("W", "w"), r.word("W", "w")], ["first", "x=y"]);
  t.same([r.key("a"), r.key("by"), r.key("none")], ["1", "init", undefined]);
  t.equal(r.taskKey("by", "self"), "init");
  r.end();
});

t.test("what is wrong is said with its field and what was expected", async (t) => {
  const problem = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      if (error instanceof StepError) return error.problem;
    }
    return undefined;
  };
  const task = { field: "TASK", expected: "the name of a task of an earlier step" };
  t.same(
    problem(() => reader("nobody").task()),
    { ...task, found: "nobody" },
  );
  t.match(
    problem(() => reader("").task()),
    { field: "TASK", found: undefined },
  );
  t.match(
    problem(() => reader("1 2").end()),
    { field: "end of line", found: "1" },
  );
  t.match(
    problem(() => reader("x").scope()),
    { field: "SCOPE" },
  );
  t.match(
    problem(() => reader("18446744073709551615").scope()),
    { field: "SCOPE" },
  );
  t.match(
    problem(() => reader("a=9", "a").numberKey("a", 0, 5)),
    { field: "a" },
  );
  t.match(
    problem(() => reader("a=1 a=2", "a")),
    { field: "a", expected: "one value" },
  );
  t.match(
    problem(() => reader("9x").newTask()),
    { field: "NAME" },
  );
  t.match(
    problem(() => reader("z").choice("how", ["x", "y", "q"])),
    { expected: "x, y or q" },
  );
  t.match(
    problem(() => reader("").capabilities("caps", "CAP_X")),
    { field: "caps" },
  );
});

t.test("a scope is the host or a contid, a number decimal or hexadecimal", async (t) => {
  t.equal(reader("host").scope(), undefined);
  t.equal(reader("7").scope(), 7n);
  t.equal(reader("scope=7", "scope").scopeKey("scope"), 7n);
  t.equal(reader("a=0x10", "a").numberKey("a", 0, 99), 16);
  t.equal(reader("a=-3", "a").numberKey("a", -9, 0), -3);
});

t.test("the rest of a line is taken as it stands, a quoted text without quotes", async (t) => {
  const rest = (line: string): string => {
    const r = reader(line);
    r.word("TASK", "t");
    return r.restOfLine("TEXT", "text");
  };
  t.equal(rest('a op=x acct="root"  y'), 'op=x acct="root"  y');
  t.equal(rest('a "op=x y"'), "op=x y");
});
