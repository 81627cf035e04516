import { AuditEvent, Header, scanHeader } from "@cauditd/auparse";
import { RecordType } from "@cauditd/libaudit";
import t from "tap";
import { copyOf } from "./collect.ts";
import { line, PATH_BODY, SYSCALL_BODY } from "./records.ts";

const head = new Header();

/** Adds a record whose line stands somewhere inside a larger buffer. */
function add(event: AuditEvent, text: string): Buffer {
  const buf = Buffer.from(`#####${text}\n#`, "latin1");
  scanHeader(buf, 5, 5 + text.length, head);
  if (event.count === 0) event.reset("n1", 3, head);
  event.add(head, buf, 5, 5 + text.length);
  return buf;
}

const first = line({ type: "SYSCALL", serial: 77, body: SYSCALL_BODY });
const second = line({ type: "PATH", serial: 77, body: PATH_BODY });

t.test("records are offsets into the buffers they came in", async (t) => {
  const event = new AuditEvent();
  const buf = add(event, first);
  add(event, second);
  t.equal(event.count, 2);
  t.equal(event.bytes, first.length + second.length);
  t.equal(event.buffers[0], buf);
  t.strictSame(copyOf(event).lines, [first, second]);
  t.strictSame(copyOf(event).bodies, [SYSCALL_BODY, PATH_BODY]);
  t.strictSame(copyOf(event).serials, ["77", "77"]);
  t.equal(event.node, "n1");
  t.equal(event.time, 1700000000100);
});

t.test("indexOf finds the first record of a type among the event's own", async (t) => {
  const event = new AuditEvent();
  add(event, second);
  add(event, second);
  add(event, first);
  t.equal(event.indexOf(RecordType.PATH), 0);
  t.equal(event.indexOf(RecordType.SYSCALL), 2);
  t.equal(event.indexOf(RecordType.CWD), -1);
  event.reset("", 0, head);
  t.equal(event.indexOf(RecordType.PATH), -1, "records of the event before it are not found");
});

t.test("line gives a copy", async (t) => {
  const event = new AuditEvent();
  const buf = add(event, first);
  const copy = event.line(0);
  buf.fill(0);
  t.equal(copy.toString("latin1"), first);
});

t.test("own copies the records, so that the input may be overwritten", async (t) => {
  const event = new AuditEvent();
  const one = add(event, first);
  const before = copyOf(event);
  event.own();
  one.fill(0);
  t.strictSame(copyOf(event), before);
  const two = add(event, second);
  event.own();
  two.fill(0);
  t.strictSame(copyOf(event).lines, [first, second]);
  t.strictSame(copyOf(event).bodies, [SYSCALL_BODY, PATH_BODY]);
  t.strictSame(copyOf(event).serials, ["77", "77"]);
  t.equal(event.buffers[0], event.buffers[1], "one buffer holds all records");
});

t.test("release lets go of the input bytes, however many records there were", async (t) => {
  const event = new AuditEvent();
  for (let i = 0; i < 3; i++) add(event, second);
  event.release();
  t.ok(event.buffers.every((buf) => buf.length === 0));
  event.count = 0;
  for (let i = 0; i < 200; i++) add(event, second);
  event.release();
  t.equal(event.buffers.length, 0, "a large event's arrays are not kept");
});

t.test("reset makes the object ready for another event", async (t) => {
  const event = new AuditEvent();
  add(event, first);
  event.late = true;
  event.eoe = true;
  event.end = "eoe";
  scanHeader(Buffer.from(line({ serial: 78, milli: 5 })), 0, 60, head);
  event.reset("", 0, head);
  const { bytes, node, nodeId, serial, milli, late, eoe, end, types } = copyOf(event);
  t.strictSame(
    { bytes, node, nodeId, serial, milli, late, eoe, end, types },
    {
      bytes: 0,
      node: "",
      nodeId: 0,
      serial: 78,
      milli: 5,
      late: false,
      eoe: false,
      end: "flushed",
      types: [],
    },
  );
});
