import t from "tap";
import { callNumber } from "../../src/emulation/call-records.ts";
import { startDaemon } from "../../src/emulation/daemon-calls.ts";
import { exit, syscall } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, recordsOf } from "../emulation/host.ts";

t.test(
  "CID-90, CID-91, CID-94: the host gets every event, a container those of its chain",
  async (t) => {
    const kernel = emulate();
    const one = contained(kernel, 1n);
    const two = contained(kernel, 2n);
    const z = contained(kernel, 22n, two);
    for (const contid of [undefined, 1n, 2n, 22n]) records(kernel, contid);
    syscall(kernel, z, { number: callNumber("getpid"), exit: 0 });
    t.same(recordsOf(kernel, "CONTAINER_ID"), ["CONTAINER_ID record=1 contid=22,^2"]);
    t.same(recordsOf(kernel, "CONTAINER_ID", 2n), ["CONTAINER_ID record=1 contid=22,^2"]);
    t.same(recordsOf(kernel, "CONTAINER_ID", 22n), ["CONTAINER_ID record=1 contid=22"]);
    t.same(records(kernel, 1n), []);
    syscall(kernel, kernel.init, { number: callNumber("getpid"), exit: 0 });
    t.same(records(kernel, 2n), []);
    t.equal(records(kernel).length, 2);
    t.equal(one.chain.length, 1);
  },
);

t.test("CID-100: an event is made once, however many daemons there are", async (t) => {
  const kernel = emulate();
  let task = kernel.init;
  for (let contid = 1n; contid <= 5n; contid++) {
    task = contained(kernel, contid, task);
    startDaemon(kernel, task);
  }
  const before = kernel.scopes.built;
  syscall(kernel, task, { number: callNumber("getpid"), exit: 0 });
  t.equal(kernel.scopes.built, before + 1);
});

t.test("CID-96, CID-97: serials of a scope count its own events only", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  const b = contained(kernel, 2n);
  const serial = (): number => kernel.scopes.find(1n)?.instance.serial ?? -1;
  syscall(kernel, a, { number: callNumber("getpid"), exit: 0 });
  const before = serial();
  for (let i = 0; i < 1000; i++) syscall(kernel, b, { number: callNumber("getpid"), exit: 0 });
  syscall(kernel, a, { number: callNumber("getpid"), exit: 0 });
  t.equal(serial(), before + 1);
});

t.test("CID-104: the scope of a contid that is used again is a new one", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 7n);
  startDaemon(kernel, a);
  const old = kernel.scopes.find(7n);
  exit(kernel, a);
  t.equal(kernel.scopes.find(7n), undefined);
  t.equal(kernel.scopes.ended(7n), old);
  t.match(old?.receive().at(-1), /CONTAINER_OP .*op=drop /, "the daemon was the last to go");
  const b = contained(kernel, 7n, child(kernel));
  t.equal(kernel.scopes.of(b).instance.serial, 0);
  t.equal(kernel.scopes.of(b).daemon, undefined);
  t.equal(kernel.scopes.ended(7n), undefined);
});
