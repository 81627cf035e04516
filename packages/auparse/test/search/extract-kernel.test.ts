import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { ALL, factsOf } from "./search-events.ts";

t.test("an AVC gives its decision, permission and contexts", async (t) => {
  const body =
    'avc:  denied  { read write } for  pid=3 comm="h" name="s" scontext=a:b tcontext=c:d ' +
    "tclass=file";
  const facts = factsOf(ALL, [RecordType.AVC, body]);
  t.match(facts, { pid: 3, comm: "h", success: 0, files: [{ name: "s" }] });
  t.match(facts?.labels, [
    { subject: "a:b", object: "c:d", className: "file", permission: "read write" },
  ]);
  t.equal(factsOf({}, [RecordType.AVC, "avc: denied { read } for pid=1"]), undefined, "no tclass");
});

t.test("an AVC of user space may lack fields", async (t) => {
  const body =
    "pid=1 uid=0 auid=1 ses=1 subj=s:s msg='avc:  denied  { start } for x tcontext=o:o y'";
  t.match(factsOf({ success: true, object: true }, [RecordType.USER_AVC, body]), { success: 0 });
});

t.test("anomaly, integrity, tty and packet records are read", async (t) => {
  const abend = 'auid=1 uid=2 gid=3 ses=4 pid=5 comm="c" exe="/e" sig=11 res=1';
  t.match(factsOf(ALL, [RecordType.ANOM_ABEND, abend]), { auid: 1, uid: 2, gid: 3, exe: "/e" });
  const seccomp =
    'auid=1 uid=2 gid=3 ses=4 pid=5 comm="c" exe="/e" sig=31 arch=c000003e syscall=2 ';
  t.match(factsOf(ALL, [RecordType.SECCOMP, seccomp]), { arch: 0xc000003e, syscall: 2 });
  t.match(factsOf(ALL, [RecordType.ANOM_PROMISCUOUS, "dev=e auid=1 uid=0 gid=0 ses=9"]), {
    session: 9,
  });
  const data = 'pid=5 uid=7 auid=1 ses=4 comm="c" name="/n" dev="d" res=0';
  t.match(factsOf(ALL, [RecordType.INTEGRITY_DATA, data]), { uid: 0, pid: 5, success: 0 });
  t.match(factsOf(ALL, [RecordType.TTY, 'pid=1 uid=7 auid=1 ses=4 comm="b" data=61']), {
    comm: "b",
  });
  t.match(factsOf(ALL, [RecordType.NETFILTER_PKT, "saddr=10.0.0.1 x"]), { host: "10.0.0.1" });
});

t.test("a configuration change succeeded unless it says otherwise", async (t) => {
  const want = { key: true, file: true, success: true };
  const facts = factsOf(want, [RecordType.CONFIG_CHANGE, 'op=x path="/p" key="k" list=4']);
  t.match(facts, { keys: ["k"], files: [{ name: "/p" }], success: 1 });
  t.match(factsOf(want, [RecordType.CONFIG_CHANGE, "op=x res=0"]), { success: 0 });
});
