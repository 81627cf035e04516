import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { SYSCALL_BODY } from "../records.ts";
import { ALL, factsOf } from "./search-events.ts";

t.test("a SYSCALL record gives the task's fields", async (t) => {
  const body = SYSCALL_BODY.replace('key="k"', "subj=a:b key=6B31016B32");
  const facts = factsOf(ALL, [RecordType.SYSCALL, body]);
  t.match(facts, { arch: 0xc000003e, syscall: 59, success: 1, exit: 0n, ppid: 900, pid: 901 });
  t.match(facts, {
    auid: 1000,
    uid: 0,
    session: 1,
    comm: "sh",
    exe: "/bin/sh",
    terminal: "(none)",
  });
  t.strictSame(facts?.keys, ["k1", "k2"]);
  t.strictSame(facts?.labels, [{ subject: "a:b" }]);
  t.equal(facts?.auidName, "auid-1000");
});

t.test(
  "AUD-152: a SYSCALL record without ppid or a1 is bad only where it is looked at",
  async (t) => {
    const body = SYSCALL_BODY.replace("ppid=900 pid=901 ", "");
    t.equal(factsOf({ pid: true }, [RecordType.SYSCALL, body]), undefined);
    t.not(factsOf({}, [RecordType.SYSCALL, body]), undefined);
    t.equal(factsOf({}, [RecordType.SYSCALL, SYSCALL_BODY.replace("a1=2 ", "")]), undefined);
  },
);

t.test("a kernel record fills in what the event lacks", async (t) => {
  const facts = factsOf({ exe: true, terminal: true, uid: true, auid: true, session: true }, [
    RecordType.NETFILTER_CFG,
    "table=filter:1 family=2 entries=4 op=x pid=5 ",
  ]);
  t.match(facts, { exe: "(null)", terminal: "(none)", uid: 0, auid: 0xffffffff });
  t.equal(facts?.session, 0xffffffff);
});
