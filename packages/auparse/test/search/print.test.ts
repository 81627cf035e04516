import t from "tap";
import { clockText, RawPrinter } from "../../src/search/print.ts";
import { line } from "../records.ts";
import { clock, eventOf } from "./search-events.ts";

const first = line({ type: "SYSCALL", body: "a=1" });
const second = line({ type: "CWD", body: 'cwd="\x01"' });

t.test(
  "raw lines are those of the log; beside ENRICHED ones others end in the separator",
  async (t) => {
    const raw = (...lines: string[]): string => {
      let text = "";
      const printer = new RawPrinter((buf, start, end) => {
        text += buf.toString("latin1", start, end);
      });
      printer.print(eventOf(...lines));
      return text;
    };
    t.equal(raw(first, second), `${first}\n${second}\n`);
    t.equal(raw(`${first}\x1dUID="x"`, second), `${first}\x1dUID="x"\n${second}\x1d\n`);
  },
);

t.test("times are written as ctime writes them", async (t) => {
  t.equal(clockText(Date.UTC(2026, 0, 5, 1, 2, 3) / 1000, clock), "Mon Jan  5 01:02:03 2026");
});

t.test("lines that stand together in the log come with the newlines between them", async (t) => {
  const log = Buffer.from(`${first}\n${second}\n`, "latin1");
  const event = eventOf(first, second);
  event.buffers[0] = log;
  event.buffers[1] = log;
  event.starts.splice(0, 2, 0, first.length + 1);
  event.ends.splice(0, 2, first.length, log.length - 1);
  const ranges: number[][] = [];
  new RawPrinter((_, start, end) => ranges.push([start, end])).print(event);
  t.strictSame(ranges, [
    [0, first.length + 1],
    [first.length + 1, log.length],
  ]);
});
