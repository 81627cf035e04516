import type { Batch } from "@cauditd/auditd";
import t from "tap";
import { lostOf, outcomeOf } from "../../src/io/batch.ts";

function batch(events: number): Batch {
  let text = "";
  for (let i = 1; i <= events; i++) text += `type=A msg=audit(1.000:${i}): x\n`;
  return { bytes: Buffer.from(text), events };
}

t.test("an event counts as written when all of it is kept", async (t) => {
  const three = batch(3);
  const line = three.bytes.length / 3;
  t.same(outcomeOf(three, -5), { written: 0, lost: 3 });
  t.same(outcomeOf(three, line), { written: 1, lost: 2 });
  t.same(outcomeOf(three, 2 * line), { written: 2, lost: 1 });
  t.same(outcomeOf(three, 3 * line + 9), { written: 3, lost: 0 });
  t.same(outcomeOf({ ...three, events: 0 }, line), { written: 0, lost: 0 });
  t.equal(lostOf([three, three, three], 4 * line), 5);
});
