import t from "tap";
import { callNumber } from "../../src/emulation/call-records.ts";
import { startDaemon, stopDaemon } from "../../src/emulation/daemon-calls.ts";
import type { EmulatedKernel } from "../../src/emulation/emulated-kernel.ts";
import { kill, Signal } from "../../src/emulation/signal-calls.ts";
import { exit, syscall, unshare } from "../../src/emulation/task-calls.ts";
import type { Task } from "../../src/task/task.ts";
import { child, contained, emulate, recordsOf } from "../emulation/host.ts";

function call(kernel: EmulatedKernel, task: Task): void {
  syscall(kernel, task, { number: callNumber("getpid"), exit: 0 });
}

t.test(
  "CID-99, CID-105: a scope without a daemon fills up and loses, and nobody else does",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    const scope = kernel.scopes.find(1n);
    if (scope === undefined) throw new Error("no scope");
    scope.instance.status.backlog_limit = 2;
    for (let i = 0; i < 5; i++) call(kernel, a);
    t.equal(scope.waiting, 2);
    t.equal(scope.instance.status.lost, 3);
    t.equal(kernel.scopes.host.instance.status.lost, 0);
    t.equal(kernel.scopes.host.waiting, 6);
  },
);

t.test("CID-106: what waited is delivered first and in order, also after a break", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  const daemon = child(kernel, a);
  const scope = kernel.scopes.find(1n);
  const serials = (): number[] => [
    ...new Set((scope?.receive() ?? []).map((line) => Number(/:(\d+)\)/.exec(line)?.[1]))),
  ];
  call(kernel, a);
  startDaemon(kernel, daemon);
  call(kernel, a);
  t.same(serials(), [1, 2, 3, 4]);
  stopDaemon(kernel, daemon);
  call(kernel, a);
  startDaemon(kernel, child(kernel, a));
  t.same(serials(), [5, 6, 7, 8, 9]);
});

t.test(
  "CID-107: a scope is shown the pids of its daemon's namespace, and keeps to it",
  async (t) => {
    const kernel = emulate();
    const shim = contained(kernel, 1n);
    unshare(kernel, shim, "pid");
    const root = child(kernel, shim);
    call(kernel, root);
    t.match(recordsOf(kernel, "SYSCALL", 1n)[0], / ppid=0 pid=1 /);
    t.match(recordsOf(kernel, "SYSCALL").at(-1), / ppid=2 pid=3 /);
    const scope = kernel.scopes.find(1n);
    exit(kernel, root);
    exit(kernel, shim);
    t.match(scope?.receive().join("\n"), /SYSCALL.* ppid=0 pid=1 /);
    t.same([scope?.waiting, scope?.preview()], [0, []], "the queue has ended with it");
  },
);

t.test("a preview leaves everything waiting", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  call(kernel, a);
  const scope = kernel.scopes.find(1n);
  const before = scope?.preview();
  t.equal(scope?.waiting, 1);
  startDaemon(kernel, a);
  t.same(scope?.receive().slice(0, before?.length), before);
});

t.test(
  "CID-99, CID-106: a stopped daemon loses what is over its limit, and gets the rest in order",
  async (t) => {
    const kernel = emulate();
    const a = contained(kernel, 1n);
    const daemon = child(kernel, a);
    startDaemon(kernel, daemon);
    const scope = kernel.scopes.find(1n);
    if (scope === undefined) throw new Error("no scope");
    scope.instance.status.backlog_limit = 2;
    scope.receive();
    const { serial } = scope.instance;
    kill(kernel, [daemon], Signal.STOP, kernel.init);
    for (let i = 0; i < 3; i++) call(kernel, a);
    t.same([scope.waiting, scope.receive()], [2, []]);
    t.match(scope.instance.status.get(), { lost: 1, backlog: 0 });
    t.equal(startDaemon(kernel, a), 17, "EEXIST: it is there, if it does not read");
    t.equal(scope.instance.status.lost, 2);
    kill(kernel, [daemon], Signal.CONT, kernel.init);
    const got = scope.receive().map((line) => Number(/:(\d+)\)/.exec(line)?.[1]));
    t.same([...new Set(got)], [serial + 1, serial + 2]);
    t.equal(scope.waiting, 0);
  },
);

t.test("CID-106: what a stopped daemon did not take waits for the next one", async (t) => {
  const kernel = emulate();
  const a = contained(kernel, 1n);
  const daemon = child(kernel, a);
  startDaemon(kernel, daemon);
  const scope = kernel.scopes.find(1n);
  scope?.receive();
  kill(kernel, [daemon], Signal.STOP, kernel.init);
  call(kernel, a);
  kill(kernel, [daemon], Signal.KILL, kernel.init);
  t.equal(scope?.daemon, undefined);
  startDaemon(kernel, a);
  const types = scope?.receive().map((line) => line.split(" ", 1)[0]);
  t.equal(types?.[0], "type=CONTAINER_ID");
  t.ok(types?.includes("type=DAEMON_START"));
  t.equal(scope?.waiting, 0);
});
