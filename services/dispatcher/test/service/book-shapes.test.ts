import fc from "fast-check";
import t from "tap";
import {
  lifeShape,
  readBytes,
  registeredShape,
  sourceShape,
} from "../../src/service/book-shapes.ts";

const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const ONE = { name: "web", contid: "4", pid: 10, generation: 1, live: true, tasks: [11] };

t.test("what is in a book is read as it was written", async (t) => {
  t.same(readBytes("key", registeredShape, bytes([ONE])), [ONE]);
  const source = { id: "ab", stored: { host: 3, "4": 1 }, cuts: [7] };
  t.same(readBytes("key", sourceShape, bytes(source)), source);
});

t.test("anything else is refused, and says where", async (t) => {
  const refused = (value: unknown, message: RegExp): void => {
    t.throws(() => readBytes("key", registeredShape, bytes(value)), { code: "EBADMSG", message });
  };
  refused([{ ...ONE, name: "../x" }], /key: 0\.name/);
  refused([{ ...ONE, contid: "-1" }], /key: 0\.contid/);
  refused([{ ...ONE, pid: 0 }], /key: 0\.pid/);
  refused([{ ...ONE, tasks: new Array(257).fill(1) }], /key: 0\.tasks/);
  refused({}, /key/);
  t.throws(() => readBytes("key", lifeShape, bytes({ life: -1 })), { code: "EBADMSG" });
  t.throws(() => readBytes("key", sourceShape, bytes({ id: "a b", stored: {}, cuts: [] })), /id/);
  const wrong = { id: "a", stored: { "*": 1 }, cuts: [] };
  t.throws(() => readBytes("key", sourceShape, bytes(wrong)), /stored/);
  t.throws(() => readBytes("key", sourceShape, bytes({ id: "a", stored: {}, cuts: [-1] })), /cuts/);
});

t.test("any bytes are a book or EBADMSG", async (t) => {
  const any = fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from));
  const property = fc.property(any, (found) => {
    try {
      readBytes("key", registeredShape, found);
      return true;
    } catch (error) {
      return (error as { code?: string }).code === "EBADMSG";
    }
  });
  t.doesNotThrow(() => fc.assert(property));
});
