import { hasAllSyscalls, hasSyscall, MASK_WORDS, ruleKeys } from "@cauditd/libaudit";
import t from "tap";
import { rule } from "../rule-machine.ts";

t.test("a call is in a mask by its bit, and never beyond 2047 (AUD-92)", async (t) => {
  const mask = new Uint32Array(MASK_WORDS);
  mask[8] = 2;
  t.equal(hasSyscall(mask, 257), true);
  t.equal(hasSyscall(mask, 256), false);
  t.equal(hasSyscall(new Uint32Array(MASK_WORDS).fill(0xffffffff), 0x40000101), false);
  t.equal(hasSyscall(mask, -1), false);
});

t.test("a mask stands for all calls if words 0 to 62 are full", async (t) => {
  const mask = new Uint32Array(MASK_WORDS).fill(0xffffffff);
  mask[63] = 0;
  t.equal(hasAllSyscalls(mask), true);
  mask[62] = 0xfffffffe;
  t.equal(hasAllSyscalls(mask), false);
});

t.test("AUD-22: several keys are one field", async (t) => {
  t.same(ruleKeys(rule("-w /etc/passwd -k a -k b")), ["a", "b"]);
  t.same(ruleKeys(rule("-w /etc/passwd")), []);
});
