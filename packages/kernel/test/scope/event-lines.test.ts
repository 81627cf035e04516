import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { auditEvent, keyText, linesOf, stamp } from "../../src/scope/event-lines.ts";

const SEEN = {
  records: [
    { type: RecordType.SYSCALL, body: "arch=c000003e syscall=39 key=(null)" },
    { type: RecordType.PROCTITLE, body: 'proctitle="x"' },
  ],
};

t.test("lines are those of a log", async (t) => {
  t.same(linesOf(SEEN, 1700000000007, 12), [
    "type=SYSCALL msg=audit(1700000000.007:12): arch=c000003e syscall=39 key=(null)",
    'type=PROCTITLE msg=audit(1700000000.007:12): proctitle="x"',
  ]);
  t.equal(stamp(0, 1), "audit(0.000:1)");
});

t.test("rules get the event that the lines say", async (t) => {
  const event = auditEvent(SEEN, 1700000000007);
  t.equal(event.count, 2);
  t.equal(event.milli, 7);
  t.equal(event.indexOf(RecordType.PROCTITLE), 1);
});

t.test("a key is printed as a string that a user chose", async (t) => {
  t.equal(keyText("k"), '"k"');
  t.equal(keyText("a\x01b"), "610162");
  t.equal(keyText(undefined), undefined);
});
