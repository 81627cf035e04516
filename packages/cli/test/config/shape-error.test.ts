import t from "tap";
import { z } from "zod";
import { shapeError } from "../../src/config/shape-error.ts";

t.test("what is no mapping is told what was expected, a wrong key by its name", async (t) => {
  const schema = z.strictObject({ a: z.number().optional() }, { error: shapeError("{a}") });
  t.match(schema.safeParse(7).error?.issues, [{ message: "expected {a}" }]);
  t.match(schema.safeParse({ b: 1 }).error?.issues, [{ message: /"b"/ }]);
});
