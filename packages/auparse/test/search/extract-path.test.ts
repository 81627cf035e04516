import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { factsOf } from "./search-events.ts";

const names = (...records: readonly (readonly [number, string])[]): string[] | undefined =>
  factsOf({ file: true }, ...records)?.files?.map(({ name }) => name);

t.test(
  "names of PATH records are decoded, and put behind the cwd when they begin with a dot",
  async (t) => {
    const cwd = [RecordType.CWD, 'cwd="/home/u"'] as const;
    t.strictSame(
      names(
        cwd,
        [RecordType.PATH, 'item=0 name="./a" nametype=NORMAL'],
        [RecordType.PATH, 'item=1 name="../b" nametype=NORMAL'],
        [RecordType.PATH, "item=2 name=(null) nametype=NORMAL"],
        [RecordType.PATH, "item=3 name=2F6120 nametype=NORMAL"],
        [RecordType.PATH, 'item=4 name=".c" nametype=PARENT'],
      ),
      ["/home/u/./a", "/home/u/../b", "(null)", "/a ", ".c"],
    );
    t.equal(names([RecordType.PATH, "item=0 name=zz nametype=NORMAL"]), undefined);
    t.equal(names([RecordType.AVC_PATH, "nothing"]), undefined);
    t.strictSame(names([RecordType.AVC_PATH, 'x path="/p"']), ["/p"]);
  },
);

t.test("the event's first cwd counts", async (t) => {
  const facts = factsOf({ file: true }, [RecordType.CWD, 'cwd="/a"'], [RecordType.CWD, "cwd=2F62"]);
  t.equal(facts?.cwd, "/a");
});

t.test("a socket address gives a host or a path", async (t) => {
  const host = (saddr: string): string | undefined =>
    factsOf({ host: true }, [RecordType.SOCKADDR, `saddr=${saddr}`])?.host;
  t.equal(host("020000500A00000F0000000000000000"), "10.0.0.15");
  t.equal(host("0A0000500000000020010DB800000000000000000000000100000000"), "2001:db8::1");
  t.equal(host("100000000000000000000000"), undefined);
  t.equal(factsOf({ host: true }, [RecordType.SOCKADDR, "saddr=0200"]), undefined, "too short");
  t.strictSame(names([RecordType.SOCKADDR, "saddr=01002F72756E2F7800"]), ["/run/x"]);
  t.strictSame(names([RecordType.SOCKADDR, "saddr=01000061620000"]), ["ab"]);
});
