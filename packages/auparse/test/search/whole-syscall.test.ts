import { RecordType } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { isWholeSyscall } from "../../src/search/whole-syscall.ts";
import { factsOf } from "./search-events.ts";

const whole = (body: string): boolean => {
  const bytes = Buffer.from(`type=SYSCALL ${body}\n`, "latin1");
  return isWholeSyscall(bytes, 13, bytes.length - 1);
};

t.test("a SYSCALL record as the kernel writes it has call, a0 and a1", async (t) => {
  t.ok(whole("arch=c000003e syscall=2 success=no exit=-13 a0=7ffd a1=0 a2=1 a3=0 items=1"));
  t.notOk(whole("arch=c000003e success=no a0=7ffd a1=0 a2=1"));
  t.notOk(whole("arch=c000003e syscall=2 success=no a1=0 a2=1"));
  t.notOk(whole("arch=c000003e syscall=2 a0=1 a1=2"));
  t.notOk(whole("arch=c000003e syscall=2 success=no\x1d a0=7ffd a1=0 a2=1"));
  t.notOk(whole(""));
});

t.test("a record that is taken for whole is not bad when nothing is asked for", async () => {
  const piece = fc.constantFrom(
    "arch=",
    " syscall=",
    "a0=",
    "a1=",
    "c000003e",
    "59",
    " ",
    "x",
    "\x01",
    "1".repeat(22),
  );
  const body = fc.oneof(
    fc.array(piece, { maxLength: 14 }),
    fc.array(piece, { maxLength: 8 }).map((rest) => ["arch=1 syscall=2 a0=", ...rest, " "]),
    fc.array(piece, { maxLength: 8 }).map((rest) => ["arch=1 syscall=2 a0=1 a1=", ...rest]),
  );
  fc.assert(
    fc.property(body, (pieces) => {
      const text = pieces.join("");
      return !whole(text) || factsOf({}, [RecordType.SYSCALL, text]) !== undefined;
    }),
    { numRuns: 2000 },
  );
});
