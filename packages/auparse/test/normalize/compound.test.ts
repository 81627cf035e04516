import t from "tap";
import { normalizeCompound } from "../../src/normalize/compound.ts";
import { call, part, working } from "./events.ts";

t.test("an event of several records is about its system call", async (t) => {
  const work = working([
    call(257, { success: "no", key: '"k1"' }),
    'CWD cwd="/root"',
    'PATH item=0 name="x" inode=9 mode=0100644 nametype=NORMAL',
  ]);
  t.ok(normalizeCompound(work));
  t.match(work.form, {
    eventKind: "audit-rule",
    action: "opened-file",
    objectKind: "file",
    subjectKind: "privileged-acct",
    how: "/bin/x",
  });
  t.same(
    (["subject", "alias", "session", "result", "object", "objectDetail", "key"] as const).map(
      (name) => part(work, name),
    ),
    ["unknown(20001)", "root", "3", "no", "x", "9", "k1"],
  );
  t.equal(work.form.subjectLabel, undefined, "labels are not asked for");
});

t.test("labels are found when they are asked for", async (t) => {
  const path = 'PATH item=0 name="x" mode=0100644 ouid=0 obj=u:r:t nametype=NORMAL';
  const work = working([call(257), 'CWD cwd="/"', path], true);
  t.ok(normalizeCompound(work));
  t.same([part(work, "subjectLabel"), part(work, "objectLabel")], ["unconfined", "u:r:t"]);
});

t.test("the first record that says more than the call decides", async (t) => {
  const work = working(["BPF prog-id=12 op=LOAD", call(321)]);
  t.ok(normalizeCompound(work));
  t.match(work.form, { eventKind: "bpf-program", action: "loaded-bpf-program" });
  t.equal(part(work, "object"), "12");
  const denied = working([
    "AVC avc:  denied  { read } for  pid=1",
    call(257),
    'CWD cwd="/"',
    'PATH item=0 name="x" mode=040755 nametype=NORMAL',
  ]);
  t.ok(normalizeCompound(denied));
  t.equal(denied.form.action, "accessed-mac-policy-controlled-object");
  t.equal(denied.form.eventKind, "mac-decision");
});

t.test("a CONFIG_CHANGE with a call is about what was set", async (t) => {
  const work = working(["CONFIG_CHANGE auid=0 op=set audit_enabled=1 old=0", call(44)]);
  t.ok(normalizeCompound(work));
  t.match(work.form, { action: "set", eventKind: "configuration" });
  t.equal(part(work, "object"), "1");
});

t.test("without a system call there are no words", async (t) => {
  t.notOk(normalizeCompound(working(['CWD cwd="/"', "PATH item=0"])));
});
