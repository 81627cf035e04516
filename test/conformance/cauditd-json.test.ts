// docs/reference/cauditd-json.md: its schema holds for its examples, and for what is printed.
import { readFileSync } from "node:fs";
import { eventJson, eventsOf } from "@cauditd/client";
import fc from "fast-check";
import t from "tap";
import { z } from "zod";

const PAGE = new URL("../../docs/reference/cauditd-json.md", import.meta.url);
const blocks = [...readFileSync(PAGE, "utf8").matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text]) => JSON.parse(text ?? "") as object,
);
const [event, gap, schema] = blocks;
const line = z.fromJSONSchema(schema as never);

function isValid(value: unknown): boolean {
  return line.safeParse(value).success;
}

t.test("the examples are as the schema says", async (t) => {
  t.equal(blocks.length, 3);
  t.ok(isValid(event));
  t.ok(isValid(gap));
});

t.test("the schema refuses what no line is", async (t) => {
  const bad = [
    {},
    { ...event, serial: 4_294_967_296 },
    { ...event, generation: 0 },
    { ...event, records: [] },
    { ...event, extra: 1 },
    { gap: { generation: 1, first: 1 } },
    { gap: { generation: 1, first: 1, last: 2, events: 2 } },
  ];
  for (const value of bad) t.notOk(isValid(value), JSON.stringify(value));
});

t.test("whatever a record holds, its line of JSON is as the schema says", async (t) => {
  const node = fc.constantFrom("", "node=web1 ");
  const run = fc.property(node, fc.uint8Array({ maxLength: 300 }), (name, body) => {
    const head = Buffer.from(`${name}type=USER msg=audit(1.000:1): `);
    const bytes = Buffer.concat([head, body, Buffer.from("\n")]);
    const batch = { generation: 1, first: 1, last: 1, events: 1, bytes, place: 1 };
    const events = eventsOf(batch);
    return events.length > 0 && events.every((one) => isValid(JSON.parse(eventJson(one))));
  });
  t.doesNotThrow(() => fc.assert(run));
});
