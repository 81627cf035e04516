import fc from "fast-check";
import t from "tap";
import { CNumber } from "../../src/interpret/c-number.ts";

const number = new CNumber();

function read(text: string, base: 8 | 10 | 16): CNumber {
  const buf = Buffer.from(text, "latin1");
  return number.read(buf, 0, buf.length, base);
}

t.test("numbers of 64 bits are read as BigInt reads them, negative ones modulo 2^64", async (t) => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
      fc.constantFrom<8 | 10 | 16>(8, 10, 16),
      (value, base) => {
        const { high, low, overflow, signedOverflow } = read(value.toString(base), base);
        const size = value < 0n ? -value : value;
        if (overflow !== size >= 2n ** 64n) return false;
        if (signedOverflow !== (value >= 2n ** 63n || value < -(2n ** 63n))) return false;
        return overflow || (BigInt(high) << 32n) + BigInt(low) === BigInt.asUintN(64, value);
      },
    ),
  );
  t.pass();
});

t.test("a number ends at the first byte that is no digit, as in strtoul", async (t) => {
  t.equal(read("12z", 10).low, 12);
  t.equal(read("19", 8).low, 1);
  t.equal(read("0x1F", 16).low, 0x1f);
  t.equal(read("0xg", 16).low, 0);
  t.equal(read(" \t+7", 10).low, 7);
  t.equal(read("?", 10).low, 0);
  t.equal(read("", 16).low, 0);
  t.equal(read("-1", 10).int, -1);
  t.ok(read("ffffffff", 16).is(0xffff_ffff));
  t.notOk(read("100000001", 16).is(1));
});

t.test("a number that was cleared is 0", async (t) => {
  read("-5", 10);
  number.clear();
  t.ok(number.is(0));
  t.notOk(number.negative || number.overflow);
});
