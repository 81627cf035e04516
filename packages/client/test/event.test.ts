import { eventJson, eventsOf } from "@cauditd/client";
import fc from "fast-check";
import t from "tap";
import { batchOf } from "./batches.ts";

t.test("a batch gives its events with their records and fields", async (t) => {
  const events = eventsOf(batchOf(1, [4, 5]));
  t.match(events, [
    { generation: 1, serial: 4, time: 1_700_000_000_004, node: "" },
    { serial: 5, records: [{ type: "SYSCALL", fields: { syscall: "59", comm: "sh" } }, {}] },
  ]);
  t.equal(events[0]?.records[1]?.line, 'type=CWD msg=audit(1700000000.004:4): cwd="/"');
});

t.test("events come in the order of the stream, those of one millisecond too", async (t) => {
  const marker = "type=KERNEL_OTHER msg=audit(1700000000.005:4): op=lost\n";
  const bytes = Buffer.concat([Buffer.from(marker), batchOf(1, [5, 6]).bytes]);
  const serials = eventsOf({ ...batchOf(1, [4, 6]), bytes }).map(({ serial }) => serial);
  t.same(serials, [4, 5, 6]);
});

t.test("fields of any name are plain fields", async (t) => {
  const bytes = Buffer.from('type=USER msg=audit(1.000:1): __proto__="x" a=1 a=2\n');
  const [event] = eventsOf({ ...batchOf(1, [1]), bytes });
  const fields = event?.records[0]?.fields ?? {};
  t.same(Object.entries(fields), [
    ["__proto__", "x"],
    ["a", "1"],
  ]);
});

t.test("JSON has one line an event, with its time in UTC and its node if it has one", async (t) => {
  const [event] = eventsOf(batchOf(1, [7]));
  t.ok(event);
  if (event === undefined) return;
  const parsed = JSON.parse(eventJson(event));
  t.match(parsed, { generation: 1, serial: 7, time: "2023-11-14T22:13:20.007Z" });
  t.notOk("node" in parsed);
  t.equal(JSON.parse(eventJson({ ...event, node: "h" })).node, "h");
});

t.test("any bytes give events, and their JSON is one line", async (t) => {
  const run = fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (tail) => {
    const bytes = Buffer.concat([Buffer.from("type=USER msg=audit(1.000:1): "), tail]);
    for (const event of eventsOf({ ...batchOf(1, [1]), bytes })) {
      if (eventJson(event).includes("\n")) return false;
    }
    return true;
  });
  t.doesNotThrow(() => fc.assert(run));
});
