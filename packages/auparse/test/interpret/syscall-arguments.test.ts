import t from "tap";
import { CNumber } from "../../src/interpret/c-number.ts";
import { argumentChoices, chosenKind } from "../../src/interpret/syscall-arguments.ts";

function of(value: number): CNumber {
  const text = Buffer.from(value.toString(16), "latin1");
  return new CNumber().read(text, 0, text.length, 16);
}

t.test("the arguments of a call have the kinds of its manual page", async (t) => {
  t.same(argumentChoices("openat"), ["dirfd", undefined, "open", undefined]);
  t.same(argumentChoices("mmap"), [undefined, undefined, "protmap", "mmap"]);
  t.same(argumentChoices("socket"), ["family", "socktype", "protocol16", undefined]);
  t.same(argumentChoices("renameat2"), ["dirfd", undefined, "dirfd", undefined]);
  t.same(argumentChoices("read"), [undefined, undefined, undefined, undefined]);
});

t.test("a kind may depend on the arguments in front", async (t) => {
  const zero = of(0);
  t.equal(chosenKind("afterprctl", of(23), zero), "capability16");
  t.equal(chosenKind("afterprctl", of(1), zero), "signal");
  t.equal(chosenKind("afterprctl", of(38), zero), undefined);
  t.equal(chosenKind("afterlevel", zero, of(6)), "tcpopt");
  t.equal(chosenKind("afterlevel", zero, of(0x1_0000_0006)), undefined);
  t.equal(chosenKind("aftercreate", zero, of(0o101)), "modeshort");
  t.equal(chosenKind("aftercreate", zero, zero), undefined);
  t.equal(chosenKind("afterfcntl", zero, of(8)), "uid");
  t.equal(chosenKind("afterfcntl", zero, of(2)), "fdflag");
  t.equal(chosenKind("afterfcntl", zero, of(4)), "number");
  t.equal(chosenKind("open", zero, zero), "open");
});
