import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { netlink, sendUserRecord } from "../../src/emulation/netlink-calls.ts";
import { unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

t.test(
  "CID-63: a user record is followed by a CONTAINER_ID, and has no record= itself",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    const type = RecordType.USER_LOGIN;
    t.equal(said(sendUserRecord(kernel, a, { type, text: "op=login res=success" })), "ok");
    t.same(records(kernel, 1n), [
      "USER_LOGIN pid=2 uid=0 auid=4294967295 ses=4294967295 msg='op=login res=success'",
      "CONTAINER_ID record=1 contid=1",
    ]);
  },
);

t.test("CID-81, CID-82, CID-83: who may send what, and what becomes of it", async (t) => {
  const kernel = emulate();
  const send = (text: string, type: number = RecordType.USER_LOGIN, opener = true): string =>
    said(sendUserRecord(kernel, kernel.init, { type, text, opener }));
  t.equal(send(""), "EINVAL");
  t.equal(send("x"), "ok");
  t.equal(send("x", RecordType.SYSCALL), "EINVAL");
  t.equal(send("x", RecordType.USER_LOGIN, false), "EPERM", "CID-80");
  const shim = child(kernel);
  unshare(kernel, shim, "pid");
  const inner = child(kernel, shim);
  records(kernel);
  sendUserRecord(kernel, inner, { type: RecordType.USER_LOGIN, text: "ok" });
  t.match(records(kernel)[0], /^USER_LOGIN pid=3 /);
  kernel.scopes.host.instance.status.enabled = 0;
  t.equal(send("x"), "ok");
  t.same(records(kernel), []);
  t.equal(send("x", RecordType.USER_AVC), "ok");
  t.equal(recordsOf(kernel, "USER_AVC").length, 1);
});

t.test("AUD-118: what a program sends cannot make a second record", async (t) => {
  const kernel = emulate();
  const text = "a'\ntype=SYSCALL msg=audit(1.000:1): x\0rest";
  sendUserRecord(kernel, kernel.init, { type: RecordType.USER, text });
  const lines = records(kernel);
  t.equal(lines.length, 1);
  t.match(lines[0], / msg='a' type=SYSCALL .*: x'$/);
  sendUserRecord(kernel, kernel.init, { type: RecordType.USER_TTY, text: "ls -l" });
  t.match(records(kernel)[0], / data=6C73202D6C$/);
  sendUserRecord(kernel, kernel.init, { type: RecordType.USER_TTY, text: "ls" });
  t.match(records(kernel)[0], / data="ls"$/);
});

t.test(
  "AUD-116, CID-76 to CID-79, CID-84: raw requests, answered as today's kernels do",
  async (t) => {
    const kernel = emulate();
    const tenant = contained(kernel, 1n);
    unshare(kernel, tenant, "user");
    const ask = (task: typeof tenant, type: number, pid?: number): string =>
      said(netlink(kernel, task, { type, ...(pid !== undefined && { pid }) }));
    for (const type of [1000, 1001, 1112, 1305, 999]) t.equal(ask(tenant, type), "ECONNREFUSED");
    const { init } = kernel;
    for (const type of [1000, 1001, 1010, 1013, 1021, 1112]) t.equal(ask(init, type), "ok");
    for (const type of [1011, 1012, 999, 1305]) t.equal(ask(init, type), "EINVAL");
    for (const type of [1002, 1003, 1004]) t.equal(ask(init, type), "EOPNOTSUPP");
    for (const type of [1006, 1300]) t.equal(ask(init, type), "EINVAL");
    t.equal(ask(init, 1001, 99), "EINVAL");
    t.equal(ask(init, 1001, 1), "ok");
    t.equal(kernel.scopes.host.daemon, init);
    t.equal(ask(child(kernel), 1001, 0), "EACCES");
    t.equal(ask(init, 1001, 0), "ok");
  },
);
