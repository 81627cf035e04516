// Events for tests, from lines without their heads.
import { AuditEvent, RecordLines } from "@cauditd/auparse/search";
import { EventCursor } from "../../src/normalize/event-cursor.ts";
import {
  type NormalForm,
  type Normalizing,
  newNormalForm,
} from "../../src/normalize/normal-form.ts";
import { ValueReader } from "../../src/normalize/value-reader.ts";

/** An event of 2023-11-14 22:13:20.007, serial 5; each record is `TYPE body`. */
export function eventOf(records: readonly string[], node = ""): AuditEvent {
  const lines = records.map((record) => {
    const [type = "", ...body] = record.split(" ");
    const head = node === "" ? "" : `node=${node} `;
    return `${head}type=${type} msg=audit(1700000000.007:5): ${body.join(" ")}\n`;
  });
  const event = new AuditEvent();
  const reader = new RecordLines((record, buf, start, end) => {
    if (event.count === 0) event.reset(node, 0, record);
    event.add(record, buf, start, end);
  });
  reader.push(Buffer.from(lines.join(""), "latin1"));
  reader.end();
  return event;
}

/** A system call's record; `more` replaces its fields. */
export function call(number: number, more: Readonly<Record<string, string>> = {}): string {
  const fields = {
    arch: "c000003e",
    syscall: String(number),
    success: "yes",
    exit: "0",
    a0: "0",
    a1: "1ed",
    a2: "0",
    a3: "0",
    items: "2",
    ppid: "1",
    pid: "2",
    auid: "20001",
    uid: "0",
    ses: "3",
    comm: '"x"',
    exe: '"/bin/x"',
    subj: "unconfined",
    key: "(null)",
    ...more,
  };
  const texts = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `SYSCALL ${texts.join(" ")}`;
}

/** An event on its way into words. */
export function working(records: readonly string[], all = false): Normalizing {
  const names = { user: () => undefined, group: () => undefined };
  return {
    at: new EventCursor(eventOf(records)),
    form: newNormalForm(),
    values: new ValueReader({ names }),
    uidOf: (name) => (name === "root" ? 0 : name === "joe" ? 1001 : undefined),
    all,
  };
}

/** The text of a part of the sentence. */
export function part(work: Normalizing, name: keyof NormalForm): string | undefined {
  const place = work.form[name];
  if (place === undefined || typeof place === "string") return place;
  const record = work.at.records[place.record];
  return record === undefined ? undefined : work.values.text(record, place);
}
