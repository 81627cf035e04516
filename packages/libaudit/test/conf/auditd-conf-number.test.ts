import t from "tap";
import { boundedNumber, confNumber, leadingNumber } from "../../src/conf/auditd-conf-number.ts";

const RANGE = "Error converting string to a number (Numerical result out of range) - line 3";

t.test("leading digits count, up to 64 bits", async (t) => {
  for (const [text, value] of [
    ["", 0],
    ["007", 7],
    [" 12 5", 12],
    ["12abc", 12],
    ["9007199254740993", Number.MAX_SAFE_INTEGER],
    ["18446744073709551615", Number.MAX_SAFE_INTEGER],
    [`${"0".repeat(30)}5`, 5],
    ["18446744073709551616", undefined],
    ["999999999999999999999", undefined],
  ] as const) {
    t.equal(leadingNumber(text), value, text);
  }
});

t.test("a number is digits and nothing else", async (t) => {
  t.same(confNumber("8", 3), { value: 8 });
  for (const text of ["abc", "-1", "+1", "8k", "0x8", "1 "]) {
    t.same(confNumber(text, 3), { refused: `Value ${text} should only be numbers - line 3` });
  }
  t.same(confNumber("18446744073709551616", 3), { refused: RANGE });
});

t.test("bounds are included and keep the text as it was given", async (t) => {
  t.same(boundedNumber("1", 3, 1, 9), { value: 1 });
  t.same(boundedNumber("9", 3, 1, 9), { value: 9 });
  t.same(boundedNumber("00", 3, 1, 9), {
    refused: "Error - converted number (00) is too small - line 3",
  });
  t.same(boundedNumber("10", 3, 1, 9), {
    refused: "Error - converted number (10) is too large - line 3",
  });
});
