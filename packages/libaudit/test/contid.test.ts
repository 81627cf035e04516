import { deepStrictEqual as deepEqual, equal } from "node:assert/strict";
import {
  CONTID_TEXT_MAX,
  CONTID_UNSET,
  Errno,
  formatChain,
  formatContid,
  formatContidList,
  parseChain,
  parseContid,
  parseContidList,
  trimChain,
  trimContidList,
} from "@cauditd/libaudit";
import fc from "fast-check";
import t, { type Test } from "tap";

const contid = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: CONTID_UNSET }));
const chain = fc.uniqueArray(contid, { minLength: 1, maxLength: 8 });
const chains = fc.array(chain, { maxLength: 5 });
// Text made of the letters of the grammar, so that it is often nearly a list.
const nearlyList = fc
  .array(fc.constantFrom(",", "^", ",^", "-", "0", "1", "2", "12", " ", "-1"), { maxLength: 9 })
  .map((words) => words.join(""));

t.test("CID-11: text that is no unsigned decimal is EINVAL", async (t) => {
  const texts = [
    "abc",
    "",
    "-1",
    "12 3",
    "0x10",
    " 12",
    "12 ",
    "\n",
    "+",
    "++1",
    "+-1",
    "1.0",
    "1e3",
    "1_000",
    "1n",
    "12\n\n",
    "12\r\n",
    "\n12",
    "12\0",
    "\u0661\u0662",
  ];
  for (const text of texts) {
    t.same(parseContid(text), { ok: false, errno: Errno.EINVAL }, JSON.stringify(text));
  }
});

t.test("CID-12: a number above 2^64-1 is ERANGE, whatever follows it", async (t) => {
  for (const text of [
    "18446744073709551616",
    "18446744073709551616\n",
    "18446744073709551616x",
    "99999999999999999999",
    "100000000000000000000",
    "9".repeat(CONTID_TEXT_MAX),
  ]) {
    t.same(parseContid(text), { ok: false, errno: Errno.ERANGE }, text.slice(0, 30));
  }
});

t.test("CID-13: one trailing newline, a plus and leading zeros are accepted", async (t) => {
  for (const text of ["42", "42\n", "+42", "042", `${"0".repeat(100)}42\n`]) {
    t.same(parseContid(text), { ok: true, contid: 42n }, JSON.stringify(text));
  }
  t.same(parseContid("0"), { ok: true, contid: 0n });
  t.same(parseContid("000"), { ok: true, contid: 0n });
});

t.test("CID-9: the unset value is read, so that the caller can refuse and record it", async (t) => {
  t.equal(CONTID_UNSET, 2n ** 64n - 1n);
  t.same(parseContid("18446744073709551615"), { ok: true, contid: CONTID_UNSET });
});

t.test("contid text longer than a record is refused", async (t) => {
  const text = "1".padStart(CONTID_TEXT_MAX, "0");
  t.same(parseContid(text), { ok: true, contid: 1n });
  t.same(parseContid(`0${text}`), { ok: false, errno: Errno.EINVAL });
});

/** Shows that a property holds for `runs` generated inputs; a failure names the smallest one. */
function holds<T>(t: Test, input: fc.Arbitrary<T>, property: (input: T) => void, runs = 200): void {
  t.doesNotThrow(() => fc.assert(fc.property(input, property), { numRuns: runs }));
}

t.test("every u64 survives format and parse", async (t) => {
  holds(t, fc.tuple(contid, fc.constantFrom("", "\n")), ([id, end]) => {
    deepEqual(parseContid(formatContid(id) + end), { ok: true, contid: id });
  });
});

t.test("a value that is no u64 is not formatted", async (t) => {
  t.equal(formatContid(CONTID_UNSET), "18446744073709551615");
  t.throws(() => formatContid(-1n), RangeError);
  t.throws(() => formatContid(CONTID_UNSET + 1n), RangeError);
  t.throws(() => formatChain([1n, -1n]), RangeError);
});

t.test("CID-43: a chain reads and prints leaf first with comma and caret", async (t) => {
  t.same(parseChain("4,^2,^1"), [4n, 2n, 1n]);
  t.equal(formatChain([4n, 2n, 1n]), "4,^2,^1");
  t.same(parseChain("4"), [4n]);
  t.equal(formatChain([4n]), "4");
  t.equal(parseChain("2,^1,3,^1"), undefined, "two chains are not one");
});

t.test("CID-64: the list of a network namespace is chains one after the other", async (t) => {
  t.same(parseContidList("2,^1,3,^1"), [
    [2n, 1n],
    [3n, 1n],
  ]);
  t.equal(
    formatContidList([
      [2n, 1n],
      [3n, 1n],
    ]),
    "2,^1,3,^1",
  );
});

t.test("CID-118: an ancestor belongs to the contid before it", async (t) => {
  const list = parseContidList("7,666,^3");
  t.same(list, [[7n], [666n, 3n]]);
  t.ok(list?.some((members) => members.includes(3n)));
});

t.test("CID-33: -1 is no container, and no container is -1", async (t) => {
  t.same(parseContidList("-1"), []);
  t.same(parseChain("-1"), []);
  t.equal(formatContidList([]), "-1");
  t.equal(formatContidList([[], []]), "-1");
  t.equal(formatContidList([[], [2n]]), "2");
  t.equal(formatChain([]), "-1");
});

t.test("text that the kernel never prints is no list", async (t) => {
  const texts = [
    "",
    ",",
    "^1",
    "1,",
    ",1",
    "1,,2",
    "1,^",
    "1,^^2",
    "1^2",
    "1, 2",
    "1\n",
    "01",
    "+1",
    "1,-1",
    "-1,1",
    "0x1",
    "18446744073709551616",
    "1,^18446744073709551616",
    "4,^2,^4",
  ];
  for (const text of texts) {
    t.equal(parseContidList(text), undefined, JSON.stringify(text));
    t.equal(parseChain(text), undefined, JSON.stringify(text));
  }
});

t.test("CID-48: a list as long as a record is read, a longer one is not", async (t) => {
  const deep = Array.from({ length: 1500 }, (_, i) => BigInt(i));
  const text = formatChain(deep);
  t.ok(text.length < CONTID_TEXT_MAX);
  t.same(parseChain(text), deep);
  const many = Array.from({ length: 4485 }, () => "1").join(",");
  t.equal(many.length, CONTID_TEXT_MAX - 1);
  t.equal(parseContidList(many)?.length, 4485);
  t.equal(parseContidList(`${many},1`), undefined);
});

t.test("every list survives format and parse", async (t) => {
  holds(t, chains, (list) => deepEqual(parseContidList(formatContidList(list)), list));
  holds(t, chain, (members) => deepEqual(parseChain(formatChain(members)), members));
});

t.test("text is refused or printed again byte for byte", async (t) => {
  const text = fc.oneof(nearlyList, fc.string());
  const check = (text: string): void => {
    const list = parseContidList(text);
    if (list !== undefined) equal(formatContidList(list), text);
  };
  holds(t, text, check, 5000);
});

t.test("CID-92: a scope sees its own contid and what is below it", async (t) => {
  const event = [26n, 2n];
  t.same(trimChain(event, 2n), [26n, 2n]);
  t.same(trimChain(event, 26n), [26n]);
  for (const scope of [1n, 25n, CONTID_UNSET]) t.same(trimChain(event, scope), []);
  t.same(trimChain([], 2n), []);
  t.same(event, [26n, 2n], "the chain itself is left as it was");
});

t.test("CID-95: the list of a network namespace is trimmed chain by chain", async (t) => {
  const list = [
    [2n, 1n],
    [3n, 1n],
  ];
  t.equal(formatContidList(trimContidList(list, 2n)), "2");
  t.equal(formatContidList(trimContidList(list, 1n)), "2,^1,3,^1");
  t.same(trimContidList(list, 9n), []);
});

t.test("CID-93: trimming keeps every descendant and no proper ancestor of the scope", async (t) => {
  const scoped = fc.tuple(chain, fc.nat()).map(([members, at]) => {
    return { members, at: at % members.length };
  });
  holds(t, scoped, ({ members, at }) => {
    const seen = trimChain(members, members[at] ?? CONTID_UNSET);
    deepEqual(seen, members.slice(0, at + 1));
    equal(
      members.slice(at + 1).some((ancestor) => seen.includes(ancestor)),
      false,
    );
  });
});

t.test("CID-93: what remains of a trimmed list ends in the scope, chain by chain", async (t) => {
  holds(t, fc.tuple(chains, contid), ([list, scope]) => {
    const seen = trimContidList(list, scope);
    equal(seen.length, list.filter((members) => members.includes(scope)).length);
    for (const members of seen) equal(members.at(-1), scope);
  });
});
