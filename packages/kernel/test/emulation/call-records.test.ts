import { Errno } from "@cauditd/libaudit";
import t from "tap";
import { callNumber, untrusted } from "../../src/emulation/call-records.ts";
import { syscall } from "../../src/emulation/task-calls.ts";
import { child, contained, emulate, records } from "./host.ts";

t.test(
  "CID-59: a call of a task in a container: CONTAINER_ID first, then SYSCALL with record=1",
  async (t) => {
    const kernel = emulate();
    const task = contained(kernel, 5n, child(kernel));
    records(kernel);
    syscall(kernel, task, {
      number: callNumber("openat"),
      exit: 3,
      args: [-100n, 0x7fffn],
      paths: ["/etc/passwd", "/a b"],
    });
    const types = records(kernel).map((line) => line.split(" ", 1)[0]);
    t.same(types, ["CONTAINER_ID", "SYSCALL", "CWD", "PATH", "PATH", "PROCTITLE"]);
    const lines = records(kernel, 5n);
    t.equal(lines[0], "CONTAINER_ID record=1 contid=5");
    t.equal(
      lines[1],
      "SYSCALL arch=c000003e syscall=257 success=yes exit=3 a0=ffffffffffffff9c a1=7fff a2=0 " +
        "a3=0 items=2 ppid=2 pid=3 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 " +
        'sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="init" exe="/sbin/init" key=(null) record=1',
    );
    t.match(lines[4], / name=2F612062 /);
  },
);

t.test("AUD-147: a name that is made or removed is behind its directory", async (t) => {
  const kernel = emulate();
  const paths = (name: string, exit: number): string[] => {
    syscall(kernel, kernel.init, { number: callNumber(name), exit, paths: ["/tmp/x"] });
    const of = records(kernel).filter((line) => /^(PATH|SYSCALL)/.test(line));
    return of.map((line) => line.replace(/.*(items=\d|name=\S+).*(nametype=\S+|ppid).*/, "$1 $2"));
  };
  t.same(paths("creat", 3), [
    "items=2 ppid",
    'name="/tmp/" nametype=PARENT',
    'name="/tmp/x" nametype=CREATE',
  ]);
  t.match(paths("unlink", 0)[2], /DELETE/);
  t.same(paths("creat", -13), ["items=1 ppid", 'name="/tmp/x" nametype=UNKNOWN']);
  t.same(paths("openat", 3), ["items=1 ppid", 'name="/tmp/x" nametype=NORMAL']);
});

t.test("AUD-145: a title has 128 bytes at most, and no unprintable end", async (t) => {
  const kernel = emulate();
  const title = (exe: string): string => {
    kernel.init.exe = exe;
    syscall(kernel, kernel.init, { number: callNumber("getpid"), exit: 0 });
    return records(kernel).at(-1) ?? "";
  };
  t.equal(title(`/${"x".repeat(200)}`), `PROCTITLE proctitle="/${"x".repeat(127)}"`);
  t.equal(title("/bin/sh\0\0"), 'PROCTITLE proctitle="/bin/sh"');
  t.equal(title("/bin/sh\0-c"), "PROCTITLE proctitle=2F62696E2F7368002D63");
});

t.test("CID-60: a task in no container has no CONTAINER_ID and no record=", async (t) => {
  const kernel = emulate();
  syscall(kernel, kernel.init, { number: callNumber("getpid"), exit: -Errno.EPERM });
  const text = records(kernel).join("\n");
  t.notMatch(text, /CONTAINER_ID|record=/);
  t.match(text, / success=no exit=-1 /);
});

t.test("a name that was not found has no inode", async (t) => {
  const kernel = emulate();
  const call = { number: callNumber("openat"), exit: -Errno.ENOENT, paths: ["/none"] };
  syscall(kernel, kernel.init, call);
  const path = records(kernel).find((line) => line.startsWith("PATH "));
  t.match(path, /^PATH item=0 name="\/none" nametype=UNKNOWN cap_fp=0 /);
});

t.test("calls are known by name, strings printed as the kernel prints them", async (t) => {
  t.equal(callNumber("write"), 1);
  t.throws(() => callNumber("no_such_call"), RangeError);
  t.equal(untrusted("/a b"), "2F612062");
  t.equal(untrusted("/ab"), '"/ab"');
});
