import { Arch, Perm, syscallNumber } from "@cauditd/libaudit";
import t from "tap";
import { accessOfFlags, PermKind, permTable } from "../../src/filter/perm-class.ts";

function classOf(arch: number, name: string): number {
  return permTable(arch).classes[syscallNumber(arch, name) ?? 2047] ?? 0;
}

t.test("calls are in the classes of their ABI", (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ["unlink", Perm.WRITE],
    ["rename", Perm.WRITE],
    ["link", Perm.WRITE | Perm.ATTR],
    ["linkat", Perm.WRITE | Perm.ATTR],
    ["chmod", Perm.ATTR],
    ["getxattr", Perm.READ],
    ["quotactl", Perm.READ | Perm.WRITE],
    ["bind", Perm.WRITE],
    ["read", 0],
    ["stat", 0],
  ];
  for (const [name, access] of cases) t.equal(classOf(Arch.X86_64, name), access, name);
  t.equal(classOf(Arch.I386, "chown32"), Perm.ATTR);
  t.equal(classOf(Arch.I386, "ftruncate64"), Perm.WRITE);
  t.equal(classOf(Arch.AARCH64, "unlinkat"), Perm.WRITE);
  t.end();
});

t.test("calls newer than the tables have their class by number", (t) => {
  t.equal(permTable(Arch.X86_64).classes[452], Perm.ATTR);
  t.equal(permTable(Arch.X86_64).classes[464], Perm.READ);
  t.end();
});

t.test("opening calls go by their flags, an unknown architecture has no class", (t) => {
  const { kinds } = permTable(Arch.X86_64);
  t.equal(kinds[2], PermKind.open);
  t.equal(kinds[257], PermKind.openat);
  t.equal(kinds[437], PermKind.openat2);
  t.equal(kinds[59], PermKind.execve);
  t.equal(permTable(Arch.I386).kinds[102], PermKind.socketcall);
  t.notOk(permTable(0x1234).classes.some((bits) => bits !== 0));
  t.end();
});

t.test("O_RDONLY reads, O_WRONLY writes, O_RDWR does both; O_CREAT does not count", (t) => {
  t.equal(accessOfFlags(0), Perm.READ);
  t.equal(accessOfFlags(0o100), Perm.READ);
  t.equal(accessOfFlags(1), Perm.WRITE);
  t.equal(accessOfFlags(2), Perm.READ | Perm.WRITE);
  t.equal(accessOfFlags(3), Perm.READ | Perm.WRITE);
  t.end();
});
