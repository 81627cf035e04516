import t from "tap";
import {
  isShell,
  note,
  noteAlias,
  noteHere,
  noteProgram,
  noteSubjectKind,
  textHere,
  toComm,
} from "../../src/normalize/normal-form.ts";
import { call, part, working } from "./events.ts";

t.test("a part is the place where its field was found", async (t) => {
  const work = working([call(59), 'CWD cwd="/"']);
  t.ok(note(work, "subject", "auid"));
  t.same(work.form.subject?.record, 0);
  t.equal(textHere(work), "unknown(20001)");
  t.ok(noteHere(work, "object", "cwd"));
  t.equal(part(work, "object"), "/");
  work.at.first();
  t.ok(note(work, "objectDetail", "cwd", 0), "its record is the one that the search began in");
  t.equal(part(work, "objectDetail"), "x86_64");
  work.at.first();
  t.notOk(note(work, "key", "nothing"));
  t.equal(work.form.key, undefined);
});

t.test("the kind of an account comes of its number, or of its name", async (t) => {
  const kindOf = (field: string): string | undefined => {
    const work = working([`USER_LOGIN ${field}`]);
    work.at.find(field.split("=")[0] ?? "");
    noteSubjectKind(work);
    return work.form.subjectKind;
  };
  t.equal(kindOf("uid=0"), "privileged-acct");
  t.equal(kindOf("uid=4294967295"), "unset-acct");
  t.equal(kindOf("uid=999"), "service-acct");
  t.equal(kindOf("uid=3000000001"), "service-acct", "an int, and negative");
  t.equal(kindOf("uid=59999"), "user-acct");
  t.equal(kindOf("uid=60000"), "unknown-acct");
  t.equal(kindOf('acct="joe"'), "user-acct");
  t.equal(kindOf('acct="nobody-knows"'), "unknown-acct");
  t.equal(kindOf("terminal=x"), "unknown-acct");
});

t.test("the uid is the subject's other name", async (t) => {
  const work = working([call(59)]);
  t.ok(noteAlias(work, 0));
  t.same([part(work, "alias"), work.form.subjectKind], ["root", "privileged-acct"]);
  t.notOk(noteAlias(working(['CWD cwd="/"']), 0));
});

t.test("how it was done is the program, or the script that a shell ran", async (t) => {
  const how = (exe: string): string | undefined => {
    const work = working([call(59, { comm: '"script.py"', exe })]);
    noteProgram(work);
    return work.form.how;
  };
  t.equal(how('"/bin/ls"'), "/bin/ls");
  t.equal(how('"/usr/bin/python3.9"'), "script.py");
  t.ok(isShell("/usr/bin/bash"));
  t.notOk(isShell("/bin/bash"));
  const work = working(['ANOM_ABEND exe="/usr/bin/sh"']);
  work.at.find("exe");
  t.notOk(toComm(work));
});
