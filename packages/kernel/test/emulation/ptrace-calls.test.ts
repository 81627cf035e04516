import t from "tap";
import { setContid } from "../../src/emulation/contid-calls.ts";
import { attach, detach } from "../../src/emulation/ptrace-calls.ts";
import { exit, reap, unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, recordsOf, said } from "./host.ts";

t.test("a tracer is no ancestor, and its tracee's children are not its own", async (t) => {
  const kernel = emulate();
  const shell = child(kernel);
  const target = child(kernel, shell);
  const tracer = child(kernel);
  t.equal(said(attach(kernel, target, tracer)), "ok");
  t.equal(target.parent, tracer);
  t.equal(said(setContid(kernel, { task: target, text: "5", by: tracer })), "EXDEV");
  const busy = child(kernel, tracer);
  t.equal(said(setContid(kernel, { task: tracer, text: "6", by: kernel.init })), "EBUSY");
  exit(kernel, busy);
  reap(kernel, busy);
  t.equal(said(setContid(kernel, { task: tracer, text: "6", by: kernel.init })), "ok");
  t.equal(said(setContid(kernel, { task: target, text: "5", by: shell })), "ok");
  t.match(recordsOf(kernel, "SYSCALL").at(-1), / ppid=1 pid=2 /, "ppid is the real parent");
});

t.test("CID-61: an attach records its target, granted or not, and a detach does not", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  const b = contained(kernel, 2n);
  t.equal(said(attach(kernel, b, a)), "ok");
  t.equal(said(attach(kernel, b, child(kernel))), "EPERM", "it is traced already");
  t.same(
    recordsOf(kernel, "OBJ_PID").map((line) => line.replace(/ oauid.* record/, " record")),
    ["OBJ_PID opid=3 record=2", "OBJ_PID opid=3 record=1"],
  );
  t.equal(said(detach(kernel, b, kernel.init)), "ESRCH");
  t.equal(said(detach(kernel, b, a)), "ok");
  t.same(recordsOf(kernel, "OBJ_PID"), []);
});

t.test("who may trace whom", async (t) => {
  const kernel = emulate();
  const plain = child(kernel, kernel.init, { capabilities: 0n, uid: 7 });
  const same = child(kernel, kernel.init, { capabilities: 0n, uid: 7 });
  const other = child(kernel, kernel.init, { capabilities: 0n, uid: 8 });
  const inner = child(kernel);
  unshare(kernel, inner, "user");
  t.equal(said(attach(kernel, plain, plain)), "EPERM", "itself");
  t.equal(said(attach(kernel, other, plain)), "EPERM", "another user's");
  t.equal(said(attach(kernel, kernel.init, plain)), "EPERM", "one with more rights");
  t.equal(said(attach(kernel, plain, inner)), "EPERM", "one in the user namespace around it");
  t.equal(said(attach(kernel, same, plain)), "ok");
  t.equal(said(attach(kernel, inner, kernel.init)), "ok");
  exit(kernel, same);
  t.equal(said(detach(kernel, same, plain)), "ESRCH");
  t.equal(said(reap(kernel, same)), "ok");
  t.equal(said(attach(kernel, same, kernel.init)), "EPERM", "a zombie");
  reap(kernel, same);
  t.equal(said(attach(kernel, same, kernel.init)), "ESRCH");
});
