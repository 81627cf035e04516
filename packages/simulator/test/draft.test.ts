import t from "tap";
import { Draft } from "../src/draft.ts";

t.test("AUD 4.1: a line is type, stamp with three digits of milliseconds, body", async (t) => {
  const stamps: readonly (readonly [number, string])[] = [
    [1795459234005, "1795459234.005:7"],
    [1795459234045, "1795459234.045:7"],
    [1795459234945, "1795459234.945:7"],
  ];
  for (const [timeMs, stamp] of stamps) {
    const event = new Draft(1n, 2, timeMs, 7);
    event.add("CWD", 'cwd="/"');
    event.add("EOE", "");
    t.same(event.records, [
      `type=CWD msg=audit(${stamp}): cwd="/"`,
      `type=EOE msg=audit(${stamp}): `,
    ]);
    t.equal(event.sec * 1000 + event.milli, timeMs);
  }
});
