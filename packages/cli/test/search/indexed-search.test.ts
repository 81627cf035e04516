import { join } from "node:path";
import { newQuery, SearchPlan } from "@cauditd/auparse/search";
import t from "tap";
import { searchIndexed } from "../../src/search/indexed-search.ts";

const call = (serial: number, sec: number): string =>
  `type=SYSCALL msg=audit(${sec}.000:${serial}): arch=0 syscall=2 a0=1 a1=2 pid=${serial} x\n`;
const path = (serial: number, sec: number): string =>
  `type=PATH msg=audit(${sec}.000:${serial}): item=0 name="/p${serial}" x\n`;

t.test("only what may be found is read, whole and in order", async (t) => {
  const dir = t.testdir({
    "a.1": `${call(1, 10)}${call(2, 11)}garbage\n`,
    a: path(2, 11) + call(3, 12) + call(4, 30),
  });
  const paths = [join(dir, "a.1"), join(dir, "a")];
  const found = (part: Partial<ReturnType<typeof newQuery>>, most = 9): string[] => {
    const query = { ...newQuery(), ...part };
    const events: string[] = [];
    const plan = new SearchPlan(query, () => undefined);
    searchIndexed(paths, query, plan, (event) => {
      events.push(`${event.serial}x${event.count}`);
      return events.length < most;
    });
    return events;
  };
  t.strictSame(found({ pid: 2 }), ["2x2"]);
  t.strictSame(found({ file: "p2", pid: 2 }), ["2x2"]);
  t.strictSame(found({ file: "p2", pid: 3 }), []);
  t.strictSame(found({ serial: 4 }), ["4x1"]);
  t.strictSame(found({ start: 11, end: 12 }), ["2x2", "3x1"]);
  t.strictSame(found({ types: [1300] }, 2), ["1x1", "2x2"]);
});
