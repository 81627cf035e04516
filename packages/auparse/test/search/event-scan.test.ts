import t from "tap";
import { EventScan } from "../../src/search/event-scan.ts";
import { line, log } from "../records.ts";

const bounds = { start: 0, end: 0, timeout: 2, contid: undefined };

function scan(given: Partial<typeof bounds>, logs: readonly string[], most = 99): string[] {
  const out: string[] = [];
  const reader = new EventScan({ ...bounds, ...given }, (event) => {
    out.push(`${event.serial}x${event.count}`);
    return out.length < most;
  });
  for (const text of logs) {
    reader.push(Buffer.from(text, "latin1"));
    reader.endLog();
  }
  reader.end();
  return out;
}

const call = (serial: number, sec: number): string => line({ type: "SYSCALL", serial, sec });
const path = (serial: number, sec: number): string => line({ type: "PATH", serial, sec });

t.test("an event goes on from one log to the next", async (t) => {
  t.strictSame(scan({}, [log(call(1, 10)), log(path(1, 10), call(2, 10))]), ["1x2", "2x1"]);
});

t.test("records outside the bounds are not seen: they complete nothing", async (t) => {
  const text = log(call(1, 10), call(2, 13), path(1, 10));
  t.strictSame(scan({}, [text]), ["1x1", "1x1", "2x1"]);
  t.strictSame(scan({ end: 12 }, [text]), ["1x2"]);
  t.strictSame(scan({ start: 11 }, [text]), ["2x1"]);
});

t.test("an end-of-event record alone is no event", async (t) => {
  t.strictSame(scan({}, [log(line({ type: "EOE", serial: 9 }))]), []);
});

t.test("the sink can have enough", async (t) => {
  t.strictSame(scan({}, [log(call(1, 10), call(2, 20), call(3, 30))], 1), ["1x1"]);
});

t.test(
  "memory is held by events that are open, and a scan can go on with the next log",
  async (t) => {
    const out: number[] = [];
    const reader = new EventScan(bounds, (event) => {
      out.push(event.serial);
      return out.length !== 1;
    });
    const first = Buffer.from(log(call(1, 10), call(2, 11), call(3, 12)), "latin1");
    reader.push(first);
    t.strictSame([out, reader.done, reader.holds(first.buffer)], [[1], true, true]);
    reader.endLog();
    reader.resume();
    const second = Buffer.from(log(call(4, 20)), "latin1");
    t.equal(reader.holds(new ArrayBuffer(1)), false);
    reader.push(second);
    reader.endLog();
    t.strictSame(out, [1, 2, 3]);
    reader.end();
    t.equal(out.length, 4);
  },
);
