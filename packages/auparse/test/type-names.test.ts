import { equal } from "node:assert/strict";
import { recordTypeEntries, recordTypeName, recordTypeNumber } from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { parse } from "./collect.ts";

function typeOf(name: string): number | undefined {
  return parse(`type=${name} msg=audit(1.000:1): x\n`).events[0]?.types[0];
}

t.test("every name of the table gives its number", async (t) => {
  let names = 0;
  for (const [name, number] of recordTypeEntries()) {
    names++;
    if (name !== "EOE") t.equal(typeOf(name), number, name);
  }
  t.ok(names > 150, `${names} names`);
});

t.test("a name that is nearly one of the table is not taken for it", async (t) => {
  for (const [name] of recordTypeEntries()) {
    for (const near of [`${name}X`, `X${name}`, name.slice(0, -1), `${name}_`]) {
      if (recordTypeNumber(near) === undefined && near !== "") t.equal(typeOf(near), 0, near);
    }
  }
});

t.test("names that have the hash of another one are told apart by their bytes", async (t) => {
  // (67 * 31 + 87) * 31 + 68 is "CWD", (68 * 31 + 56) * 31 + 68 is "D8D".
  t.equal(typeOf("CWD"), recordTypeNumber("CWD"));
  t.equal(typeOf("D8D"), 0);
});

t.test("AUD-138: any number is read back from the name that libaudit gives it", async () => {
  const number = fc.integer({ min: 0, max: 4294967295 });
  fc.assert(
    fc.property(fc.oneof(number, fc.integer({ min: 1000, max: 2999 })), (type) => {
      fc.pre(type !== recordTypeNumber("EOE"));
      equal(typeOf(recordTypeName(type)), type);
    }),
  );
});

t.test("any text: a number, 0 for a name, or no record", async () => {
  const name = fc.oneof(fc.string(), fc.stringMatching(/^[A-Z][A-Z0-9_]{0,70}$/));
  fc.assert(
    fc.property(name, (text) => {
      fc.pre(!/[^!-~]/.test(text) && text !== "EOE" && text !== "");
      const known = recordTypeNumber(text);
      const formed = /^[A-Z][A-Z0-9_]{0,63}$/.test(text) ? 0 : undefined;
      equal(typeOf(text), known ?? formed);
    }),
  );
});
