import t from "tap";
import { Cursor, Need } from "../../src/search/cursor.ts";

function at(text: string): Cursor {
  const cursor = new Cursor();
  cursor.reset(text);
  return cursor;
}

t.test("fields are found from where the last one ended", async (t) => {
  const cursor = at("uid=1 pid=2 uid=3 ");
  t.equal(cursor.number("pid="), 2);
  t.equal(cursor.number("uid="), 3);
  t.equal(cursor.number("uid="), undefined);
  t.notOk(cursor.bad);
});

t.test("a required field that is missing makes the record bad", async (t) => {
  const cursor = at("a=1 ");
  t.equal(cursor.word("b=", Need.required), undefined);
  t.ok(cursor.bad);
});

t.test("only a last field may end with the record", async (t) => {
  t.equal(at("res=1").number("res=", Need.last), 1);
  const cursor = at("res=1");
  t.equal(cursor.number("res="), undefined);
  t.ok(cursor.bad);
  t.equal(at("arch=c000003e").hex("arch=", Need.requiredLast), 0xc000003e);
});

t.test("a quoted string moves the cursor, an encoded one does not", async (t) => {
  const cursor = at('a="x y" b=6162 c=1 ');
  t.equal(cursor.untrusted("a="), "x y");
  t.equal(cursor.at, 6);
  t.equal(cursor.untrusted("b="), "ab");
  t.equal(cursor.at, 6);
  t.equal(at('a="x').untrusted("a="), undefined);
});

t.test("a number that does not fit makes the record bad", async (t) => {
  const cursor = at("pid=99999999999999999999 ");
  t.equal(cursor.number("pid="), undefined);
  t.ok(cursor.bad);
});
