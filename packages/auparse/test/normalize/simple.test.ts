import t from "tap";
import { normalizeSimple } from "../../src/normalize/simple.ts";
import { call, part, working } from "./events.ts";

type Told = Record<"subject" | "action" | "object" | "kind" | "how" | "result", string | undefined>;

function told(record: string, all = false): Told {
  const work = working([record], all);
  if (!normalizeSimple(work)) throw new Error(record);
  const { action, objectKind: kind, how } = work.form;
  const [subject, object, result] = (["subject", "object", "result"] as const).map((name) =>
    part(work, name),
  );
  return { subject, action, object, kind, how, result };
}

t.test("records of programs: who, what, how", async (t) => {
  const login =
    "USER_LOGIN uid=0 auid=20001 " +
    `msg='op=login id=0 exe="/bin/login" terminal=tty1 res=success'`;
  t.same(told(login), {
    subject: "root",
    action: "logged-in",
    object: "tty1",
    kind: "user-session",
    how: "/bin/login",
    result: "success",
  });
  t.match(told(`USER_LOGIN msg='acct="joe" res=failed'`), { subject: "joe", result: "failed" });
  t.match(told("USER_DEVICE auid=0 msg='op=plug device=\"usb\"'"), { action: "plug" });
  t.match(told('TTY auid=0 comm="vi" data=6C73'), { action: "typed", how: "vi" });
  t.match(told("SYSTEM_BOOT auid=0 msg='exe=\"/sbin/init\"'"), { kind: "system" });
  const denied = "USER_AVC auid=0 avc:  denied  { x } for  scontext=a:b tcontext=c:d";
  t.match(told(denied), { subject: "a:b", object: undefined });
  t.match(told(denied, true), { subject: "a:b", object: "c:d" });
});

t.test("records of the kernel have shapes of their own", async (t) => {
  t.match(told('CONFIG_CHANGE auid=0 ses=1 op=add_rule key="k" list=4 res=1'), {
    action: "added-audit-rule",
    object: "k",
    kind: "audit-config",
  });
  t.match(told('CONFIG_CHANGE auid=0 ses=1 op=remove_rule key="k"'), {
    action: "deleted-audit-rule",
  });
  t.match(told("CONFIG_CHANGE auid=0 ses=1 op=set audit_pid=7"), {
    action: "changed-audit-configuration",
  });
  t.match(told('FEATURE_CHANGE auid=0 ses=1 uid=0 exe="/x" feature=x res=1'), {
    object: "x",
    result: "yes",
  });
  t.match(told('SECCOMP auid=0 uid=0 ses=1 exe="/x" syscall=59 code=0x0'), { how: "/x" });
  t.match(told('ANOM_ABEND auid=0 uid=0 ses=1 exe="/x" sig=11'), { object: "/x", how: "SIGSEGV" });
  t.match(told("ANOM_PROMISCUOUS auid=0 ses=1 dev=eth0"), { kind: "socket" });
  t.match(told("LOGIN pid=1 uid=0 old-auid=4294967295 auid=0 ses=1 res=1"), {
    subject: "unset",
    object: "root",
    result: "yes",
  });
  t.match(told('NETFILTER_CFG table=nat comm="ipt"'), { object: "nat", how: "ipt" });
  t.match(told('AVC avc:  denied  { x } for  comm="y" scontext=a:b tcontext=c:d', true), {
    subject: "a:b",
    object: "c:d",
    how: "y",
    result: "denied",
  });
  t.match(told("BPF prog-id=5 op=LOAD"), { object: "5" });
  t.match(told('EVENT_LISTENER auid=0 uid=0 ses=1 exe="/x" nl-mcgrp=1 op=connect res=1'), {
    action: "connected-to",
    how: "/x",
  });
  t.match(told("MAC_UNLBL_ALLOW auid=0 ses=1 unlbl_accept=1"), {
    action: "is-allowing-unlabeled-network-traffic",
  });
  t.match(told("MAC_MAP_ADD auid=0 ses=1 nlbl_domain=d"), { object: "d" });
});

t.test("records of the daemon say how it was asked", async (t) => {
  t.match(told("DAEMON_START auid=0 ses=1 res=success"), { how: "init", kind: "service" });
  t.match(told("DAEMON_ROTATE auid=0 ses=1 res=success"), { how: "signal" });
  t.match(told("DAEMON_ABORT auid=0 ses=1 res=failed"), { how: undefined });
});

t.test("a system call that stands alone is one", async (t) => {
  t.match(told(call(62)), { action: "killed-pid", kind: "process" });
});
