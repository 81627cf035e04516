import fc from "fast-check";
import t from "tap";
import { HASH_SEED, HashSet, hashByte, hashPath } from "../../src/filter/hash-set.ts";

t.test("a number that was added is found, and no other", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { maxLength: 2000 }),
      fc.array(fc.integer()),
      (own, others) => {
        const set = new HashSet();
        for (const number of own) set.add(number);
        // 0 and 1 share a slot.
        const known = new Set(own.map((number) => number || 1));
        t.equal(set.size, known.size);
        for (const number of [...own, ...others]) t.equal(set.has(number), known.has(number || 1));
        set.clear();
        for (const number of own) t.notOk(set.has(number));
      },
    ),
    { numRuns: 50 },
  );
  t.end();
});

t.test("a path's hash is made byte by byte, and the root's is where it starts", (t) => {
  t.equal(hashPath("/"), HASH_SEED);
  let hash = HASH_SEED;
  for (const byte of Buffer.from("/etc/shadow")) hash = hashByte(hash, byte);
  t.equal(hashPath("/etc/shadow"), hash);
  t.not(hashPath("/etc/shadow"), hashPath("/etc/shadew"));
  t.end();
});
