import fc from "fast-check";
import t from "tap";
import { SyscallHead } from "../../src/filter/syscall-head.ts";

t.test("architecture and number are those that are written, whatever was read before", (t) => {
  const arch = fc.constantFrom("c000003e", "40000003", "c00000b7", "3e", "c000003e0", "");
  const number = fc.constantFrom("0", "1", "10", "100", "101", "1000", "1073741825");
  const behind = fc.constantFrom(" success=yes exit=0", " a0=7", "", " ", "\x1dARCH=x86_64");
  const head = new SyscallHead();
  fc.assert(
    fc.property(fc.array(fc.tuple(arch, number, behind), { maxLength: 20 }), (all) => {
      for (const [first, second, rest] of all) {
        const text = `arch=${first} syscall=${second}`;
        const buf = Buffer.from(text + rest, "latin1");
        head.read(buf, new DataView(buf.buffer, buf.byteOffset, buf.length), 0, buf.length);
        t.equal(head.archBits, Number.parseInt(`0${first}`.slice(-8), 16) | 0);
        t.equal(head.syscall, Number(second));
        t.equal(head.end, text.length);
      }
    }),
  );
  t.end();
});

t.test("what is no number, or too large a one, is no call", (t) => {
  const head = new SyscallHead();
  for (const body of ["", "arch=", "arch=c000003e syscall=", "arch=c000003e syscall=2147483648"]) {
    const buf = Buffer.from(body, "latin1");
    head.read(buf, new DataView(buf.buffer, buf.byteOffset, buf.length), 0, buf.length);
    t.equal(head.syscall, -1, body);
  }
  t.end();
});
