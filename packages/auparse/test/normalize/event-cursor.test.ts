import fc from "fast-check";
import t from "tap";
import { EventCursor, UNKNOWN_TYPE } from "../../src/normalize/event-cursor.ts";
import { eventOf } from "./events.ts";

function fieldsOf(record: string, node = ""): string[] {
  const { records } = new EventCursor(eventOf([record], node));
  return (records[0]?.fields ?? []).map(({ name, value }) => `${name}=${value}`);
}

t.test("a record is split into its fields, and marks around values are left out", async (t) => {
  t.same(fieldsOf("USER_AUTH pid=1 msg='op=PAM:x acct=\"a\" exe=? (to=5) res=success'"), [
    "type=USER_AUTH",
    "pid=1",
    "op=PAM:x",
    'acct="a"',
    "exe=?",
    "to=5",
    "res=success",
  ]);
  t.same(fieldsOf("LOGIN pid=1: uid=0, empty= word subj=(none)", "n"), [
    "node=n",
    "type=LOGIN",
    "pid=1",
    "uid=0",
    "subj=(none)",
  ]);
});

t.test("several keys are fields of their own, and no key stays a word", async (t) => {
  t.same(fieldsOf("SYSCALL key=6B31016B20"), ["type=SYSCALL", 'key="k1"', "key=6B20"]);
  t.same(fieldsOf("SYSCALL key=(null)"), ["type=SYSCALL", "key=(null)"]);
});

t.test("an AVC's decision and rights have no names of their own", async (t) => {
  t.same(fieldsOf("AVC avc:  denied  { read write } for  pid=1"), [
    "type=AVC",
    "seresult=denied",
    "seperms=read,write",
    "pid=1",
  ]);
});

t.test("a search goes on behind the cursor and in later records", async (t) => {
  const at = new EventCursor(eventOf(["SYSCALL a=1 b=2", "CWD a=3", "PATH b=4 c=5"]));
  t.equal(at.find("a"), "1");
  t.equal(at.find("a"), "1", "the current field counts");
  t.equal(at.find("b"), "2");
  t.equal(at.find("b"), "2");
  t.equal(at.find("a"), undefined, "a cursor at the last field of a record stays there");
  t.same([at.record, at.current?.value], [0, "2"]);
  at.first();
  t.equal(at.find("c"), "5");
  t.same([at.record, at.field], [2, 2]);
  t.ok(at.goto(1));
  t.equal(at.find("none"), undefined);
  t.same([at.type, at.current, at.nextRecord()], [0, undefined, false], "it is outside now");
  t.notOk(at.goto(7));
  t.ok(at.goto(0));
  at.gotoField(2);
  t.equal(at.current?.value, "2");
  t.notOk(at.nextField());
});

t.test("types that audit 3.0.9 does not know have no number", async (t) => {
  t.equal(new EventCursor(eventOf(["CONTAINER_ID contid=1"])).type, UNKNOWN_TYPE);
});

t.test("no bytes of a record make it throw", async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const body = text.replace(/[\n\0]/g, "?");
      const at = new EventCursor(eventOf([`AVC ${body}`]));
      for (const name of ["key", "", "a", "seresult"]) at.find(name);
      return true;
    }),
  );
  t.pass();
});
