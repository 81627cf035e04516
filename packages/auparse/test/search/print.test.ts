import t from "tap";
import { clockText, rawLines } from "../../src/search/print.ts";
import { line } from "../records.ts";
import { clock, eventOf } from "./search-events.ts";

const first = line({ type: "SYSCALL", body: "a=1" });
const second = line({ type: "CWD", body: 'cwd="\x01"' });

t.test(
  "raw lines are those of the log; beside ENRICHED ones others end in the separator",
  async (t) => {
    const raw = (...lines: string[]): string =>
      Buffer.concat(rawLines(eventOf(...lines))).toString("latin1");
    t.equal(raw(first, second), `${first}\n${second}\n`);
    t.equal(raw(`${first}\x1dUID="x"`, second), `${first}\x1dUID="x"\n${second}\x1d\n`);
  },
);

t.test("times are written as ctime writes them", async (t) => {
  t.equal(clockText(Date.UTC(2026, 0, 5, 1, 2, 3) / 1000, clock), "Mon Jan  5 01:02:03 2026");
});
