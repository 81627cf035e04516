import t from "tap";
import { z } from "zod";
import { servicesShape } from "../../src/config/services-schema.ts";

const shape = z.strictObject(servicesShape);

t.test("a host and a worker have names that keys, streams and subjects can hold", async (t) => {
  const given = { host: "node_1", worker: { name: "a-1", ttl: 0.5 } };
  t.strictSame(shape.parse(given), given);
  t.strictSame(shape.parse({}), { worker: { ttl: 10 } });
  t.strictSame(shape.parse({ worker: { name: "a" } }), { worker: { name: "a", ttl: 10 } });
});

t.test("other names and times are refused with what was expected", async (t) => {
  const refused: readonly [object, RegExp][] = [
    [{ host: "v1" }, /another name than v1/],
    [{ host: "x".repeat(33) }, /1 to 32 letters/],
    [{ host: "a.b" }, /1 to 32 letters/],
    [{ worker: { name: "a_b" } }, /1 to 48 letters/],
    [{ worker: { ttl: 0.1 } }, /seconds from 0\.5/],
    [{ worker: { lease: 1 } }, /lease/],
  ];
  for (const [text, message] of refused) {
    t.match(shape.safeParse(text).error?.issues, [{ message }], JSON.stringify(text));
  }
});
