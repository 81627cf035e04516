import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { ALL, factsOf } from "./search-events.ts";

const user = (said: string): string => `pid=4 uid=0 auid=4294967295 ses=2 subj=s:s msg='${said}'`;

t.test("the uid that a program names replaces the kernel's", async (t) => {
  const said =
    'op=login uid=1001 acct="bob" exe="/x" hostname=? addr=10.0.0.8 terminal=ssh res=failed';
  const facts = factsOf(ALL, [RecordType.USER_LOGIN, user(said)]);
  t.match(facts, { pid: 4, uid: 1001, auid: 0xffffffff, session: 2, account: "bob", exe: "/x" });
  t.match(facts, { host: "10.0.0.8", terminal: "ssh", success: 0 });
});

t.test("a uid that a program names and that is no number makes the record bad", async (t) => {
  const said = 'uid=-1 acct="bob" res=failed';
  t.equal(factsOf({ uid: true }, [RecordType.USER_LOGIN, user(said)]), undefined);
  t.match(factsOf({ success: true }, [RecordType.USER_LOGIN, user(said)]), { success: 0 });
});

t.test("old records are read as well", async (t) => {
  const said = "uid=1: exe=2F6120 (hostname=h, addr=a, terminal=t result=Success)";
  t.match(factsOf({ success: true, host: true }, [1112, user(said)]), { success: 1, host: "h" });
  t.match(factsOf({ exe: true }, [1112, user(said)]), { exe: "/a " });
});

t.test("LOGIN gives the new auid and session", async (t) => {
  const body =
    "pid=9 uid=0 old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=5 res=1";
  t.match(factsOf(ALL, [RecordType.LOGIN, body]), { pid: 9, auid: 1000, session: 5, success: 1 });
  const old = "login pid=9 uid=0 old auid=1 new auid=2 old ses=3 new ses=4";
  t.match(factsOf(ALL, [RecordType.LOGIN, old]), { auid: 2, session: 4, success: 1 });
});

t.test("auditd's own records give result and peer", async (t) => {
  const start = "op=start auid=5 pid=6 uid=7 ses=8 res=failed";
  t.match(factsOf(ALL, [RecordType.DAEMON_START, start]), { auid: 5, pid: 6, uid: 7, success: 0 });
  t.equal(factsOf(ALL, [RecordType.DAEMON_START, "op=start"]), undefined);
  const peer = "op=addr=10.0.0.7:1234 port=1234 res=success";
  t.match(factsOf(ALL, [RecordType.DAEMON_ACCEPT, peer]), { host: "10.0.0.7", success: 1 });
});

t.test("records of virtual machines give name, uuid, contexts and disks", async (t) => {
  const said = 'vm="g" uuid=ab-c vm-ctx=s:v img-ctx=o:i res=success';
  const facts = factsOf({ vm: true, uuid: true, subject: true, object: true }, [
    RecordType.VIRT_MACHINE_ID,
    user(said),
  ]);
  t.match(facts, { vm: "g", uuid: "ab-c" });
  t.strictSame(facts?.labels, [{ subject: "s:s" }, { subject: "s:v" }, { object: "o:i" }]);
  const disk = factsOf({ file: true }, [RecordType.VIRT_RESOURCE, user('x new-disk="/d"')]);
  t.strictSame(disk?.files, [{ name: "/d" }]);
});
