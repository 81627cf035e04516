import { Arch } from "@cauditd/libaudit";
import t from "tap";
import { AtKind, atKind } from "../../src/filter/at-calls.ts";

t.test("calls that take a directory's descriptor are known by number", (t) => {
  t.equal(atKind(Arch.X86_64, 257), AtKind.first, "openat");
  t.equal(atKind(Arch.X86_64, 264), AtKind.firstAndThird, "renameat");
  t.equal(atKind(Arch.X86_64, 266), AtKind.second, "symlinkat");
  t.equal(atKind(Arch.X86_64, 2), AtKind.none, "open");
  t.equal(atKind(Arch.I386, 295), AtKind.first, "openat of i386");
  t.equal(atKind(0x1234, 257), AtKind.none);
  t.equal(atKind(Arch.X86_64, 1e6), AtKind.none);
  t.end();
});
