import type { FieldKind } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { type ArgumentKind, argumentText, valueText } from "../../src/interpret/value-text.ts";

function argument(kind: ArgumentKind, text: string, ppc = false): string {
  const buf = Buffer.from(text, "latin1");
  return argumentText(kind, buf, 0, buf.length, ppc);
}

function value(kind: FieldKind, text: string): string {
  const buf = Buffer.from(text, "latin1");
  return valueText(kind, buf, 0, buf.length);
}

t.test("arguments of system calls are named as ausearch names them", async (t) => {
  const cases: readonly (readonly [ArgumentKind, string, string])[] = [
    ["open", "80241", "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC"],
    ["open", "0", "O_RDONLY"],
    ["protmap", "f", "PROT_READ|PROT_WRITE|PROT_EXEC|PROT_SEM"],
    ["prot", "f", "PROT_READ|PROT_WRITE|PROT_EXEC"],
    ["mmap", "22", "MAP_PRIVATE|MAP_ANONYMOUS"],
    ["mmap", "4", "0x4"],
    [
      "clone",
      "3d0f11",
      "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|" +
        "CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID|SIGCHLD",
    ],
    ["dirfd", "ffffff9c", "AT_FDCWD"],
    ["dirfd", "3", "0x3"],
    ["mode", "81a4", "file,644"],
    ["modeshort", "9ed", "suid,0755"],
    ["signal", "9", "SIGKILL"],
    ["signal", "40", "unknown-signal(0x40)"],
    ["socklevel", "1", "SOL_SOCKET"],
    ["socklevel", "6", "tcp"],
    ["sockopt", "10", "SO_PASSCRED"],
    ["shm", "3b6", "IPC_CREAT|0666"],
    ["fdflag", "1", "FD_CLOEXEC"],
    ["fdflag", "2", "0x2"],
    ["exit", "1", "EXIT_FAILURE"],
    ["access", "6", "W_OK|R_OK"],
    ["access", "0", "F_OK"],
    ["open", "1ffffffffffffffff", "conversion error(1ffffffffffffffff)"],
  ];
  for (const [kind, text, expected] of cases) t.equal(argument(kind, text), expected, text);
  t.not(argument("sockopt", "10", true), "SO_PASSCRED", "PowerPC has other numbers");
});

t.test("fields are named as ausearch names them", async (t) => {
  const cases: readonly (readonly [FieldKind, string, string])[] = [
    ["mode", "0100644", "file,644"],
    ["mode", "041777", "dir,sticky,777"],
    ["mode", "0170000", "017,000"],
    ["success", "1", "yes"],
    ["success", "failed", "failed"],
    ["session", "4294967295", "unset"],
    ["capbitmap", "3", "chown,dac_override"],
    ["capbitmap", "0", "none"],
    ["capability", "21", "sys_admin"],
    ["capability", "41", "unknown-capability(41)"],
    ["perm", "0", "read,write,exec,attr"],
    ["perm", "6", "read,write"],
    ["personality", "40000", "PER_LINUX|~ADDR_NO_RANDOMIZE"],
    ["seccomp", "0x7ffc0000", "log"],
    ["list", "4", "exit"],
    ["nfproto", "2", "ipv4"],
    ["protocol", "6", "tcp"],
    ["protocol", "255", "undefined protocol"],
    ["macproto", "0x0806", "ARP"],
    ["fanotify", "2", "deny"],
    ["nlmcgrp", "1", "audit-netlink-multicast"],
    ["flag", "11", "follow,parent"],
    ["promisc", "256", "yes"],
    ["resolve", "0x8", "RESOLVE_BENEATH"],
  ];
  for (const [kind, text, expected] of cases) t.equal(value(kind, text), expected, text);
});

t.test("any text of any kind is taken", async (t) => {
  const kinds: FieldKind[] = ["mode", "perm", "success", "capbitmap", "signal", "list", "oflag"];
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(..."-0123456789abcdefx ") }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...kinds), text, (kind, text) => value(kind, text) !== undefined),
  );
  t.pass();
});
