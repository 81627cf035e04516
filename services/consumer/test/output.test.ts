import { gapText, textOf } from "@cauditd/consumer";
import t from "tap";

const records = [
  { type: "SYSCALL", line: "type=SYSCALL msg=audit(1.000:7): a=1", fields: { a: "1" } },
  { type: "CWD", line: 'type=CWD msg=audit(1.000:7): cwd="/"', fields: { cwd: "/" } },
];
const event = { generation: 1, serial: 7, time: 1000, node: "", records };
const gap = { generation: 1, first: 3, last: 6, events: 4 };

t.test("raw text is the lines of the log, and has no gaps", async (t) => {
  t.equal(textOf(event, "raw"), records.map(({ line }) => `${line}\n`).join(""));
  t.equal(gapText(gap, "raw"), "");
});

t.test("JSON is one line for an event, and for a gap", async (t) => {
  t.match(JSON.parse(textOf(event, "json")), { serial: 7, records });
  t.equal(textOf(event, "json").indexOf("\n"), textOf(event, "json").length - 1);
  t.equal(gapText(gap, "json"), '{"gap":{"generation":1,"first":3,"last":6}}\n');
});
