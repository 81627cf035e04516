import t from "tap";
import { Interpretation } from "../../src/search/interpretation.ts";
import { line, PATH_BODY, SYSCALL_BODY } from "../records.ts";
import { eventOf } from "./search-events.ts";

const syscall = line({
  type: "SYSCALL",
  body: `${SYSCALL_BODY}\x1dARCH=x86_64 SYSCALL=execve AUID="alice" UID=612062`,
});
const path = line({ type: "PATH", body: `${PATH_BODY}\x1dOUID="root"` });

t.test("names come from the first record, else from the machine", async (t) => {
  const names = new Interpretation((uid) => (uid === 7 ? "seven" : undefined));
  names.load(eventOf(syscall, path));
  t.equal(names.userName("auid", 1000), "alice");
  t.equal(names.userName("uid", 0), "a b");
  t.equal(names.value("syscall"), "execve");
  t.equal(names.userName("euid", 0), "root");
  t.equal(names.userName("euid", 0xffffffff), "unset");
  t.equal(names.userName("euid", 7), "seven");
  t.equal(names.userName("euid", 8), undefined);
});

t.test("an event whose first of several records is no SYSCALL brings no names", async (t) => {
  const names = new Interpretation(() => undefined);
  names.load(eventOf(syscall));
  names.load(eventOf(path, syscall));
  t.equal(names.userName("auid", 1000), undefined);
  names.load(eventOf(path));
  t.equal(names.value("ouid"), '"root"');
});
