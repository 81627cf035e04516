import t from "tap";
import { parseFrom, parsePosition } from "../../src/config/position.ts";

t.test("a place is begin, end, a serial, or one of a generation", async (t) => {
  t.equal(parseFrom("begin"), "begin");
  t.equal(parseFrom("end"), "end");
  t.same(parseFrom("7"), { generation: 1, serial: 7 });
  t.same(parseFrom("3:4294967295"), { generation: 3, serial: 4_294_967_295 });
  for (const text of ["", "0:1", "1:", ":1", "4294967296", "-1", "x"]) {
    t.equal(parsePosition(text), undefined, text);
  }
  let error: unknown;
  try {
    parseFrom("x");
  } catch (thrown) {
    error = thrown;
  }
  const problems = ["--from x: expected begin, end, SERIAL or GENERATION:SERIAL"];
  t.match(error, { problems });
});
