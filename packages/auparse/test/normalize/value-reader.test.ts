import t from "tap";
import { EventCursor } from "../../src/normalize/event-cursor.ts";
import { ValueReader } from "../../src/normalize/value-reader.ts";
import { call, eventOf } from "./events.ts";

const names = { user: (uid: number) => (uid === 7 ? "jo e" : undefined), group: () => undefined };

function read(record: string, name: string, mode: "tty" | "shell" = "tty"): string {
  const at = new EventCursor(eventOf([record]));
  at.find(name);
  const values = new ValueReader({ names, escape: mode });
  const [first] = at.records;
  return first === undefined ? "" : values.text(first, { record: 0, field: at.field });
}

t.test("a value is interpreted by the fields in front of it", async (t) => {
  t.equal(read(call(59), "syscall"), "execve");
  t.equal(read(call(90, { a1: "1ed" }), "a1"), "0755");
  t.equal(read(call(59), "uid"), "root");
  t.equal(read("SYSCALL exit=-2", "exit"), "ENOENT(No such file or directory)");
});

t.test("what auditd wrote comes first, but for what it did not know", async (t) => {
  const enriched = (text: string): string => `SYSCALL uid=7 syscall=59\x1d${text}`;
  t.equal(read(enriched('UID="her"'), "uid"), "her");
  t.equal(read(enriched('UID="unknown-x"'), "uid"), "unknown-x");
  t.equal(read(enriched("SYSCALL=unknown-syscall(59)"), "syscall"), "execve");
  t.equal(read("SYSCALL uid=7", "uid"), "jo e");
});

t.test("everything is escaped, plain values too", async (t) => {
  t.equal(read("SYSCALL uid=7", "uid", "shell"), "jo\\ e");
  t.equal(read("USER_CMD msg='terminal=a(b'", "terminal", "shell"), "a\\(b");
});

t.test("a file name is seen from the working directory", async (t) => {
  const values = new ValueReader({ names });
  const path = (name: string, cwd?: string, mode?: "shell"): string => {
    const at = new EventCursor(eventOf([`PATH item=0 name=${name}`]));
    at.find("name");
    const reader = mode === undefined ? values : new ValueReader({ names, escape: mode });
    const [first] = at.records;
    const place = { record: 0, field: at.field };
    return first === undefined ? "" : reader.path(first, place, cwd);
  };
  t.equal(path('"a/../b"', '"/root"'), "/root/b");
  t.equal(path('"./x//y/"', '"/root/"'), "/root/x/y");
  t.equal(path('"/a/../../b"', '"/root"'), "/b");
  t.equal(path('"/a//b"', '"/root"'), "/a//b", "an absolute one without .. is left alone");
  t.equal(path('"x"'), "x");
  t.equal(path("(null)", "2F6D7920"), "/my /(null)");
  t.equal(path("2F6120", undefined), "/a ");
  t.equal(path('"x"', "2F6D7920", "shell"), "/my\\ /x");
});
