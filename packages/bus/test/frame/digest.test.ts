import fc from "fast-check";
import t from "tap";
import { digestLine, isDamaged } from "../../src/frame/digest.ts";

const BYTES = Buffer.from("type=SYSCALL msg=audit(1.000:1): a=b\n");
const [NAME, VALUE] = digestLine(BYTES);

function lines(value: string): { get(name: string): string } {
  return { get: (name) => (name === NAME ? value : "") };
}

t.test("what arrives as it was sent is not damaged", async (t) => {
  t.notOk(isDamaged(lines(VALUE), BYTES));
});

t.test("a byte less, a byte more, or another byte is seen", async (t) => {
  const other = Buffer.from(BYTES);
  other[5] = 0x58;
  for (const bytes of [BYTES.subarray(1), Buffer.concat([BYTES, Buffer.from("x")]), other]) {
    t.ok(isDamaged(lines(VALUE), bytes));
  }
});

t.test("a message that says nothing of a digest is taken as it is", async (t) => {
  t.notOk(isDamaged(undefined, BYTES));
  t.notOk(isDamaged(lines(""), BYTES));
});

t.test(
  "whatever a header says and a message carries, it is damaged unless they agree",
  async (t) => {
    const property = fc.property(fc.string(), fc.uint8Array(), (said, bytes) => {
      return isDamaged(lines(said), bytes) === (said !== "" && said !== digestLine(bytes)[1]);
    });
    t.doesNotThrow(() => fc.assert(property));
  },
);
