import t from "tap";
import { line } from "../rule-machine.ts";

function listed(test: string): string {
  return line(`-a always,exit -F ${test}`).list.replace(/^.* -F |\n$/g, "");
}

t.test("AUD-39: numbers are C's: 0x hex, 0 octal, junk left out, 32 bits kept", async (t) => {
  t.equal(listed("a0=0x1f"), "a0=0x1F");
  t.equal(listed("a0=010"), "a0=0x8");
  t.equal(listed("a0=08"), "a0=0x0");
  t.equal(listed("a0=0xg"), "a0=0x0");
  t.equal(listed("a0=5x"), "a0=0x5");
  t.equal(listed("a0=4294967296"), "a0=0x0");
  t.equal(listed("a0=-100"), "a0=0xFFFFFF9C");
  t.equal(listed("a0=-010"), "a0=0xFFFFFFF8");
});

t.test("beyond 64 bits a number is the largest of its kind", async (t) => {
  t.equal(listed("a0=18446744073709551615"), "a0=0xFFFFFFFF");
  t.equal(listed("a0=18446744073709551616"), "a0=0xFFFFFFFF");
  t.equal(listed("a0=-9223372036854775808"), "a0=0x0");
  t.equal(listed("a0=-9223372036854775809"), "a0=0x0");
  t.equal(listed("pid=9223372036854775808"), "pid=-1");
  t.equal(listed("pid=9223372036854775806"), "pid=-2");
  t.equal(listed(`a0=${"0".repeat(5000)}7`), "a0=0x7");
  t.equal(listed(`a0=1${"0".repeat(5000)}`), "a0=0xFFFFFFFF");
});
