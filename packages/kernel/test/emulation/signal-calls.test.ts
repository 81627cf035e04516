import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { startDaemon } from "../../src/emulation/daemon-calls.ts";
import {
  formatSignalAnswer,
  kill,
  Signal,
  signalInfo,
  signalNumber,
} from "../../src/emulation/signal-calls.ts";
import { exit, unshare } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records, recordsOf, said } from "./host.ts";

t.test(
  "CID-61, CID-121: a signal to three containers; the sender's sees no contid of the others",
  async (t) => {
    const kernel = emulate();
    const [x, y, z] = [contained(kernel, 10n), contained(kernel, 20n), contained(kernel, 30n)];
    records(kernel);
    kill(kernel, [x, y, z], Signal.CONT, x);
    const seen = records(kernel).filter((line) => !/^(SYSCALL|PROCTITLE)/.test(line));
    t.same(seen, [
      "CONTAINER_ID record=1 contid=10",
      "CONTAINER_ID record=2 contid=10",
      'OBJ_PID opid=2 oauid=-1 ouid=0 oses=4294967295 ocomm="init" record=2',
      "CONTAINER_ID record=3 contid=20",
      'OBJ_PID opid=3 oauid=-1 ouid=0 oses=4294967295 ocomm="init" record=3',
      "CONTAINER_ID record=4 contid=30",
      'OBJ_PID opid=4 oauid=-1 ouid=0 oses=4294967295 ocomm="init" record=4',
    ]);
    t.notMatch(records(kernel, 10n).join("\n"), /contid=[23]0|record=[34]/);
    t.same(records(kernel, 20n), []);
  },
);

t.test(
  "CID-37, CID-74: a sender's contid is held until the info is fetched or replaced",
  async (t) => {
    const kernel = emulate();
    const daemon = child(kernel);
    startDaemon(kernel, daemon);
    const sender = contained(kernel, 7n);
    kill(kernel, [daemon], Signal.HUP, sender);
    exit(kernel, sender);
    t.ok(kernel.containers.find(7n));
    const answer = signalInfo(kernel, daemon);
    if (typeof answer === "number") throw new Error("refused");
    t.equal(formatSignalAnswer(answer), "uid=0 pid=3 cid_len=1 contid=7");
    t.equal(kernel.containers.find(7n), undefined);
    t.match(recordsOf(kernel, "DAEMON_CONFIG")[0], / contid=7 res=success$/);
    const second = contained(kernel, 8n);
    kill(kernel, [daemon], Signal.USR1, second);
    exit(kernel, second);
    kill(kernel, [daemon], Signal.USR1, kernel.init);
    t.equal(kernel.containers.find(8n), undefined);
  },
);

t.test(
  "CID-73, CID-102, CID-103, CID-120: each scope has its own info, trimmed to it",
  async (t) => {
    const kernel = emulate();
    const b = contained(kernel, 1n);
    const c = contained(kernel, 4n, b);
    startDaemon(kernel, kernel.init);
    startDaemon(kernel, b);
    kill(kernel, [b], Signal.TERM, c);
    t.same(signalInfo(kernel, kernel.init), { uid: 0, pid: 0, chain: [] });
    t.same(signalInfo(kernel, b), { uid: 0, pid: c.pid, chain: [4n, 1n] });
    const w = contained(kernel, 9n);
    kill(kernel, [b], Signal.HUP, w);
    exit(kernel, w);
    t.ok(kernel.containers.find(9n), "held");
    exit(kernel, c);
    exit(kernel, b);
    t.equal(kernel.containers.find(9n), undefined, "until the scope ends");
  },
);

t.test("CID-75: other signals, and those to other tasks, are not remembered", async (t) => {
  const kernel = emulate();
  const daemon = child(kernel);
  startDaemon(kernel, daemon);
  kill(kernel, [daemon], Signal.INT, kernel.init);
  kill(kernel, [child(kernel)], Signal.HUP, kernel.init);
  t.equal(kernel.scopes.host.signal, undefined);
});

t.test("signals reach what their sender sees and may signal; KILL ends it", async (t) => {
  const kernel = emulate();
  const shim = contained(kernel, 1n);
  unshare(kernel, shim, "user");
  unshare(kernel, shim, "pid");
  const root = child(kernel, shim);
  t.equal(said(kill(kernel, [kernel.init], Signal.HUP, root)), "ESRCH");
  const nobody = child(kernel, kernel.init, { uid: 65534, capabilities: 0n });
  t.equal(said(kill(kernel, [shim], Signal.HUP, nobody)), "EPERM");
  t.equal(said(kill(kernel, [nobody], Signal.HUP, nobody)), "ok");
  t.equal(said(kill(kernel, [root], Signal.KILL, kernel.init)), "ok");
  t.equal(root.state, "zombie");
  t.equal(signalInfo(kernel, nobody), Errno.EPERM);
});

t.test("a signal is known by number or name", async (t) => {
  t.same([signalNumber("HUP"), signalNumber("sigterm"), signalNumber("9")], [1, 15, 9]);
  t.same(
    [signalNumber("65"), signalNumber("NO"), signalNumber("")],
    [undefined, undefined, undefined],
  );
});

t.test("CID-33: whom a signal kills leaves no call, only the end of its container", async (t) => {
  const kernel = emulate();
  const shim = contained(kernel, 1n);
  unshare(kernel, shim, "pid");
  const root = child(kernel, shim);
  const inner = child(kernel, root);
  t.equal(said(kill(kernel, [root], Signal.KILL, inner)), "ok");
  t.equal(root.state, "running", "from inside the first task of a namespace is spared");
  t.equal(said(kill(kernel, [kernel.init], Signal.KILL, kernel.init)), "ok");
  t.equal(kernel.init.state, "running");
  kill(kernel, [root], Signal.KILL, shim);
  t.same([root.state, inner.state], ["zombie", "gone"]);
  records(kernel);
  kill(kernel, [shim], Signal.KILL, kernel.init);
  const types = records(kernel).map((line) => line.split(" ", 1)[0]);
  t.same(types, ["SYSCALL", "CONTAINER_ID", "OBJ_PID", "PROCTITLE", "CONTAINER_OP"]);
  t.equal(said(kill(kernel, [shim], Signal.HUP, kernel.init)), "ok", "a zombie takes any signal");
  t.equal(recordsOf(kernel, "OBJ_PID").length, 1);
});
