import { deepStrictEqual as deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  Errno,
  FieldNumber,
  RuleActionNumber,
  RuleListNumber,
  ruleFromPayload,
  ruleToPayload,
} from "@cauditd/libaudit";
import fc from "fast-check";
import t from "tap";
import { rule, takenRule } from "../rule-machine.ts";

interface Recorded {
  readonly in: string;
  readonly rc: number;
  readonly sha256?: string;
  readonly rule?: {
    readonly flags: number;
    readonly action: number;
    readonly n: number;
    readonly mask: Readonly<Record<string, string>>;
    readonly fields: readonly (readonly [number, string, number])[];
    readonly buf: string;
  };
}

const FILE = new URL("../../../../test/golden/auditctl/rules-3.0.9.jsonl.gz", import.meta.url);
const recorded: readonly Recorded[] = gunzipSync(readFileSync(FILE))
  .toString("latin1")
  .trim()
  .split("\n")
  .map((text) => JSON.parse(text));

t.test("219 example rules have the bytes that auditctl sent (AUD-163)", async (t) => {
  let compared = 0;
  for (const { in: text, sha256, rule: wanted } of recorded) {
    if (wanted === undefined) continue;
    const made = rule(text);
    equal(createHash("sha256").update(ruleToPayload(made)).digest("hex"), sha256, text);
    equal(RuleListNumber[made.list] | (made.prepend ? 16 : 0), wanted.flags);
    equal(RuleActionNumber[made.action], wanted.action);
    equal(made.fields.length, wanted.n);
    equal(made.fields.map((field) => field.text ?? "").join(""), wanted.buf);
    deepEqual(
      made.fields.map(({ field, op, value }) => [field, op, value]),
      wanted.fields.map(([field, op, value]) => [field, Number(op), value >>> 0]),
    );
    compared += 1;
  }
  t.equal(compared, 219);
});

t.test("a payload is read as what it was written from", async () => {
  fc.assert(
    fc.property(takenRule, (taken) => {
      deepEqual(ruleFromPayload(ruleToPayload(taken)), { ok: true, rule: taken });
    }),
  );
});

t.test("CID-70: a contid is eight bytes, little-endian", async (t) => {
  const bytes = ruleToPayload(rule("-a always,exit -F contid=0x0102030405060708"));
  t.same([...bytes.subarray(1040)], [8, 7, 6, 5, 4, 3, 2, 1]);
  t.equal(bytes[1036], 8);
  const short = bytes.slice();
  short[524] = 4;
  t.same(ruleFromPayload(short), { ok: false, errno: Errno.EINVAL });
});

t.test("payloads that tell of more than they have are EINVAL", async (t) => {
  const refused = { ok: false, errno: Errno.EINVAL };
  const bytes = ruleToPayload(rule("-w /etc/passwd -k key"));
  t.equal(ruleFromPayload(bytes).ok, true);
  t.same(ruleFromPayload(bytes.subarray(0, 1039)), refused, "short");
  t.same(ruleFromPayload(bytes.subarray(0, 1050)), refused, "text is missing");
  for (const [offset, value, name] of [
    [0, 7, "list"],
    [0, 2, "entry list"],
    [4, 1, "action"],
    [8, 65, "count"],
    [524, 200, "length of a text"],
    [1042, 0, "NUL in a text"],
    [268, 99, "field"],
  ] as const) {
    const changed = bytes.slice();
    changed[offset] = value;
    t.same(ruleFromPayload(changed), refused, name);
  }
});

t.test("a payload may lie anywhere in a larger buffer", async (t) => {
  const bytes = ruleToPayload(rule("-w /etc/passwd"));
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  const read = ruleFromPayload(larger.subarray(3));
  t.equal(read.ok && read.rule.fields[0]?.field, FieldNumber.WATCH);
});

t.test("any bytes give an answer, never an exception", async () => {
  const payload = fc
    .tuple(takenRule, fc.array(fc.tuple(fc.nat(1100), fc.nat(255)), { maxLength: 5 }))
    .map(([taken, changes]) => {
      const bytes = ruleToPayload(taken);
      for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(payload, fc.uint8Array({ maxLength: 1200 })), (bytes) => {
      const read = ruleFromPayload(bytes);
      return !read.ok || ruleToPayload(read.rule).length <= bytes.length + 3;
    }),
  );
});

t.test("a rule that has no payload is a RangeError", async (t) => {
  const one = rule("-a always,exit -F pid=1");
  t.throws(() => ruleToPayload({ ...one, syscalls: new Uint32Array(1) }), RangeError);
  const fields = Array(65).fill(one.fields[0]);
  t.throws(() => ruleToPayload({ ...one, fields }), RangeError);
});
