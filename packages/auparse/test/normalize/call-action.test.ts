import { Arch, syscallNumber } from "@cauditd/libaudit";
import t from "tap";
import { actionOf } from "../../src/normalize/call-action.ts";
import { callKind } from "../../src/normalize/system-calls.ts";
import { call, part, working } from "./events.ts";

const PATHS = [
  'CWD cwd="/root"',
  'PATH item=0 name="from/" inode=9 mode=040755 nametype=PARENT',
  'PATH item=1 name="to/" inode=9 mode=040755 nametype=PARENT',
  'PATH item=2 name="from/a" inode=9 mode=0100644 nametype=DELETE',
  'PATH item=3 name="to/b" inode=9 mode=0100644 nametype=DELETE',
  'PATH item=4 name="to/b" inode=9 mode=0100644 nametype=CREATE',
];

/** Action, object and second object of a call. */
function told(
  name: string,
  records: readonly string[] = PATHS,
  more: Readonly<Record<string, string>> = {},
): (string | undefined)[] {
  const work = working([call(syscallNumber(Arch.X86_64, name) ?? -1, more), ...records]);
  work.form.how = "/bin/x";
  const succeeded = more["success"] !== "no";
  const action = actionOf(work, callKind(name), name, succeeded, 0);
  return [action, part(work, "object"), part(work, "object2"), work.form.objectKind];
}

t.test("a rename has two names", async (t) => {
  t.same(told("rename"), ["renamed", "from/a", "to/b", "file"]);
});

t.test("modes, owners and identities are second objects", async (t) => {
  const file = ['CWD cwd="/"', 'PATH item=0 name="f" inode=9 mode=0100644 nametype=NORMAL'];
  t.same(told("chmod", file), ["changed-file-permissions-of", "f", "0755", "file"]);
  t.same(told("chown", file, { a1: "0" }), ["changed-file-ownership-of", "f", "root", "file"]);
  const group = told("chown", file, { a1: "-1", a2: "0" });
  t.same(group, ["changed-file-ownership-of", "f", "0x0", "file"], "only the group changes");
  const ids = { a0: "ffffffff", a1: "0" };
  t.same(told("setreuid", [], ids), ["changed-identity-of", "/bin/x", "root", "process"]);
  t.same(told("setuid", [], { a0: "ffffffff" })[2], undefined);
});

t.test("a call on an open file has no working directory", async (t) => {
  const file = ["PATH item=0 name=(null) inode=3 mode=0100644 nametype=NORMAL"];
  t.same(told("fchmod", file)[3], "file");
});

t.test("sockets, signals and devices", async (t) => {
  const saddr = "SOCKADDR saddr=020000357F0000010000000000000000";
  const peer = "{ saddr_fam=inet laddr=127.0.0.1 lport=53 }";
  t.same(told("connect", [saddr]), ["connected-to", peer, undefined, "socket"]);
  t.same(told("kill", ["OBJ_PID opid=7"])[0], "killed-pid");
  t.same(told("kill", ["OBJ_PID opid=7", "OBJ_PID opid=8"])[0], "killed-list-of-pids");
  const device = ['CWD cwd="/"', 'PATH item=0 name="d" inode=9 mode=060600 nametype=CREATE'];
  t.same(told("mknod", device), ["made-block-device", "d", undefined, "block-device"]);
  t.same(told("mknod", []), ["make-device", undefined, undefined, "unknown"]);
});

t.test("memory and mounts depend on success", async (t) => {
  t.same(told("mmap", []), ["allocated-memory-in", "x", undefined, "memory"]);
  t.same(told("mmap", [], { success: "no" }), ["allocated-memory", undefined, undefined, "memory"]);
  t.same(told("mount", PATHS)[0], "mounted");
});

t.test("a call without a word triggered a rule: the one with its key", async (t) => {
  t.same(told("link", PATHS), [
    "triggered-unknown-audit-rule",
    undefined,
    undefined,
    "admin-defined-rule",
  ]);
  t.same(told("link", PATHS, { key: '"k1"' }).slice(0, 2), ["triggered-audit-rule", "k1"]);
});
