import { Arch, archName, archNumber, syscallName, syscallNumber } from "@cauditd/libaudit";
import t from "tap";

t.test("architecture numbers are those of AUDIT_ARCH", async (t) => {
  t.equal(Arch.X86_64, 0xc000003e);
  t.equal(Arch.I386, 0x40000003);
  t.equal(archName(3221225534), "x86_64");
  t.equal(archName(0x40000028), "armeb");
  t.equal(archName(0xdeadbeef), undefined);
});

t.test("every architecture is found by the name that is printed, in any case", async (t) => {
  for (const number of Object.values(Arch)) {
    const name = archName(number) ?? "";
    t.equal(archNumber(name), number, name);
    t.equal(archNumber(name.toUpperCase()), number, name);
  }
});

t.test("machine names beside the printed one are accepted, others are not", async (t) => {
  t.equal(archNumber("i686"), Arch.I386);
  t.equal(archNumber("arm"), Arch.ARM);
  t.equal(archNumber("armv7l"), Arch.ARM);
  t.equal(archNumber("armv8l"), Arch.AARCH64);
  for (const text of ["", "b64", "mips", "0xc000003e", "constructor"]) {
    t.equal(archNumber(text), undefined, text);
  }
});

t.test("the same call has another number on another architecture", async (t) => {
  t.equal(syscallNumber(Arch.X86_64, "openat"), 257);
  t.equal(syscallNumber(Arch.I386, "openat"), 295);
  t.equal(syscallNumber(Arch.AARCH64, "openat"), 56);
  t.equal(syscallNumber(Arch.S390X, "openat"), 288);
  t.equal(syscallName(Arch.X86_64, 2), "open");
  t.equal(syscallName(Arch.I386, 2), "fork");
  t.equal(syscallName(Arch.X86_64, 450), "set_mempolicy_home_node");
  t.equal(syscallNumber(Arch.X86_64, "OPEN"), 2);
});

t.test("the three PowerPC machines share one table", async (t) => {
  for (const arch of [Arch.PPC, Arch.PPC64, Arch.PPC64LE]) {
    t.equal(syscallName(arch, 1), "exit");
    t.equal(syscallNumber(arch, "read"), 3);
  }
});

t.test("unknown calls and unknown architectures are undefined", async (t) => {
  t.equal(syscallName(Arch.X86_64, 999), undefined);
  t.equal(syscallName(Arch.X86_64, 0x40000000), undefined, "x32");
  t.equal(syscallName(Arch.AARCH64, -1), undefined);
  t.equal(syscallName(0xdeadbeef, 5), undefined);
  t.equal(syscallNumber(Arch.AARCH64, "open"), undefined);
  t.equal(syscallNumber(Arch.X86_64, "257"), undefined);
  t.equal(syscallNumber(0xdeadbeef, "open"), undefined);
});
